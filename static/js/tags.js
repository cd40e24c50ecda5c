// The call's tags: words by which calls are found again. A tag leads to all calls that have it.

import { announce, el, setHidden, setText } from "./dom.js";
import { fill, gettext } from "./words.js";

export class Tags {
  constructor(root, { send }) {
    Object.assign(this, { root, send, names: [] });
    for (const name of ["list", "empty", "form", "input", "problem"]) this[name] = root.querySelector(`[data-part="tags-${name}"]`);
    if (!this.form) return; // a reader
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.add();
    });
    this.input.addEventListener("keydown", (event) => {
      if (event.key !== "," || event.isComposing) return;
      event.preventDefault();
      this.add();
    });
    this.input.addEventListener("input", () => this.tell(""));
  }

  show(tags) {
    this.names = tags.map(({ name }) => name);
    const kept = this.list.contains(document.activeElement) ? document.activeElement.dataset.tag : null;
    this.list.replaceChildren(...tags.map((tag) => this.chip(tag)));
    setHidden(this.empty, tags.length > 0);
    setHidden(this.list, tags.length === 0);
    if (kept) (this.list.querySelector(`[data-tag="${CSS.escape(kept)}"]`) ?? this.input)?.focus();
  }

  chip({ name, by }) {
    const link = el("a", { href: `/calls/?tag=${encodeURIComponent(name)}`, title: fill(gettext("Added by %(name)s"), { name: by }) }, name);
    if (!this.form) return el("li", { class: "chip" }, link);
    const remove = el("button", { type: "button", class: "remove", "data-tag": name, "aria-label": fill(gettext("Remove the tag %(name)s"), { name }) }, "✕");
    remove.addEventListener("click", () => this.remove(name));
    return el("li", { class: "chip" }, link, remove);
  }

  /** The field is free for the next one at once. */
  async add() {
    const name = this.input.value.trim();
    if (!name) return;
    this.input.value = "";
    this.tell("");
    try {
      const tag = await this.send("POST", "tags/", { name });
      announce(fill(gettext("Tag added: %(name)s"), { name: tag.name }));
    } catch (error) {
      this.input.value ||= name;
      this.tell(error.errors[0]?.detail ?? error.message);
    }
  }

  async remove(name) {
    try {
      await this.send("DELETE", `tags/${encodeURIComponent(name)}/`);
      announce(fill(gettext("Tag removed: %(name)s"), { name }));
      this.input.focus();
    } catch (error) {
      if (error.status !== 404) this.tell(error.message); // somebody else was quicker
    }
  }

  tell(problem) {
    setText(this.problem, problem);
    this.input.setAttribute("aria-invalid", String(Boolean(problem)));
  }
}
