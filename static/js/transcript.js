// The two-sided transcript of one call, for the call page and the embed.
//
// How this works
//   What is shown is a list of rows in the order of their start: finals, gaps, and marks that others set. `Rows` keeps it.
//   The view follows the speech unless the reader has scrolled up, and what is played unless the reader has scrolled away.

import { scheduler, setClass, setHidden, setText } from "./dom.js";
import { Interims, lane } from "./interims.js";
import { Rows } from "./rows.js";
import { serverNow } from "./time.js";
import { fill, gettext, ngettext } from "./words.js";

export { isOvertaken } from "./interims.js";
export { pressedKeys, speakerOf } from "./transcript_line.js";

const NEAR_END = 60; // px from the end that still count as "at the end"
const READS = ["wheel", "touchmove", "pointerdown", "keydown"]; // of a reader who scrolls
const TELL = 3000; // ms: how often those who can't see are told that lines wait

const isCalm = matchMedia("(prefers-reduced-motion: reduce)");

export class Transcript extends Rows {
  /**
   * `root` holds the parts by `data-part`: pane (scrolls), log, interims, more (the button), empty, and where it has them
   * unread (for screen readers) and legend. `onSeek(ms)` plays from there; `level` is that of the headings of turns.
   */
  constructor(root, { onSeek = null, level = 2 } = {}) {
    const part = (name) => root.querySelector(`[data-part="${name}"]`);
    super(part("log"), { seeks: onSeek !== null, level, onFilled: () => this.settle() });
    for (const name of ["pane", "more", "empty", "legend"]) this[name] = part(name);
    Object.assign(this, { onSeek, told: part("unread"), interims: new Interims(part("interims")) });
    this.audioBegan = null; // by the server's clock, as far as what was said tells; null before
    this.follows = true; // the end
    this.kept = null; // the row that stays in view while others are built
    this.playing = [];
    this.strays = false; // the reader has left what is played
    this.unread = 0;
    Object.assign(this, { lastTop: 0, lastSize: "" });
    this.settle = scheduler(() => this.afterWrite());
    this.pane.addEventListener("scroll", () => this.afterScroll(), { passive: true });
    for (const type of READS) this.pane.addEventListener(type, (event) => this.afterMove(event), { passive: true });
    this.more.addEventListener("click", () => (this.strays ? this.backToPlaying() : this.toEnd()));
    this.log.addEventListener("click", (event) => this.press(event));
    this.log.addEventListener("focusin", ({ target }) => this.afterFocus(this.rowOf(target)));
    this.log.addEventListener("keydown", (event) => this.walk(event));
    const resized = new ResizeObserver(() => (this.follows || this.kept) && this.settle());
    for (const node of [this.pane, this.log, this.interims.root]) resized.observe(node);
  }

  // What is told

  /** Shows what a snapshot says, and keeps the nodes, the scroll position and the selection of what stays. */
  reset(segments, gaps) {
    const wanted = new Set(segments.map((segment) => segment.id));
    for (const row of this.rows.filter(({ gap, segment }) => gap || (segment && !wanted.has(segment.id)))) this.remove(row);
    this.interims.clear();
    const isFirst = this.byId.size === 0;
    const addAll = () => {
      for (const segment of segments) this.add(segment, isFirst);
      for (const gap of gaps) this.insert({ startMs: gap.startMs, gap, node: null }, this.lowerBound(gap.startMs));
    };
    if (isFirst) this.begin(addAll);
    else addAll();
    if (isFirst) this.setStop(this.rows.findLast(({ segment }) => segment));
    this.fillLater();
    this.hush(true); // nobody wants a whole call read out
    this.settle();
  }

  final(segment) {
    this.noteTime(segment.endMs);
    this.hush(this.isFilling || !this.follows);
    this.add(segment, false);
    this.fillGaps(segment);
    this.settle();
  }

  /** Something is told of this moment of the audio, which therefore began so long ago at least. */
  noteTime(ms) {
    this.audioBegan = Math.min(this.audioBegan ?? Infinity, serverNow() - ms);
  }

  /** A passage that was skipped under load is transcribed after the call: its words take the gap's place. */
  fillGaps(segment) {
    const isFilled = ({ gap }) => gap && lane(gap) === lane(segment) && segment.startMs < gap.endMs && segment.endMs > gap.startMs;
    for (const row of this.rows.filter(isFilled)) this.remove(row);
  }

  add(segment, isOld) {
    const known = this.byId.get(segment.id);
    if (known) return this.rewrite(known, segment);
    const row = { startMs: segment.startMs, segment, node: null };
    this.byId.set(segment.id, row);
    this.longest = Math.max(this.longest, segment.endMs - segment.startMs);
    this.insert(row);
    this.interims.final(segment);
    if (!isOld && !this.follows) this.unread += 1;
  }

  /** What a line says is another now: something was taken out of it, or given back. */
  rewrite(row, segment) {
    if (row.segment.text === segment.text) return;
    row.segment = segment;
    if (!row.node) return;
    const node = this.make(row);
    for (const name of ["playing", "sought"]) setClass(node, name, row.node.classList.contains(name));
    this.ofNode.set(node, row);
    const isStop = row.node.contains(this.stop);
    const hasFocus = row.node.contains(document.activeElement);
    row.node.replaceWith(node);
    row.node = node;
    this.showTurn(this.indexOf(row));
    if (isStop) this.setStop(row);
    if (hasFocus) node.querySelector("button.at")?.focus({ preventScroll: true });
    this.onRow?.(row);
  }

  interim(interim) {
    this.noteTime(interim.startMs);
    this.interims.put(interim);
    this.settle();
  }

  /** The call is over: what was never made final won't be. */
  clearInterims() {
    this.interims.clear();
    this.settle();
  }

  /** Shows `node` where something happened, behind the line that was being said. Returns what takes it away again. */
  mark(startMs, node) {
    const row = { startMs, mark: node, node: null };
    this.insert(row);
    this.settle();
    return () => this.remove(row);
  }

  insert(row, at) {
    super.insert(row, at);
    if (row.node && row.segment && row === this.rows.at(-1) && !this.log.contains(document.activeElement)) this.setStop(row);
  }

  remove(row) {
    if (this.kept === row) this.kept = null;
    super.remove(row);
  }

  make(row) {
    const node = super.make(row);
    if (this.legend?.hidden && node.matches(".faint, :has(.unsure, .hazy)")) this.legend.hidden = false;
    return node;
  }

  // Moments

  /** Marks what is being played, and keeps it in view. */
  highlight(ms) {
    const playing = ms === null ? [] : this.rowsAt(ms);
    const isNew = playing.some((row) => !this.playing.includes(row));
    for (const row of this.playing) if (!playing.includes(row)) row.node?.classList.remove("playing");
    this.playing = playing;
    if (ms === null) this.strays = false;
    if (isNew) {
      for (const row of playing) {
        this.reach(row);
        row.node.classList.add("playing");
      }
      if (!this.strays) this.bring(playing[0]);
    }
    this.showMore();
  }

  backToPlaying() {
    this.strays = false;
    const [row] = this.playing;
    if (row) this.bring(row);
    this.pane.focus({ preventScroll: true });
    this.showMore();
  }

  /** Scrolls a row that is about to leave the view to its upper part. */
  bring({ node }) {
    this.follows = false;
    this.kept = null;
    const pane = this.pane.getBoundingClientRect();
    const line = node.getBoundingClientRect();
    if (line.top >= pane.top + pane.height * 0.05 && line.bottom <= pane.bottom - pane.height * 0.2) return;
    const by = line.top - pane.top - pane.height * 0.25;
    this.pane.scrollBy({ top: by, behavior: isCalm.matches || Math.abs(by) > pane.height ? "instant" : "smooth" });
  }

  /** Brings what was said at that moment into view, marks it and gives it the focus. */
  goTo(ms) {
    const said = this.rows.filter(({ segment }) => segment);
    const row =
      said.find(({ startMs }) => startMs === ms) ??
      said.find(({ segment }) => segment.startMs <= ms && ms < segment.endMs) ??
      said.findLast(({ startMs }) => startMs <= ms) ??
      said[0];
    if (!row) return;
    for (const node of this.log.querySelectorAll(".sought")) {
      node.classList.remove("sought");
      node.removeAttribute("aria-current");
    }
    this.show(row);
    row.node.classList.add("sought");
    row.node.setAttribute("aria-current", "true");
    row.node.querySelector("button.at")?.focus({ preventScroll: true });
  }

  /** Brings a row to the middle of the view, and keeps it there while the rest is built. */
  show(row) {
    this.follows = false;
    this.strays = this.playing.length > 0;
    this.reach(row);
    this.kept = row;
    this.pane.scrollIntoView({ block: "nearest" });
    this.centre(row.node);
    this.settle();
  }

  // Keys and clicks on lines. Of all their times one is in the tab order; arrows lead to the others.

  press({ target }) {
    const time = target.closest("button.at");
    if (!time || !this.onSeek) return;
    this.strays = false;
    this.onSeek(this.rowOf(time).startMs);
  }

  afterFocus(row) {
    if (row !== this.kept) this.kept = null;
    this.setStop(row);
  }

  setStop(row) {
    const time = row?.node?.querySelector("button.at");
    if (!time || time === this.stop) return;
    if (this.stop) this.stop.tabIndex = -1;
    time.tabIndex = 0;
    this.stop = time;
  }

  walk(event) {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!step || event.ctrlKey || event.metaKey || event.altKey || !event.target.matches("button.at")) return;
    event.preventDefault();
    let at = this.indexOf(this.rowOf(event.target)) + step;
    while (this.rows[at] && !this.rows[at].segment) at += step;
    if (!this.rows[at]) return;
    this.reach(this.rows[at]);
    this.rows[at].node.querySelector("button.at").focus();
  }

  // Where the view stands

  isAtEnd() {
    return this.pane.scrollHeight - this.pane.scrollTop - this.pane.clientHeight < NEAR_END;
  }

  /** A reader who scrolls is not brought back. */
  afterMove({ type, target, key, deltaY }) {
    if (type === "keydown" ? !/^(Arrow(Up|Down)|Page(Up|Down)|Home|End)$/.test(key) : type === "pointerdown" && target !== this.pane) return;
    this.kept = null;
    const goesUp = type === "wheel" ? deltaY < 0 : /^(ArrowUp|PageUp|Home)$/.test(key);
    if (goesUp && this.pane.scrollTop > 0) this.follows = false; // before the scrolling begins, which writing would stop
    if (this.playing.length && !this.strays) {
      this.strays = true;
      this.showMore();
    }
  }

  /** Only going up stops following; content that grows below the view doesn't, nor does a view that changes its size. */
  afterScroll() {
    const top = this.pane.scrollTop;
    const size = `${this.pane.clientWidth} ${this.pane.clientHeight}`;
    if (this.kept) this.follows = false;
    else if (this.isAtEnd()) this.follows = true;
    else if (top < this.lastTop && size === this.lastSize) this.follows = false;
    Object.assign(this, { lastTop: top, lastSize: size });
    if (this.follows) this.unread = 0;
    this.showMore();
  }

  toEnd() {
    this.follows = true;
    this.kept = null;
    this.unread = 0;
    this.afterWrite();
    this.pane.focus({ preventScroll: true });
  }

  afterWrite() {
    setHidden(this.empty, this.byId.size > 0 || this.interims.size > 0);
    if (this.follows) this.pane.scrollTop = this.pane.scrollHeight;
    else if (this.kept) this.centre(this.kept.node);
    this.showMore();
  }

  centre(node) {
    const pane = this.pane.getBoundingClientRect();
    const line = node.getBoundingClientRect();
    this.pane.scrollTop += Math.round(line.top + line.height / 2 - pane.top - pane.height / 2);
  }

  showMore() {
    const isHidden = this.strays ? this.playing.length === 0 : this.follows || this.isAtEnd();
    if (isHidden && this.more === document.activeElement) this.pane.focus({ preventScroll: true });
    setHidden(this.more, isHidden);
    const count = this.unread;
    const text = count ? fill(ngettext("%(count)s new line", "%(count)s new lines", count), { count }) : gettext("To the newest");
    setText(this.more.querySelector("[data-text]"), this.strays ? gettext("To what is played") : text);
    if (!count) this.tellUnread();
    else this.timer ??= setTimeout(() => this.tellUnread(), TELL);
  }

  /** While the reader is elsewhere, lines are counted, not read out. */
  tellUnread() {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.told) setText(this.told, this.unread ? fill(gettext("Lines that wait below: %(count)s"), { count: this.unread }) : "");
  }

  hush(isHushed) {
    const live = isHushed ? "off" : "polite";
    if (this.log.parentElement.getAttribute("aria-live") !== live) this.log.parentElement.setAttribute("aria-live", live);
  }
}
