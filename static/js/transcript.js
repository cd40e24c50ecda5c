// The two-sided transcript of one call, for the call page and the embed.
//
// Finals are entries of a log, in the order of their start; what a speaker is saying at the moment stands below it and is
// replaced until its final comes. The view follows the speech unless the reader has scrolled up.

import { el, scheduler, setHidden, setText } from "./dom.js";
import { clock, rough } from "./time.js";

const NAMES = { agent: "Agent", customer: "Customer", bot: "Bot" };
const UNSURE = 0.5; // a word or segment below is marked
const NEAR_END = 60; // px from the end that still count as "at the end"

/** Whether an interim tells of the same speech as a final: then the final replaces it, however late the interim comes. */
export function isOvertaken(interim, final) {
  return interim.startMs <= final.startMs || interim.startMs < (final.startMs + final.endMs) / 2;
}

export class Transcript {
  /** `root` holds the parts by `data-part`: pane (scrolls), log, interims, more (the button), empty. */
  constructor(root, { onSeek = null } = {}) {
    for (const name of ["pane", "log", "interims", "more", "empty"]) this[name] = root.querySelector(`[data-part="${name}"]`);
    this.onSeek = onSeek;
    this.entries = new Map(); // id -> {segment, node}
    this.order = []; // of entries, by start
    this.gaps = []; // {gap, node}: what the recogniser could not take
    this.lastFinals = new Map(); // lane -> newest final
    this.interimNodes = new Map(); // lane -> {interim, node, text}
    this.follows = true;
    this.unread = 0;
    this.lastTop = 0;
    this.settle = scheduler(() => this.afterWrite());
    this.pane.addEventListener("scroll", () => this.afterScroll(), { passive: true });
    this.more.addEventListener("click", () => this.toEnd());
    const resized = new ResizeObserver(() => this.follows && this.settle());
    for (const part of [this.pane, this.log, this.interims]) resized.observe(part);
  }

  /** Shows what a snapshot says, and keeps the nodes, the scroll position and the selection of what stays. */
  reset(segments, gaps) {
    const wanted = new Set(segments.map((segment) => segment.id));
    for (const [id, entry] of this.entries) {
      if (wanted.has(id)) continue;
      entry.node.remove();
      this.entries.delete(id);
      this.order.splice(this.order.indexOf(entry), 1);
    }
    for (const { node } of this.interimNodes.values()) node.remove();
    this.interimNodes.clear();
    const isFirst = this.entries.size === 0;
    this.log.setAttribute("aria-live", "off"); // nobody wants a whole call read out
    for (const segment of segments) this.add(segment, isFirst);
    for (const { node } of this.gaps) node.remove();
    this.gaps = gaps.map((gap) => ({ gap, node: this.makeGap(gap) }));
    for (const { gap, node } of this.gaps) this.log.insertBefore(node, this.order.find((entry) => entry.segment.startMs >= gap.startMs)?.node ?? null);
    this.settle();
  }

  final(segment) {
    this.log.setAttribute("aria-live", "polite");
    this.add(segment, false);
    this.fillGaps(segment);
    this.settle();
  }

  /** A passage that was skipped under load is transcribed after the call: its words take the gap's place. */
  fillGaps(segment) {
    this.gaps = this.gaps.filter(({ gap, node }) => {
      const fills = lane(gap) === lane(segment) && segment.startMs < gap.endMs && segment.endMs > gap.startMs;
      if (fills) node.remove();
      return !fills;
    });
  }

  add(segment, isOld) {
    if (this.entries.has(segment.id)) return;
    const entry = { segment, node: this.makeNode(segment) };
    let place = this.order.length;
    while (place > 0 && this.order[place - 1].segment.startMs > segment.startMs) place -= 1;
    this.log.insertBefore(entry.node, this.order[place]?.node ?? null);
    this.order.splice(place, 0, entry);
    this.entries.set(segment.id, entry);
    const key = lane(segment);
    const last = this.lastFinals.get(key);
    if (!last || segment.endMs > last.endMs) this.lastFinals.set(key, segment);
    const spoken = this.interimNodes.get(key);
    if (spoken && isOvertaken(spoken.interim, segment)) this.dropInterim(key);
    if (!isOld && !this.follows) this.unread += 1;
  }

  interim(interim) {
    const key = lane(interim);
    const last = this.lastFinals.get(key);
    if (!interim.text || (last && isOvertaken(interim, last))) {
      const shown = this.interimNodes.get(key);
      if (shown && !interim.text) this.dropInterim(key);
      return;
    }
    let shown = this.interimNodes.get(key);
    if (!shown) {
      const text = el("p", { class: "words" });
      const node = el("div", { class: `line interim ${interim.track}` }, el("p", { class: "by" }, el("b", {}, NAMES[interim.track] ?? interim.track), " is speaking"), text);
      shown = { node, text };
      this.interimNodes.set(key, shown);
      this.interims.append(node);
    }
    shown.interim = interim;
    setText(shown.text, interim.text);
    this.settle();
  }

  /** The call is over: what was never made final won't be. */
  clearInterims() {
    for (const key of [...this.interimNodes.keys()]) this.dropInterim(key);
    this.settle();
  }

  dropInterim(key) {
    this.interimNodes.get(key).node.remove();
    this.interimNodes.delete(key);
  }

  makeNode(segment) {
    const name = NAMES[segment.track] ?? segment.track;
    const at = clock(segment.startMs);
    const time = this.onSeek
      ? el("button", { type: "button", class: "at", title: "Play from here", "aria-label": `${at}: play from here` }, at)
      : el("span", { class: "at" }, at);
    if (this.onSeek) time.addEventListener("click", () => this.onSeek(segment.startMs));
    const by = el("p", { class: "by" }, el("b", {}, name), " ", time);
    const unsure = segment.confidence !== null && segment.confidence < UNSURE;
    const node = el("li", { class: `line ${segment.track}${unsure ? " faint" : ""}` }, by, this.makeWords(segment));
    if (segment.confidence !== null) by.append(el("span", { class: "sure", title: "How sure the recogniser is" }, `${Math.round(segment.confidence * 100)} %`));
    return node;
  }

  makeGap(gap) {
    const name = NAMES[gap.track] ?? gap.track;
    const later = gap.state === "pending" ? ". It follows after the call." : ".";
    const text = `${rough(gap.endMs - gap.startMs)} of the ${name.toLowerCase()} from ${clock(gap.startMs)} could not be transcribed${later}`;
    return el("li", { class: `gap ${gap.track}` }, text);
  }

  makeWords(segment) {
    const words = el("p", { class: "words" });
    if (!segment.words.some((word) => word.confidence !== null && word.confidence < UNSURE)) {
      words.textContent = segment.text;
      return words;
    }
    for (const [place, word] of segment.words.entries()) {
      if (place) words.append(" ");
      if (word.confidence === null || word.confidence >= UNSURE) words.append(word.text);
      else words.append(el("span", { class: "unsure", title: `Perhaps misheard (${Math.round(word.confidence * 100)} % sure)` }, word.text));
    }
    return words;
  }

  /** Marks what is being played. */
  highlight(ms) {
    for (const { segment, node } of this.order) {
      const on = ms !== null && segment.startMs <= ms && ms < segment.endMs;
      if (node.classList.contains("playing") !== on) node.classList.toggle("playing", on);
    }
  }

  isAtEnd() {
    return this.pane.scrollHeight - this.pane.scrollTop - this.pane.clientHeight < NEAR_END;
  }

  /** Only going up stops following; content that grows below the view doesn't. */
  afterScroll() {
    const top = this.pane.scrollTop;
    if (this.isAtEnd()) this.follows = true;
    else if (top < this.lastTop) this.follows = false;
    this.lastTop = top;
    if (this.follows) this.unread = 0;
    this.showMore();
  }

  toEnd() {
    this.follows = true;
    this.unread = 0;
    this.afterWrite();
    this.pane.focus({ preventScroll: true });
  }

  afterWrite() {
    setHidden(this.empty, this.entries.size > 0 || this.interimNodes.size > 0);
    if (this.follows) this.pane.scrollTop = this.pane.scrollHeight;
    this.showMore();
  }

  showMore() {
    setHidden(this.more, this.follows);
    const count = this.unread === 1 ? "1 new line" : `${this.unread} new lines`;
    setText(this.more.querySelector("[data-text]"), this.unread ? count : "To the newest");
  }
}

/** Interims and finals of one speaker: of a track of a stream. */
function lane(segment) {
  return `${segment.streamId} ${segment.track}`;
}
