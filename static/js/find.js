// Finding words in the transcript of this call: also in lines that the browser has not laid out, and in those to come.
// Ctrl+F stays the browser's own.

import { setHidden, setText } from "./dom.js";
import { rangeOf } from "./played_words.js";
import { shownText } from "./transcript_line.js";
import { fill, gettext } from "./words.js";

const ALL = "found";
const HERE = "found-here";
const TYPING = 120; // ms

/** For comparing; as long as the text itself, so that places are the same. */
function folded(text) {
  const lower = text.toLowerCase();
  return lower.length === text.length ? lower : text;
}

export class Find {
  /** `root` holds `find-` input, count, previous, next and close; `opener` opens it. */
  constructor(root, opener, transcript) {
    Object.assign(this, { root, opener, transcript });
    for (const name of ["input", "count", "previous", "next", "close"]) this[name] = root.querySelector(`[data-part="find-${name}"]`);
    this.query = "";
    this.found = []; // {row, from, to}, in the order of the call
    this.here = null;
    this.ofRow = new Map(); // row -> what is found in it
    this.marks = new Map(); // row -> its ranges
    opener.addEventListener("click", () => this.open());
    this.close.addEventListener("click", () => this.end());
    this.next.addEventListener("click", () => this.go(1));
    this.previous.addEventListener("click", () => this.go(-1));
    this.input.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.search(), TYPING);
    });
    root.addEventListener("keydown", (event) => this.onKey(event));
    transcript.onRow = (row) => this.onRow(row);
  }

  open() {
    setHidden(this.root, false);
    this.opener.setAttribute("aria-expanded", "true");
    this.input.focus();
    this.input.select();
    if (this.input.value) this.search();
  }

  end() {
    const { here } = this;
    this.forget();
    this.query = "";
    this.paint();
    setHidden(this.root, true);
    this.opener.setAttribute("aria-expanded", "false");
    (here?.row.node.querySelector("button.at") ?? this.opener).focus({ preventScroll: true });
  }

  onKey(event) {
    if (event.key === "Escape") this.end();
    else if (event.key === "Enter" && event.target === this.input) {
      if (this.query !== folded(this.input.value.trim())) this.search();
      else this.go(event.shiftKey ? -1 : 1);
    } else return;
    event.preventDefault();
  }

  forget() {
    clearTimeout(this.timer);
    this.found = [];
    this.here = null;
    this.ofRow.clear();
    this.marks.clear();
  }

  search() {
    const query = folded(this.input.value.trim());
    if (query === this.query && this.found.length) return this.tell();
    this.forget();
    this.query = query;
    for (const row of this.transcript.rows) this.take(row);
    this.here = this.nearest();
    this.paint();
    if (this.here) this.transcript.show(this.here.row);
    this.tell();
  }

  /** What is found in one row, at its place. */
  take(row) {
    if (!this.query || !row.segment) return [];
    const text = folded(shownText(row.segment));
    const found = [];
    for (let from = text.indexOf(this.query); from >= 0; from = text.indexOf(this.query, from + this.query.length)) {
      found.push({ row, from, to: from + this.query.length });
    }
    if (!found.length) return found;
    this.found.push(...found);
    this.ofRow.set(row, found);
    this.mark(row, found);
    return found;
  }

  /** The first one in view or below it, else the first. */
  nearest() {
    const { pane, log } = this.transcript;
    const { top } = pane.getBoundingClientRect();
    const isBelow = (node) => node.getBoundingClientRect().bottom > top;
    const block = [...log.children].find(isBelow); // to ask a line off the view would lay it out
    const line = block && [...block.children].find(isBelow);
    const fromMs = line ? this.transcript.rowOf(line).startMs : 0;
    return this.found.find(({ row }) => row.startMs >= fromMs) ?? this.found.at(-1) ?? null;
  }

  /** A line that is built now: one that was found before, or a new one. */
  onRow(row) {
    if (!this.query) return;
    const known = this.ofRow.get(row);
    if (known) this.mark(row, known);
    else if (this.take(row).length) {
      this.found.sort((a, b) => a.row.startMs - b.row.startMs || a.from - b.from);
      this.tell();
    } else return;
    this.repaint ??= requestAnimationFrame(() => this.paint());
  }

  mark(row, found) {
    const words = row.node?.querySelector(".words");
    if (words) this.marks.set(row, found.map(({ from, to }) => rangeOf(words, from, to)).filter(Boolean));
  }

  paint() {
    this.repaint = null;
    if (!window.CSS?.highlights) return;
    CSS.highlights.set(ALL, new Highlight(...[...this.marks.values()].flat()));
    const { here } = this;
    const words = here?.row.node?.querySelector(".words");
    const range = words && rangeOf(words, here.from, here.to);
    const highlight = new Highlight(...(range ? [range] : []));
    highlight.priority = 1;
    CSS.highlights.set(HERE, highlight);
  }

  go(step) {
    if (!this.found.length) return this.tell();
    const at = this.found.indexOf(this.here) + step;
    this.here = this.found.at(at % this.found.length);
    this.transcript.show(this.here.row);
    this.paint();
    this.tell();
  }

  tell() {
    const values = { place: this.found.indexOf(this.here) + 1, count: this.found.length };
    const text = values.count ? fill(gettext("%(place)s of %(count)s"), values) : gettext("Not found");
    setText(this.count, this.query ? text : "");
    for (const button of [this.previous, this.next]) button.setAttribute("aria-disabled", String(!values.count));
  }
}
