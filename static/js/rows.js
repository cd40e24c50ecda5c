// The rows of a transcript, in the order of their start, and their elements, which are built when they are needed.
//
// The part of the list that a reader sees first is built at once, the rest from the end upwards in idle slices (`cursor`:
// from there on everything is built). Elements stand in blocks, of which the browser lays out only those near the view
// (`content-visibility` in the style sheet).

import { el, setClass } from "./dom.js";
import { lane } from "./interims.js";
import { makeGap, makeLine } from "./transcript_line.js";

const SCREEN = 40; // rows that are built at once, around what is to be seen
const BATCH = 10; // rows between two looks at the clock
const SLICE = 8; // ms
const BLOCK = 50; // elements
const TURN_PAUSE = 20_000; // ms of silence after which a speaker's turn begins anew

const idle = window.requestIdleCallback ? (work) => requestIdleCallback(work, { timeout: 100 }) : (work) => setTimeout(work, 16);

export class Rows {
  /** `seeks`: times are buttons; `level`: of the headings; `onFilled()` is called after each slice. */
  constructor(log, { seeks, level, onFilled }) {
    Object.assign(this, { log, seeks, level, onFilled, onRow: null });
    this.rows = []; // {startMs, segment | gap | mark, node: null until it is built}
    this.byId = new Map(); // segment's id -> row
    this.ofNode = new WeakMap(); // node -> row
    this.cursor = 0;
    this.isFilling = false;
    this.longest = 0; // ms
  }

  /** Takes many rows by `addAll`, and builds the newest of them. */
  begin(addAll) {
    this.cursor = Infinity; // nothing is built while they come
    addAll();
    this.cursor = this.rows.length;
    this.build(this.cursor - SCREEN, this.cursor);
    this.cursor = Math.max(0, this.cursor - SCREEN);
  }

  fillLater() {
    if (this.cursor > 0 && !this.isFilling) idle(this.fill);
    this.isFilling = this.cursor > 0;
  }

  /** The first row that begins at `ms` or later. */
  lowerBound(ms) {
    let [low, high] = [0, this.rows.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.rows[middle].startMs < ms) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  indexOf(row) {
    return this.rows.indexOf(row, this.lowerBound(row.startMs));
  }

  rowOf(node) {
    return this.ofNode.get(node.closest(".block > li"));
  }

  insert(row, at = this.lowerBound(row.startMs + 1)) {
    this.rows.splice(at, 0, row);
    if (this.cursor === Infinity) return;
    if (at < this.cursor) this.cursor += 1;
    this.build(at, at + 1);
    this.showTurn(this.rows.findIndex(({ segment }, index) => index > at && segment));
  }

  remove(row) {
    const at = this.indexOf(row);
    if (at < 0) return;
    this.rows.splice(at, 1);
    if (at < this.cursor) this.cursor -= 1;
    if (row.segment) this.byId.delete(row.segment.id);
    if (row.node) {
      const block = row.node.parentElement;
      row.node.remove();
      if (!block.childElementCount) block.remove();
    }
    this.showTurn(this.rows.findIndex(({ segment }, index) => index >= at && segment));
  }

  /** Builds what is missing of the rows from `from` to before `to`. */
  build(from, to) {
    from = Math.max(0, from);
    to = Math.min(to, this.rows.length);
    let next = null; // the element that follows
    for (let at = to; at < this.rows.length && !next; at += 1) next = this.rows[at].node;
    for (let at = to - 1; at >= from; at -= 1) {
      const row = this.rows[at];
      if (!row.node) {
        row.node = this.make(row);
        this.ofNode.set(row.node, row);
        this.showTurn(at);
        this.place(row.node, next);
        this.onRow?.(row);
      }
      next = row.node;
    }
  }

  /** Puts an element before another, or at the end: in that one's block, unless that would grow at its beginning. */
  place(node, next) {
    let block = next ? next.parentElement : this.log.lastElementChild;
    const isFull = !block || (block.childElementCount >= BLOCK && (!next || next === block.firstElementChild));
    if (isFull) {
      const fresh = el("ol", { class: "block" });
      this.log.insertBefore(fresh, next && block);
      block = fresh;
      next = null;
    }
    block.insertBefore(node, next);
  }

  make({ segment, gap, mark }) {
    if (gap) return makeGap(gap);
    if (mark) return el("li", { class: "mark" }, mark);
    return makeLine(segment, this.seeks);
  }

  /** A speaker who goes on needs no second heading. */
  showTurn(at) {
    const { segment, node } = this.rows[at] ?? {};
    if (!node || !segment) return;
    let before = at - 1;
    while (before >= 0 && this.rows[before].mark) before -= 1;
    const last = this.rows[before]?.segment;
    const goesOn = last !== undefined && lane(last) === lane(segment) && last.participant === segment.participant && segment.startMs - last.endMs < TURN_PAUSE;
    setClass(node, "goes-on", goesOn);
    const name = node.querySelector(".by b");
    if (goesOn) {
      name.removeAttribute("role");
      name.removeAttribute("aria-level");
    } else {
      name.setAttribute("role", "heading");
      name.setAttribute("aria-level", this.level);
    }
  }

  fill = () => {
    const until = performance.now() + SLICE;
    while (this.cursor > 0 && performance.now() < until) {
      this.build(this.cursor - BATCH, this.cursor);
      this.cursor = Math.max(0, this.cursor - BATCH);
    }
    this.isFilling = this.cursor > 0;
    this.onFilled();
    if (this.isFilling) idle(this.fill);
  };

  /** Builds a row and what stands around it. */
  reach(row) {
    if (row.node) return;
    const at = this.indexOf(row);
    this.build(at - SCREEN / 2, at + SCREEN / 2);
  }

  /** The rows of what was being said at a moment. */
  rowsAt(ms) {
    const found = [];
    for (let at = this.lowerBound(ms + 1) - 1; at >= 0 && this.rows[at].startMs >= ms - this.longest; at -= 1) {
      if (this.rows[at].segment?.endMs > ms) found.unshift(this.rows[at]);
    }
    return found;
  }
}
