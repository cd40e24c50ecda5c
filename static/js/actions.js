// The action bar of a live call: made from the call's capabilities, which say what it takes now, else why not.
//
// The hub's own commands have a place, an icon and a key each; what else a vendor has is behind "More". Places never
// change, so that a hand finds them.

import { Refused } from "./api.js";
import { CommandDialog, needsDialog } from "./command_dialog.js";
import { isLost, newKey, post } from "./commands.js";
import { announce, el, setHidden, setText } from "./dom.js";
import { MoreDialog } from "./more_dialog.js";
import { Recents } from "./recents.js";
import { offerShortcuts } from "./shortcuts.js";
import { fill, gettext, ngettext } from "./words.js";

const GROUPS = [["break", "say", "play"], ["digits", "transfer"], ["bot"], ["more"], ["hangup"]];
const KEYS = { break: "b", say: "s", play: "a", digits: "d", transfer: "t", bot: "p", more: "m", hangup: "h" };
const BOT = ["pauseBot", "resumeBot"]; // one button, by the bot's state
const PLACED = new Set([...GROUPS.flat(), ...BOT]);

export class ActionBar {
  /** `list` is the button that lists the keys; `alsoKeys` are those of the page (see `offerShortcuts`). */
  constructor(root, { callId, user, receipts, list, alsoKeys = {} }) {
    Object.assign(this, { root, callId, receipts, list, alsoKeys, call: null, isPaused: false, isForbidden: false });
    this.path = `calls/${callId}/commands/`;
    this.recents = new Recents(user);
    this.icons = document.getElementById("action-icons").content;
    this.flying = new Set(); // commands whose answer is awaited
    this.dialogs = new Map();
    this.buttons = {};
    const part = (name) => root.querySelector(`[data-part="${name}"]`);
    Object.assign(this, { note: part("action-note"), off: part("action-off"), why: part("action-why"), reasons: part("action-reasons") });
    for (const group of GROUPS) part("buttons").append(el("div", { class: `group with-${group[0]}` }, ...group.map((name) => this.makeButton(name))));
    list.append(this.icon("keys"));
    const keys = Object.entries(KEYS).map(([name, key]) => [key, { label: () => this.label(name), run: () => this.press(name) }]);
    offerShortcuts(list, this, { ...Object.fromEntries(keys), ...alsoKeys });
    const height = () => document.documentElement.style.setProperty("--bar", root.hidden ? "0px" : `${root.offsetHeight + 10}px`);
    new ResizeObserver(height).observe(root); // the transcript fills what is left of the window
    root.addEventListener("keydown", (event) => event.repeat && event.key === "Enter" && event.preventDefault());
  }

  icon = (name) => this.icons.querySelector(`[data-icon="${name}"]`).cloneNode(true);

  makeButton(name) {
    const button = el("button", { type: "button", class: name === "hangup" ? "ends" : null, hidden: true }, "", el("span"), el("kbd", { "aria-hidden": "true" }, KEYS[name].toUpperCase()));
    button.addEventListener("click", (event) => event.detail <= 1 && this.press(name)); // a double click is one
    return (this.buttons[name] = button);
  }

  // What the call takes

  /** The command behind a button; null where the call has none such. */
  typeOf(name) {
    const type = name === "bot" ? BOT[this.isPaused ? 1 : 0] : name;
    return this.call && type in this.call.capabilities ? type : null;
  }

  others() {
    return Object.keys(this.call.capabilities).filter((type) => !PLACED.has(type));
  }

  label(name) {
    if (name === "more") return this.call && this.others().length ? gettext("More") : null;
    const type = this.typeOf(name);
    return type && this.call.capabilities[type].label;
  }

  follow(call, { isPaused = this.isPaused } = {}) {
    Object.assign(this, { call, isPaused });
    const isLive = call.state === "live" && !this.isForbidden;
    if (!isLive && this.root.contains(document.activeElement)) document.getElementById("main").focus();
    setHidden(this.root, !isLive);
    setHidden(this.list, !isLive && Object.keys(this.alsoKeys).length === 0);
    this.draw();
    for (const dialog of this.dialogs.values()) if (dialog.node.open) dialog.update();
  }

  draw() {
    const reasons = new Map(); // reason -> labels of what it keeps off
    let isAnyOn = false;
    for (const [name, button] of Object.entries(this.buttons)) {
      const label = this.label(name);
      setHidden(button, label === null);
      setHidden(button.parentElement, [...button.parentElement.children].every((child) => child.hidden));
      if (label === null) continue;
      const type = this.typeOf(name);
      const capability = name === "more" ? { supported: true } : this.call.capabilities[type];
      const { supported, reason } = capability;
      const shown = name === "bot" ? type : name;
      if (button.dataset.shown !== shown) {
        button.dataset.shown = shown;
        button.firstElementChild.matches("svg") && button.firstElementChild.remove();
        button.prepend(this.icon(shown));
      }
      setText(button.querySelector("span"), label);
      button.setAttribute("aria-disabled", String(!supported || this.flying.has(type)));
      if (name === "more" || needsDialog(type, capability)) button.setAttribute("aria-haspopup", "dialog");
      button.title = supported ? "" : reason;
      if (supported) {
        isAnyOn ||= name !== "more";
        button.removeAttribute("aria-describedby");
      } else {
        if (!reasons.has(reason)) reasons.set(reason, []);
        reasons.get(reason).push(this.call.capabilities[type].label);
        button.setAttribute("aria-describedby", `why-${[...reasons.keys()].indexOf(reason)}`);
      }
    }
    const drawn = JSON.stringify([isAnyOn, ...reasons]);
    if (drawn !== this.drawn) this.drawReasons(reasons, isAnyOn);
    this.drawn = drawn;
  }

  drawReasons(reasons, isAnyOn) {
    const isOne = reasons.size === 1 && !isAnyOn; // for everything: said once, in full
    const count = [...reasons.values()].flat().length;
    setHidden(this.off, !isOne);
    setText(this.off, isOne ? [...reasons.keys()][0] : "");
    setHidden(this.why, count === 0 || isOne);
    setText(this.why.querySelector("summary"), fill(ngettext("%(count)s is not available: why?", "%(count)s are not available: why?", count), { count }));
    const rows = [...reasons].map(([reason, labels], place) => el("div", {}, el("dt", {}, labels.join(", ")), el("dd", { id: `why-${place}` }, reason)));
    this.reasons.replaceChildren(...rows);
  }

  /** Whether news come in: without a socket, requests probably don't arrive either. */
  connected(isConnected) {
    setText(this.note, isConnected ? "" : gettext("No connection to the hub at the moment: what you ask for may not arrive."));
    setHidden(this.note, isConnected);
  }

  // Acting

  press(name) {
    if (name === "more") return this.dialog("more", () => new MoreDialog(this)).open();
    const type = this.typeOf(name);
    const { supported, reason } = this.call.capabilities[type];
    if (supported) return this.act(type);
    this.why.open = true;
    announce(reason);
  }

  act(type) {
    if (needsDialog(type, this.call.capabilities[type])) this.dialog(type, () => new CommandDialog(this, type)).open();
    else this.direct(type, {});
  }

  dialog(name, make) {
    if (!this.dialogs.has(name)) this.dialogs.set(name, make());
    return this.dialogs.get(name);
  }

  /** Without a dialog. `wish` is an earlier one, tried once more. */
  async direct(type, params, wish = { key: newKey(), entry: null }) {
    if (this.flying.has(type)) return;
    this.flying.add(type);
    this.draw();
    try {
      await this.ask(type, params, wish);
    } catch (refusal) {
      if (!(refusal instanceof Refused)) throw refusal;
      const again = isLost(refusal) || refusal.isSignedOut ? () => this.direct(type, params, wish) : null;
      this.receipts.gaveUp(wish.entry, isLost(refusal) ? "lost" : "refused", refusal.message, again);
    } finally {
      this.flying.delete(type);
      this.draw();
    }
  }

  /** Throws `Refused`. `wish.entry` is what the receipts show of it. */
  async ask(type, params, wish) {
    wish.entry = this.receipts.begin(type, params, wish.entry);
    try {
      const command = await post(this.path, { type, ...params }, { key: wish.key, onWait: () => this.receipts.retrying(wish.entry) });
      wish.entry = this.receipts.taken(wish.entry, command);
      this.remember(type, command);
    } catch (refusal) {
      if (isLost(refusal) && wish.entry.id !== null) return; // its answers were lost, but the socket told of it
      if (isLost(refusal)) this.receipts.gaveUp(wish.entry, "lost", refusal.message);
      if (refusal.code === "forbidden") this.forbid(refusal.message);
      throw refusal;
    }
  }

  /** What would be sent, for the person to look at. */
  check(type, params) {
    return post(`${this.path}check/`, { type, ...params });
  }

  offers({ kind, name, party, sip }) {
    if (party) return [this.call.from, this.call.to].filter(Boolean);
    return this.recents.of(`${kind}.${name}`).filter((value) => sip || !/^sips?:/i.test(value));
  }

  remember(type, command) {
    for (const { kind, name, party } of this.call.capabilities[type]?.parameters ?? []) {
      if ((kind === "target" || kind === "queue") && !party) this.recents.add(`${kind}.${name}`, command.params[name]);
    }
  }

  /** The person lost the right to act. */
  forbid(reason) {
    if (this.isForbidden) return;
    this.isForbidden = true;
    for (const { node } of this.dialogs.values()) node.close();
    this.follow(this.call);
    this.root.before(el("p", { class: "note warning", role: "alert" }, reason));
  }

  /** After a dialog. The browser goes back to where the focus was; where that is gone, to the page's content. */
  restoreFocus = () => {
    if (this.root.hidden) document.getElementById("main").focus();
  };
}
