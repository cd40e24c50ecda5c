// One live call on the wall: what is known of it, and the nodes that show it. Nodes are written in `draw` only, and of
// them only what is different; nothing is measured.

import { noteAlert } from "./alerts.js";
import { reasonsFor, weigh } from "./attention.js";
import { el } from "./dom.js";
import { clock, serverNow } from "./time.js";
import { isOvertaken, pressedKeys, speakerOf } from "./transcript.js";
import { fill, gettext } from "./words.js";

const REASONS_SHOWN = 2;
const LONG_REASON = 24; // characters: it has the line to itself
const NEAR = ["agent", "bot"]; // tracks that share the line of our side

/** A text that is written only where it changes. The node's own text is not read: that costs more than it saves. */
class Words {
  constructor(node) {
    this.data = node.appendChild(document.createTextNode(""));
    this.shown = "";
  }

  set(text) {
    if (text === this.shown) return;
    this.shown = text;
    this.data.data = text;
  }
}

/** One side's last words. */
class Side {
  constructor() {
    const name = el("b");
    this.inner = el("span");
    this.last = el("span", { class: "last" }, this.inner);
    this.node = el("p", {}, name, this.last);
    this.name = new Words(name);
    this.words = new Words(this.inner);
    this.look = "";
  }

  /** `segment` is null while the side has not spoken: `track` says whose line it is. */
  show(segment, track, isInterim) {
    const speaker = speakerOf(segment ?? { track });
    const keys = segment && pressedKeys(segment.text);
    this.name.set(speaker.name);
    this.words.set(!segment ? "" : keys ? fill(gettext("pressed %(keys)s"), { keys: [...keys].join(" ") }) : segment.text);
    const look = `side-line ${speaker.kind}${isInterim ? " saying" : ""}`;
    if (look === this.look) return;
    this.look = look;
    this.node.className = look;
    this.last.className = isInterim ? "last interim" : "last";
  }
}

export class Card {
  /** `wall` has `vendors` (labels by name), `user` and `eye()`, the sign of who watches. */
  constructor(wall, call, last = {}) {
    this.wall = wall;
    this.finals = {}; // track -> newest final
    this.interims = {}; // track -> what is being said
    this.watching = []; // names
    this.reasons = [];
    this.weight = 0;
    this.isShown = true; // by the filters
    this.drawn = {}; // signatures of what is made anew as a whole
    this.endedAt = null;
    this.said = null; // what the filter's words are looked for in; null: to be put together
    const title = el("span");
    const time = el("span", { class: "time" });
    const route = el("p", { class: "route" });
    const why = `why-${call.id}`;
    this.link = el("a", { href: `/calls/${call.id}/`, "aria-describedby": why }, title);
    this.why = el("div", { class: "why", id: why });
    this.vendor = el("span", { class: "tag" });
    this.foot = el("p", { class: "card-foot" });
    this.near = new Side();
    this.far = new Side();
    const words = el("div", { class: "words-of-both" }, this.near.node, this.far.node);
    this.node = el("li", { class: "card" }, el("div", { class: "card-top" }, this.why, time), el("div", { class: "card-who" }, el("h2", {}, this.link), this.vendor, route), words, this.foot);
    this.node.dataset.call = call.id;
    Object.assign(this, { title: new Words(title), time: new Words(time), route: new Words(route) });
    this.take(call, last);
  }

  /** The call as the server tells it, and (in a snapshot) the last words of each side. */
  take(call, last) {
    this.call = call;
    this.heardAt = performance.now();
    this.startedAt = Date.parse(call.startedAt);
    this.streams = new Map(call.streams.map((stream) => [stream.id, stream]));
    this.health = call.health;
    this.said = null;
    if (last) Object.assign(this.finals, last);
    if (call.state === "live") this.endedAt = null;
    else {
      this.endedAt ??= performance.now();
      this.interims = {};
    }
    this.judge();
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
        this.said = null;
        break;
      }
      case "segment.interim": {
        const { track, text } = event.segment;
        const final = this.finals[track];
        if (!text) delete this.interims[track];
        else if (!final || !isOvertaken(event.segment, final)) this.interims[track] = event.segment;
        this.said = null;
        break;
      }
      case "health": {
        const stream = this.streams.get(event.streamId);
        if (stream) stream.tracks = event.tracks;
        this.health = event.health;
        this.judge();
        break;
      }
      case "alert":
        noteAlert(this.call, event.alert);
        this.judge();
        break;
      default:
        if (event.call) this.take(event.call, null);
    }
  }

  /** Makes up its mind anew about what deserves attention: after news of the call, and as time goes by. */
  judge() {
    this.reasons = this.isOver ? [] : reasonsFor(this.call, this.streams.values(), this.health);
    this.weight = weigh(this.reasons);
  }

  get isOver() {
    return this.endedAt !== null;
  }

  get isTest() {
    return this.call.direction === "test";
  }

  has(kind) {
    return this.reasons.some((reason) => reason.kind === kind);
  }

  /** Whether each of the words, in lower case, is in what the card tells. */
  tells(words) {
    if (!words.length) return true;
    if (this.said === null) {
      const { call } = this;
      const texts = [...Object.values(this.finals), ...Object.values(this.interims)].map((segment) => segment.text);
      this.said = [call.from ?? gettext("Unknown number"), call.to, call.agentId && fill(gettext("Agent %(id)s"), { id: call.agentId }), call.profileName, this.wall.vendors[call.vendor], call.productType, call.productId, call.callId, ...texts].join(" ").toLowerCase();
    }
    return words.every((word) => this.said.includes(word));
  }

  newestOf(track) {
    return this.interims[track] ?? this.finals[track] ?? null;
  }

  draw() {
    const { call } = this;
    this.title.set(call.from ?? gettext("Unknown number"));
    const product = call.profileName ?? [call.productType, call.productId].filter(Boolean).join(" ");
    const agent = call.agentId && fill(gettext("Agent %(id)s"), { id: call.agentId });
    this.route.set([product, agent, call.to && fill(gettext("to %(number)s"), { number: call.to })].filter(Boolean).join(" · "));
    const near = NEAR.filter((track) => this.newestOf(track)).sort((a, b) => this.newestOf(b).startMs - this.newestOf(a).startMs)[0] ?? (this.health?.bot ? "bot" : "agent");
    this.near.show(this.newestOf(near), near, near in this.interims);
    this.far.show(this.newestOf("customer"), "customer", "customer" in this.interims);
    this.drawWhy();
    this.drawVendor();
    this.drawFoot();
    this.drawTime();
  }

  /** Whether a part is to be made anew. */
  differs(part, signature) {
    if (this.drawn[part] === signature) return false;
    this.drawn[part] = signature;
    return true;
  }

  drawWhy() {
    const test = this.isTest ? gettext("Test call") : "";
    const [first] = this.reasons;
    const shown = this.reasons.slice(0, first && (first.short ?? first.text).length > LONG_REASON ? 1 : REASONS_SHOWN);
    const more = this.reasons.length - shown.length;
    const ended = !this.isOver ? "" : this.call.state === "interrupted" ? gettext("Interrupted") : gettext("Ended");
    const signature = `${test} ${ended}\n${shown.map(({ level, text, short }) => `${level} ${short ?? text}`).join("\n")}\n${more}`;
    if (!this.differs("why", signature)) return;
    const badges = shown.map(({ level, text, short }) => el("span", { class: `badge ${level}`, title: text }, short ?? text));
    if (more > 0) badges.push(el("span", { class: "badge warn more", title: this.reasons.slice(shown.length).map(({ text }) => text).join("\n") }, `+${more}`));
    if (test) badges.unshift(el("span", { class: "badge" }, test));
    if (ended) badges.push(el("span", { class: "badge" }, ended));
    this.why.replaceChildren(...badges);
    this.node.className = this.isOver ? "card over" : shown.length ? `card calls-for ${shown[0].level}` : "card";
  }

  drawVendor() {
    const vendor = this.wall.vendors[this.call.vendor] ?? this.call.vendor;
    if (this.differs("vendor", vendor)) this.vendor.textContent = vendor;
  }

  drawFoot() {
    if (!this.differs("foot", this.watching.join("\n"))) return;
    const names = this.watching.map((name) => (name === this.wall.user ? gettext("you") : name));
    const text = names.join(", ");
    this.foot.replaceChildren(...(names.length ? [this.wall.eye(), el("span", { class: "unseen" }, gettext("Opened by:")), " ", el("span", { class: "names", title: text }, text)] : []));
  }

  drawTime() {
    this.time.set(clock(this.call.durationMs ?? serverNow() - this.startedAt));
  }
}
