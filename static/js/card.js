// One live call on the wall: what is known of it, and the nodes that show it. Nodes are written in `draw` only.

import { el, setClass, setText } from "./dom.js";
import { worries } from "./health.js";
import { clock, serverNow } from "./time.js";
import { isOvertaken } from "./transcript.js";

const NAMES = { agent: "Agent", bot: "Bot", customer: "Customer" };

export class Card {
  constructor(call, last = {}) {
    this.finals = {}; // track -> newest final
    this.interims = {}; // track -> what is being said
    this.lines = {}; // track -> {node, text}
    this.drawn = null; // signature of the footer
    this.heardAt = performance.now();
    this.endedAt = null;
    this.title = el("span");
    this.link = el("a", { href: `/calls/${call.id}/` }, this.title);
    this.route = el("p", { class: "route" });
    this.badge = el("span", { class: "badge live" }, "Live");
    this.time = el("span", { class: "time" });
    this.words = el("div", { class: "words-of-both" });
    this.foot = el("div", { class: "card-foot" });
    this.node = el("li", { class: "card" }, el("div", { class: "card-top" }, this.badge, this.time), el("div", {}, el("h3", {}, this.link), this.route), this.words, this.foot);
    this.node.dataset.call = call.id;
    for (const track of ["agent", "customer"]) this.line(track);
    this.take(call, last);
  }

  line(track) {
    const text = el("span", { class: "last" }, "");
    const node = el("p", { class: `side-line ${track}` }, el("b", {}, NAMES[track] ?? track), text);
    this.words.append(node);
    return (this.lines[track] = { node, text, inner: text.appendChild(el("span")) });
  }

  /** The call as the server tells it, and (in a snapshot) the last words of each side. */
  take(call, last) {
    this.call = call;
    this.streams = new Map(call.streams.map((stream) => [stream.id, stream]));
    this.health = call.health;
    if (last) Object.assign(this.finals, last);
    if (call.state === "live") this.endedAt = null;
    else {
      this.endedAt ??= performance.now();
      this.interims = {};
    }
  }

  /** Takes one event of this call. */
  hear(event) {
    this.heardAt = performance.now();
    switch (event.type) {
      case "segment.final": {
        const { track } = event.segment;
        const known = this.finals[track];
        if (!known || event.segment.startMs >= known.startMs) this.finals[track] = event.segment;
        if (this.interims[track] && isOvertaken(this.interims[track], event.segment)) delete this.interims[track];
        break;
      }
      case "segment.interim": {
        const { track, text } = event.segment;
        const final = this.finals[track];
        if (!text) delete this.interims[track];
        else if (!final || !isOvertaken(event.segment, final)) this.interims[track] = event.segment;
        break;
      }
      case "health": {
        const stream = this.streams.get(event.streamId);
        if (stream) stream.tracks = event.tracks;
        this.health = event.health;
        break;
      }
      case "call.started":
      case "call.updated":
      case "call.ended":
        this.take(event.call, null);
        break;
    }
  }

  get isOver() {
    return this.endedAt !== null;
  }

  get worries() {
    return this.isOver ? [] : worries(this.streams.values(), this.health);
  }

  /** 2: bad, 1: worth a look, 0: fine. */
  get attention() {
    return Math.max(0, ...this.worries.map((worry) => ({ bad: 2, warn: 1 })[worry.level] ?? 0));
  }

  get startedAt() {
    return Date.parse(this.call.startedAt);
  }

  matches(words) {
    if (!words.length) return true;
    const { call } = this;
    const said = [...Object.values(this.finals), ...Object.values(this.interims)].map((segment) => segment.text);
    const text = [call.from, call.to, call.agentId, call.profileName, call.productType, call.productId, call.callId, ...said].join(" ").toLowerCase();
    return words.every((word) => text.includes(word));
  }

  draw() {
    const { call } = this;
    setText(this.title, call.from ?? "Unknown number");
    const product = call.profileName ?? [call.productType, call.productId].filter(Boolean).join(" ");
    setText(this.route, [product, call.agentId && `Agent ${call.agentId}`, call.to && `to ${call.to}`].filter(Boolean).join(" · "));
    setClass(this.node, "over", this.isOver);
    setClass(this.badge, "live", !this.isOver);
    setText(this.badge, this.isOver ? (call.state === "interrupted" ? "Interrupted" : "Ended") : "Live");
    for (const track of new Set([...Object.keys(this.finals), ...Object.keys(this.interims)])) {
      const { text, inner } = this.lines[track] ?? this.line(track);
      const interim = this.interims[track];
      setText(inner, (interim ?? this.finals[track]).text);
      setClass(text, "interim", interim !== undefined);
    }
    this.drawFoot();
    this.drawTime();
  }

  drawFoot() {
    const found = this.worries;
    const signature = JSON.stringify(found);
    if (signature === this.drawn) return;
    this.drawn = signature;
    const badges = found.map(({ level, text }) => el("span", { class: `badge ${level}` }, text));
    this.foot.replaceChildren(...badges);
  }

  drawTime() {
    setText(this.time, clock(this.call.durationMs ?? serverNow() - this.startedAt));
  }
}
