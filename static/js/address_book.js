// Names for the targets of transfers: what is typed into the field finds them in the hub's address book.
//
// The field stays one for numbers and addresses, too: the list below it only offers (a combobox, as WAI-ARIA has it).

import { request } from "./api.js";
import { announce, el, setHidden } from "./dom.js";
import { fill, gettext, ngettext } from "./words.js";

const SHOWN = 8;

/** All that is offered for a call; nothing where the hub can't be asked. */
export async function readBook(callId) {
  const entries = [];
  try {
    let path = `transfer-targets/?call=${callId}&limit=200`;
    while (path) {
      const { results, next } = await request("GET", path);
      entries.push(...results);
      path = next && next.slice(next.indexOf("transfer-targets/"));
    }
  } catch {
    // Numbers can still be typed.
  }
  return entries;
}

const bare = (text) => text.toLowerCase().replace(/[\s().-]/g, "");

export class AddressBook {
  /** `onPick()` is called with an entry whose target stands in the field. */
  constructor({ node, input, parameter }, callId, onPick) {
    Object.assign(this, { input, parameter, callId, onPick, entries: [], found: [], at: -1 });
    this.list = el("ul", { class: "book", role: "listbox", id: `${input.id}-book`, "aria-label": gettext("Address book"), hidden: true });
    input.after(this.list);
    for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.list.id })) input.setAttribute(name, value);
    input.addEventListener("input", () => this.offer());
    input.addEventListener("keydown", (event) => this.onKey(event));
    node.addEventListener("focusout", ({ relatedTarget }) => !node.contains(relatedTarget) && this.hide());
    this.list.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
    this.list.addEventListener("click", ({ target }) => this.pick(this.found[[...this.list.children].indexOf(target.closest("li"))]));
  }

  async load() {
    const entries = await readBook(this.callId);
    this.entries = entries.filter(({ target }) => this.parameter.sip || !/^sips?:/i.test(target));
    if (this.entries.length) this.input.placeholder = gettext("Number or name");
    if (this.input.value && document.activeElement === this.input) this.offer();
  }

  /** Who is behind a target, where the book says it. */
  nameOf(target) {
    return this.entries.find((entry) => entry.target === target)?.name ?? null;
  }

  offer() {
    const typed = bare(this.input.value);
    const fits = ({ name, target }) => bare(name).includes(typed) || bare(target).includes(typed);
    const isChosen = this.entries.some(({ target }) => target === this.input.value);
    this.found = isChosen ? [] : this.entries.filter(fits).slice(0, SHOWN);
    this.at = -1;
    this.list.replaceChildren(...this.found.map(({ name, target }, place) => el("li", { role: "option", id: `${this.list.id}-${place}` }, el("b", {}, name), " ", el("span", { class: "muted" }, target))));
    this.show();
    if (this.found.length) announce(fill(ngettext("%(count)s name fits", "%(count)s names fit", this.found.length), { count: this.found.length }));
  }

  show() {
    const isShown = this.found.length > 0;
    setHidden(this.list, !isShown);
    this.input.setAttribute("aria-expanded", String(isShown));
    for (const [place, option] of [...this.list.children].entries()) option.setAttribute("aria-selected", String(place === this.at));
    if (this.at < 0) this.input.removeAttribute("aria-activedescendant");
    else {
      this.input.setAttribute("aria-activedescendant", this.list.children[this.at].id);
      this.list.children[this.at].scrollIntoView({ block: "nearest" });
    }
  }

  hide() {
    this.found = [];
    this.at = -1;
    this.show();
  }

  onKey(event) {
    const count = this.found.length;
    if (event.key === "ArrowDown" && !count) this.offer();
    else if (!count) return;
    else if (event.key === "ArrowDown") this.at = (this.at + 1) % count;
    else if (event.key === "ArrowUp") this.at = this.at <= 0 ? count - 1 : this.at - 1;
    else if (event.key === "Escape") this.hide();
    else if (event.key === "Enter" && this.at >= 0) this.pick(this.found[this.at]);
    else return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key.startsWith("Arrow")) this.show();
  }

  pick(entry) {
    if (!entry) return;
    this.input.value = entry.target;
    this.hide();
    this.onPick(entry);
  }
}
