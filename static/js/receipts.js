// What was asked of the call, the newest first: each command from the click to its last word.
//
// An entry begins here (`begin`) or at the server (`put`). Its state only goes forward, in whatever order news come.

import { announce, el, setHidden, setText } from "./dom.js";
import { localTime, rough, serverNow } from "./time.js";
import { fill, gettext } from "./words.js";

const isSmall = matchMedia("(max-width: 900px)"); // the transcript stands below
const RANK = { sending: -1, lost: -1, requested: 0, sent: 1, confirmed: 2, failed: 2, expired: 2, refused: 2 };
const WORDS = {
  sending: gettext("sending…"),
  lost: gettext("no answer"),
  requested: gettext("requested"),
  sent: gettext("sent"),
  confirmed: gettext("confirmed"),
  failed: gettext("failed"),
  expired: gettext("expired"),
  refused: gettext("refused"),
};
const TROUBLE = new Set(["failed", "expired", "refused", "lost"]);

export class Receipts {
  constructor(root, { user, vendor }) {
    Object.assign(this, { root, user, vendor });
    this.list = root.querySelector('[data-part="receipts-list"]');
    this.more = root.querySelector('[data-part="receipts-more"]');
    this.entries = []; // the newest first
    this.call = null;
    this.showsAll = false;
    isSmall.addEventListener("change", () => this.arrange());
    this.more.addEventListener("click", () => {
      this.showsAll = !this.showsAll;
      this.arrange();
    });
    setInterval(() => this.entries.forEach((entry) => this.isPending(entry) && this.draw(entry)), 1000);
  }

  /** The call tells how commands are called, and which of them its vendor confirms. */
  follow(call) {
    this.call = call;
    this.entries.forEach((entry) => this.draw(entry));
  }

  /** A click. `again`: the entry of a command that was lost and is tried once more. */
  begin(type, params, again = null) {
    const entry = again ?? this.add({ id: null, type, params, by: this.user, requestedAt: new Date(serverNow()).toISOString() });
    Object.assign(entry, { state: "sending", error: null, again: null });
    this.draw(entry);
    announce(fill(gettext("%(command)s: asked."), { command: this.title(entry) }));
    return entry;
  }

  retrying(entry) {
    entry.detail = gettext("No answer yet, trying again…");
    this.draw(entry);
  }

  /** The hub took it, and perhaps the socket told of it first. Returns the entry that stays. */
  taken(entry, command) {
    if (entry.id === null && this.find(command.id)) this.drop(entry);
    else entry.id ??= command.id;
    this.put(command);
    return this.find(command.id);
  }

  /** Nothing came of it. `again` tries once more, where nobody else offers to. */
  gaveUp(entry, state, error, again = null) {
    if (entry.id !== null) return; // the socket knows better
    Object.assign(entry, { state, error, detail: null, again });
    this.told(entry);
  }

  /** It was refused, which its dialog tells: there is nothing to keep. */
  refuse(entry) {
    this.drop(entry);
    announce(fill(gettext("%(command)s: %(state)s."), { command: this.title(entry), state: WORDS.refused }));
  }

  drop(entry) {
    for (const row of entry.rows) row.node.remove();
    this.entries.splice(this.entries.indexOf(entry), 1);
    this.arrange();
  }

  /** News of a command; not `isNews` when the page has only just come. */
  put(command, isNews = true) {
    let entry = this.find(command.id);
    entry ??= command.by === this.user ? this.entries.find((e) => e.id === null && e.state === "sending" && e.type === command.type) : null;
    entry ??= this.add({ id: command.id, state: "sending", requestedAt: command.requestedAt });
    if (entry.id !== null && RANK[command.state] < RANK[entry.state]) return;
    const isSame = entry.state === command.state;
    Object.assign(entry, command, { again: null });
    if (isNews && !isSame) this.told(entry);
    else this.draw(entry);
  }

  find(id) {
    return this.entries.find((entry) => entry.id === id);
  }

  add(entry) {
    Object.assign(entry, { rows: [new Row()] });
    const place = this.entries.findIndex((other) => other.requestedAt <= entry.requestedAt);
    const before = place < 0 ? null : this.entries[place].rows[0].node;
    this.entries.splice(place < 0 ? this.entries.length : place, 0, entry);
    this.list.insertBefore(entry.rows[0].node, before);
    this.arrange();
    return entry;
  }

  /** Shows an entry in another list as well. */
  mirror(entry, list) {
    const row = new Row();
    entry.rows.push(row);
    list.prepend(row.node);
    this.draw(entry);
  }

  arrange() {
    const few = isSmall.matches ? 1 : 3;
    setHidden(this.root, this.entries.length === 0);
    this.entries.forEach((entry, place) => setHidden(entry.rows[0].node, !this.showsAll && place >= few));
    setHidden(this.more, this.entries.length <= few);
    this.more.setAttribute("aria-expanded", String(this.showsAll));
    setText(this.more, this.showsAll ? gettext("Show fewer") : fill(gettext("Show all %(count)s"), { count: this.entries.length }));
  }

  /** The newest command of these types that was confirmed. */
  lastConfirmed(...types) {
    return this.entries.find((entry) => entry.state === "confirmed" && types.includes(entry.type));
  }

  // What it looks like

  confirms(entry) {
    return this.call?.capabilities[entry.type]?.confirms ?? false;
  }

  isPending(entry) {
    if (entry.state === "sending" || entry.state === "requested") return true;
    return entry.state === "sent" && this.confirms(entry) && this.call?.state === "live";
  }

  title(entry) {
    const label = this.call?.capabilities[entry.type]?.label ?? entry.type;
    const value = this.value(entry);
    return value ? `${label} ${value}` : label;
  }

  value({ type, params }) {
    const quoted = (value) => (typeof value !== "string" ? JSON.stringify(value) : type === "say" ? fill(gettext("“%(text)s”"), { text: value }) : value);
    return Object.values(params ?? {}).map(quoted).join(", ");
  }

  words(entry) {
    if (entry.error || entry.detail) return entry.error ?? entry.detail;
    if (entry.state !== "sent") return "";
    if (!this.confirms(entry)) return fill(gettext("%(vendor)s does not confirm this."), { vendor: this.vendor });
    const text = this.call?.state === "live" ? gettext("Waiting for %(vendor)s to confirm.") : gettext("The call ended before %(vendor)s confirmed it.");
    return fill(text, { vendor: this.vendor });
  }

  took(entry) {
    if (TROUBLE.has(entry.state) && !entry.failedAt) return "";
    const end = entry.confirmedAt ?? entry.failedAt ?? (this.isPending(entry) ? null : entry.sentAt);
    return rough(Math.max(0, (end ? Date.parse(end) : serverNow()) - Date.parse(entry.requestedAt)));
  }

  draw(entry) {
    const told = {
      label: this.call?.capabilities[entry.type]?.label ?? entry.type,
      value: this.value(entry),
      state: [WORDS[entry.state], this.took(entry)].filter(Boolean).join(" · "),
      meta: fill(gettext("%(who)s, %(time)s"), { who: entry.by === this.user ? gettext("You") : entry.by, time: localTime(entry.requestedAt, { seconds: true }) }),
      words: this.words(entry),
    };
    const look = TROUBLE.has(entry.state) ? "trouble" : entry.state === "confirmed" ? "done" : this.isPending(entry) ? "pending" : "sent";
    for (const row of entry.rows) row.draw(told, look, entry.again);
  }

  told(entry) {
    this.draw(entry);
    if (this.isPending(entry)) return;
    const told = fill(gettext("%(command)s: %(state)s."), { command: this.title(entry), state: WORDS[entry.state] });
    announce([told, this.words(entry)].filter(Boolean).join(" "));
  }
}

class Row {
  constructor() {
    this.parts = { label: el("span"), value: el("b", { class: "value" }), state: el("span", { class: "state" }), meta: el("span", { class: "meta" }), words: el("p", { class: "words-of" }) };
    const { label, value, state, meta, words } = this.parts;
    this.retry = el("button", { type: "button", class: "tiny" }, gettext("Try again"));
    this.retry.addEventListener("click", () => this.again?.());
    this.node = el("li", { class: "receipt" }, el("p", { class: "what" }, label, " ", value), el("p", { class: "how" }, state, " ", meta), words, this.retry);
  }

  draw(told, look, again) {
    this.again = again;
    for (const [name, text] of Object.entries(told)) setText(this.parts[name], text);
    this.node.dataset.look = look;
    setHidden(this.parts.words, !told.words);
    setHidden(this.retry, !again);
  }
}
