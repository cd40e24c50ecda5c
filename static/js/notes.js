// Notes about the call, the oldest first. Whoever may write changes and deletes the own ones, an admin all.

import { announce, el, setHidden, setText } from "./dom.js";
import { momentLink } from "./moment.js";
import { clock, localTime } from "./time.js";
import { fill, gettext } from "./words.js";

export class Notes {
  constructor(root, { send, position }) {
    Object.assign(this, { root, send, position, isLive: false, at: null });
    for (const name of ["list", "empty", "form", "input", "here", "here-text", "problem"]) this[name] = root.querySelector(`[data-part="notes-${name}"]`);
    this.userId = Number(root.dataset.userId);
    this.entries = new Map(); // id -> Entry
    if (!this.form) return; // a reader
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.add();
    });
    this.input.addEventListener("keydown", (event) => sends(event) && this.form.requestSubmit());
    this.input.addEventListener("input", () => this.fixMoment());
    setInterval(() => this.drawMoment(), 1000);
  }

  /** While the call is live, a note is about this moment unless its writer says otherwise. */
  follow(call) {
    const isLive = call.state === "live";
    if (this.form && isLive !== this.isLive && !this.input.value) this.here.checked = isLive;
    this.isLive = isLive;
    this.drawMoment();
  }

  /** The moment is the one at which somebody began to write. */
  fixMoment() {
    if (!this.input.value) this.at = null;
    else this.at ??= Math.max(0, Math.round(this.position()));
    setText(this.problem, "");
    this.drawMoment();
  }

  drawMoment() {
    if (this.form) setText(this["here-text"], fill(gettext("About the moment %(at)s"), { at: clock(this.at ?? this.position()) }));
  }

  mayChange(note) {
    return Boolean(this.form) && (note.authorId === this.userId || "isAdmin" in this.root.dataset);
  }

  reset(notes) {
    const wanted = new Set(notes.map(({ id }) => id));
    for (const id of [...this.entries.keys()]) if (!wanted.has(id)) this.put(id, null);
    for (const note of notes) this.put(note.id, note);
    this.drawEmpty();
  }

  /** `note` is null where it was deleted. */
  put(id, note) {
    const entry = this.entries.get(id);
    if (!note) {
      if (entry?.node.contains(document.activeElement)) this.root.focus();
      entry?.node.remove();
      this.entries.delete(id);
    } else if (entry) entry.show(note);
    else {
      const added = new Entry(this, note);
      this.entries.set(id, added);
      const later = [...this.entries.values()].find(({ note: other }) => other.createdAt > note.createdAt);
      this.list.insertBefore(added.node, later?.node ?? null);
    }
    this.drawEmpty();
  }

  drawEmpty() {
    setHidden(this.empty, this.entries.size > 0);
    setHidden(this.list, this.entries.size === 0);
  }

  async add() {
    const text = this.input.value.trim();
    if (!text || this.isSending) return this.input.focus();
    this.isSending = true;
    try {
      const atMs = this.here.checked ? (this.at ?? Math.round(this.position())) : null;
      const note = await this.send("POST", "notes/", { text, atMs });
      this.put(note.id, note);
      if (this.input.value.trim() === text) {
        this.input.value = "";
        this.here.checked = this.isLive;
      }
      this.fixMoment();
      announce(gettext("Note added."));
    } catch (error) {
      setText(this.problem, error.errors[0]?.detail ?? error.message);
    } finally {
      this.isSending = false;
    }
  }
}

/** Ctrl-Enter or ⌘-Enter. */
function sends(event) {
  return event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing;
}

class Entry {
  constructor(notes, note) {
    this.notes = notes;
    this.node = el("li", { class: "note-entry" });
    this.show(note);
  }

  /** What somebody is changing at this moment stays as it is being written. */
  show(note) {
    this.note = note;
    if (!this.isOpen) this.draw();
  }

  draw() {
    this.isOpen = false;
    const { author, authorId, text, atMs, createdAt, updatedAt } = this.note;
    const name = authorId === this.notes.userId ? gettext("You") : author;
    const facts = [el("b", {}, name), " ", el("time", { datetime: createdAt, class: "muted" }, localTime(createdAt))];
    if (updatedAt) facts.push(" ", el("span", { class: "muted", title: localTime(updatedAt, { seconds: true }) }, gettext("changed")));
    if (atMs !== null) facts.push(" ", momentLink(atMs));
    this.node.replaceChildren(el("p", { class: "facts-of small" }, ...facts), el("p", { class: "text-of" }, text), ...this.buttons());
  }

  buttons() {
    if (!this.notes.mayChange(this.note)) return [];
    this.edit = this.button(gettext("Edit"), () => this.open());
    this.erase = this.button(gettext("Delete"), () => this.ask());
    return [el("div", { class: "row" }, this.edit, this.erase)];
  }

  button(text, run, look = "tiny quiet") {
    const button = el("button", { type: "button", class: look }, text);
    button.addEventListener("click", run);
    return button;
  }

  open() {
    this.isOpen = true;
    const field = el("textarea", { maxlength: "4000", "aria-label": gettext("Text of the note") });
    field.value = this.note.text;
    const problem = el("p", { class: "wrong", role: "alert" });
    const close = () => {
      this.draw();
      this.edit.focus();
    };
    const save = async () => {
      try {
        this.note = await this.notes.send("PATCH", this.path, { text: field.value });
        close();
        announce(gettext("Note changed."));
      } catch (error) {
        setText(problem, error.errors[0]?.detail ?? error.message);
      }
    };
    field.addEventListener("keydown", (event) => {
      if (sends(event)) save();
      else if (event.key === "Escape") close();
    });
    const row = el("div", { class: "row" }, this.button(gettext("Save"), save, "tiny primary"), this.button(gettext("Cancel"), close));
    this.node.replaceChildren(field, problem, row);
    field.focus();
  }

  get path() {
    return `notes/${this.note.id}/`;
  }

  /** Nothing brings a note back, so that a second click is asked for. */
  ask() {
    this.isOpen = true;
    const keep = () => {
      this.draw();
      this.erase.focus();
    };
    const problem = el("p", { class: "wrong", role: "alert" });
    const erase = async () => {
      try {
        await this.notes.send("DELETE", this.path);
        this.notes.put(this.note.id, null);
        announce(gettext("Note deleted."));
      } catch (error) {
        if (error.status === 404) this.notes.put(this.note.id, null);
        else setText(problem, error.message);
      }
    };
    const sure = this.button(gettext("Delete it"), erase, "tiny danger");
    const row = el("div", { class: "row", role: "group", "aria-label": gettext("Delete this note?") }, el("span", { class: "small" }, gettext("Delete this note?")), sure, this.button(gettext("Keep it"), keep));
    row.addEventListener("keydown", (event) => event.key === "Escape" && keep());
    this.node.lastElementChild.replaceWith(row);
    row.after(problem);
    sure.focus();
  }
}
