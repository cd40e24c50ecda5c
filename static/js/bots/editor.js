// A plain text editor: a textarea with line numbers, marks at them, and the keys that one misses in a textarea.

import { setClass } from "../dom.js";

const INDENT = "  ";

export class Editor {
  /** `root` holds a textarea and an element `[data-part="gutter"]`. */
  constructor(root) {
    this.box = root.querySelector("textarea");
    this.gutter = root.querySelector('[data-part="gutter"]');
    this.marks = new Map(); // line -> severity
    this.mayLeave = false; // by Tab: after Esc, until another key
    this.box.addEventListener("input", () => this.number());
    this.box.addEventListener("keydown", (event) => this.onKey(event));
    this.box.addEventListener("blur", () => (this.mayLeave = false));
    this.box.addEventListener("scroll", () => (this.gutter.scrollTop = this.box.scrollTop));
    this.number();
  }

  onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "Escape") {
      this.mayLeave = true;
    } else if (event.key === "Tab") {
      if (this.mayLeave) return;
      event.preventDefault();
      if (event.shiftKey) this.shift((line) => line.replace(/^ {1,2}|^\t/, ""));
      else if (this.selection.includes("\n")) this.shift((line) => (line ? INDENT + line : line));
      else this.insert(INDENT);
    } else if (event.key !== "Shift") {
      this.mayLeave = false;
      if (event.key === "Enter" && !event.shiftKey) {
        event.preventDefault();
        this.breakLine();
      }
    }
  }

  get selection() {
    return this.box.value.slice(this.box.selectionStart, this.box.selectionEnd);
  }

  /** Like typing: Ctrl-Z takes it back. */
  insert(text) {
    if (document.execCommand("insertText", false, text)) return;
    this.box.setRangeText(text, this.box.selectionStart, this.box.selectionEnd, "end");
    this.box.dispatchEvent(new Event("input", { bubbles: true }));
  }

  /** A new line begins where the one before did, and further in after a colon. */
  breakLine() {
    const before = this.box.value.slice(0, this.box.selectionStart);
    const line = before.slice(before.lastIndexOf("\n") + 1);
    const deeper = /:\s*(#.*)?$/.test(line) ? INDENT : "";
    this.insert(`\n${/^ */.exec(line)[0]}${deeper}`);
  }

  /** Moves the selected lines in or out. */
  shift(change) {
    const { value, selectionStart, selectionEnd } = this.box;
    const start = value.lastIndexOf("\n", selectionStart - 1) + 1;
    const lastLine = selectionEnd > start && value[selectionEnd - 1] === "\n" ? selectionEnd - 1 : selectionEnd;
    const end = (value.indexOf("\n", lastLine) + 1 || value.length + 1) - 1;
    const old = value.slice(start, end);
    const lines = old.split("\n").map(change).join("\n");
    if (lines === old) return;
    this.box.setSelectionRange(start, end);
    this.insert(lines);
    if (selectionStart === selectionEnd) {
      const cursor = Math.max(start, selectionStart + lines.length - old.length);
      this.box.setSelectionRange(cursor, cursor);
    } else {
      this.box.setSelectionRange(start, start + lines.length);
    }
  }

  number() {
    const lines = this.box.value.split("\n").length;
    while (this.gutter.childElementCount > lines) this.gutter.lastElementChild.remove();
    for (let line = this.gutter.childElementCount + 1; line <= lines; line += 1) {
      const number = document.createElement("div");
      number.textContent = line;
      this.gutter.append(number);
      this.paint(line);
    }
  }

  /** Marks lines: of several findings at one, the worst counts. */
  mark(findings) {
    this.marks = new Map();
    for (const { line, severity } of findings) {
      if (line && this.marks.get(line) !== "error") this.marks.set(line, severity);
    }
    for (let line = 1; line <= this.gutter.childElementCount; line += 1) this.paint(line);
  }

  paint(line) {
    const number = this.gutter.children[line - 1];
    for (const severity of ["error", "warning"]) setClass(number, severity, this.marks.get(line) === severity);
  }

  /** Selects a line and shows it. */
  goTo(line) {
    const lines = this.box.value.split("\n");
    const start = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
    this.box.focus();
    this.box.setSelectionRange(start, start + (lines[line - 1] ?? "").length);
    const height = this.box.scrollHeight / Math.max(1, lines.length);
    this.box.scrollTop = Math.max(0, (line - 1) * height - this.box.clientHeight / 3);
    this.box.scrollIntoView({ block: "nearest" });
  }
}
