// What rules found in a call: on the wall in short, on the call's page as a list and as marks in the transcript.

import { Refused, request } from "./api.js";
import { announce, el, setHidden, setText } from "./dom.js";
import { clock, rough, serverNow } from "./time.js";
import { fill, gettext, number } from "./words.js";

const isOpen = (alert) => alert.endedAt === null && alert.acknowledgedAt === null;

/** What of a live call still waits for somebody to look after it, the newest first. */
export function openAlerts(call) {
  return call.state === "live" ? (call.alerts ?? []).filter(isOpen) : [];
}

/** Puts what an event told into the call. */
export function noteAlert(call, alert) {
  const others = (call.alerts ?? []).filter(({ id }) => id !== alert.id);
  const isNew = others.length === (call.alerts ?? []).length;
  call.alerts = isNew ? [alert, ...others] : call.alerts.map((known) => (known.id === alert.id ? alert : known));
  if (isNew) call.alertCount = (call.alertCount ?? 0) + 1;
}

/** For a badge: the rule's name, and when in the call. */
export function inShort({ name, atMs }) {
  return `${name} ${clock(atMs)}`;
}

/** What was found, in words. */
export function describe(alert) {
  switch (alert.kind) {
    case "silence": {
      const until = alert.endedAt ? Date.parse(alert.endedAt) : serverNow();
      const time = rough(1000 * alert.value + Math.max(0, until - Date.parse(alert.raisedAt)));
      if (alert.track === "agent") return fill(gettext("The agent said nothing for %(time)s."), { time });
      if (alert.track === "customer") return fill(gettext("The customer said nothing for %(time)s."), { time });
      return fill(gettext("Nobody spoke for %(time)s."), { time });
    }
    case "long":
      return fill(gettext("The call lasts longer than %(time)s."), { time: rough(1000 * alert.value) });
    case "confidence":
      return fill(gettext("How sure the recogniser was: %(percent)s."), { percent: `${Math.round(100 * alert.value)} %` });
    case "mood":
      return fill(gettext("The customer sounds unhappy (%(value)s)."), { value: number(alert.value, 2) });
    default:
      return alert.text ? `“${alert.text}”` : gettext("What was said is no longer shown.");
  }
}

/** The list beside the transcript, and the marks in it. */
export class Alerts {
  /** `root` holds the parts alerts-list and alerts-problem; `onJump(ms)` leads to a moment. */
  constructor(root, { callId, transcript, mayAct, onJump }) {
    Object.assign(this, { root, callId, transcript, mayAct, onJump });
    this.list = root.querySelector('[data-part="alerts-list"]');
    this.problem = root.querySelector('[data-part="alerts-problem"]');
    this.known = new Map(); // id -> {alert, node, words, unmark, drawn}
    this.isLive = false;
    setInterval(() => this.isLive && this.draw(), 5000); // silence lasts
  }

  /** Whether the call is live: what is open then waits for somebody. */
  follow(call) {
    this.isLive = call.state === "live";
    for (const alert of call.alerts ?? []) this.take(alert);
    this.draw();
  }

  /** What a snapshot holds. */
  reset(alerts) {
    const told = new Set(alerts.map(({ id }) => id));
    for (const [id, { node, unmark }] of this.known) {
      if (told.has(id)) continue;
      node.remove();
      unmark();
      this.known.delete(id);
    }
    for (const alert of alerts) this.take(alert);
    this.draw();
  }

  put(alert) {
    if (!this.known.has(alert.id)) announce(fill(gettext("Alert: %(name)s"), { name: alert.name }));
    this.take(alert);
    this.draw();
  }

  take(alert) {
    const entry = this.known.get(alert.id);
    if (entry) entry.alert = alert;
    else this.known.set(alert.id, { alert, node: el("li"), words: el("p", { class: "small" }), unmark: this.mark(alert), drawn: "" });
  }

  mark(alert) {
    return this.transcript.mark(alert.atMs, el("p", { class: "alert-mark" }, el("b", {}, gettext("Alert")), ` ${alert.name}`));
  }

  draw() {
    const newestFirst = [...this.known.values()].sort((a, b) => Date.parse(b.alert.raisedAt) - Date.parse(a.alert.raisedAt));
    setHidden(this.root, newestFirst.length === 0);
    for (const [place, entry] of newestFirst.entries()) {
      this.drawOne(entry);
      const there = this.list.children[place];
      if (there !== entry.node) this.list.insertBefore(entry.node, there ?? null);
    }
  }

  drawOne(entry) {
    const { alert, node } = entry;
    const waits = this.isLive && isOpen(alert);
    setText(entry.words, describe(alert));
    const drawn = [waits, alert.acknowledgedBy, alert.endedAt].join("\n");
    if (drawn === entry.drawn) return;
    entry.drawn = drawn;
    const hadFocus = node.contains(document.activeElement);
    const at = clock(alert.atMs);
    const jump = el("button", { type: "button", class: "at", "aria-label": fill(gettext("%(name)s at %(at)s: show in the transcript"), { name: alert.name, at }) }, at);
    jump.addEventListener("click", () => this.onJump(alert.atMs));
    const head = el("p", { class: "alert-head" }, jump, el("b", {}, alert.name));
    if (waits) head.append(el("span", { class: "badge bad" }, gettext("open")));
    else if (alert.acknowledgedBy) head.append(el("span", { class: "badge" }, fill(gettext("%(name)s looks after it"), { name: alert.acknowledgedBy })));
    else head.append(el("span", { class: "badge" }, gettext("over")));
    node.replaceChildren(head, entry.words);
    if (waits && this.mayAct) node.append(this.acknowledgeButton(alert));
    if (hadFocus) jump.focus({ preventScroll: true });
  }

  acknowledgeButton(alert) {
    const button = el("button", { type: "button", class: "tiny", "aria-label": fill(gettext("I look after it: %(name)s"), { name: alert.name }) }, gettext("I look after it"));
    button.addEventListener("click", async () => {
      if (button.ariaDisabled) return;
      button.ariaDisabled = "true"; // keeps the focus, which `disabled` would lose
      try {
        this.take(await request("POST", `calls/${this.callId}/alerts/${alert.id}/acknowledge/`));
        this.problem.textContent = "";
        this.draw();
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        button.ariaDisabled = null;
        this.problem.textContent = error.message;
      }
    });
    return button;
  }
}
