// The order of the wall, and that it does not jump under anybody's hands: while the pointer moves over the list or a card
// has the focus it is held, and new cards come last.

const RESTS = 15_000; // ms after which a pointer that lies still over the list no longer holds

const byAge = (a, b) => a.startedAt - b.startedAt;
export const ORDERS = {
  attention: (a, b) => b.weight - a.weight || byAge(a, b),
  newest: (a, b) => byAge(b, a),
  longest: byAge,
};

/** The members of `wanted` that may stay where they are when the others move: the longest run that `shown` has in this
 * order. Both hold the same members. */
export function staying(shown, wanted) {
  const place = new Map(wanted.map((member, index) => [member, index]));
  const tails = []; // the last member of the best run of each length
  const before = new Map();
  for (const member of shown) {
    let [low, high] = [0, tails.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (place.get(tails[middle]) < place.get(member)) low = middle + 1;
      else high = middle;
    }
    before.set(member, tails[low - 1]);
    tails[low] = member;
  }
  const run = new Set();
  for (let member = tails.at(-1); member; member = before.get(member)) run.add(member);
  return run;
}

export class WallOrder {
  /** `onHold()` is told when holding begins or ends. */
  constructor(list, onHold) {
    Object.assign(this, { list, onHold, pointedAt: null, focused: false, wasHeld: false });
    const point = () => {
      this.pointedAt = performance.now();
      this.look();
    };
    list.addEventListener("pointerenter", point);
    list.addEventListener("pointermove", point);
    list.addEventListener("pointerleave", () => {
      this.pointedAt = null;
      this.look();
    });
    list.addEventListener("focusin", () => {
      this.focused = true;
      this.look();
    });
    list.addEventListener("focusout", (event) => {
      this.focused = list.contains(event.relatedTarget);
      this.look();
    });
  }

  get isPointed() {
    return this.pointedAt !== null && performance.now() - this.pointedAt < RESTS;
  }

  get isHeld() {
    return this.focused || this.isPointed;
  }

  /** Tells when holding began or ended; to be called now and then, because a pointer that lies still lets go by time. */
  look() {
    if (this.isHeld === this.wasHeld) return;
    this.wasHeld = this.isHeld;
    this.onHold();
  }

  /** Puts the cards in order, moving as few as can be; while it is held, only those that are new. Returns how many wait
   * to be moved. `released`: although it is held. */
  arrange(cards, compare, { released = false } = {}) {
    const wanted = [...cards].sort(compare);
    for (const card of wanted) if (!card.node.isConnected) this.list.append(card.node);
    const byNode = new Map(wanted.map((card) => [card.node, card]));
    const stay = staying([...this.list.children].map((node) => byNode.get(node)), wanted);
    const moving = wanted.length - stay.size;
    if (moving === 0) return 0;
    if (this.isHeld && !released) return wanted.filter((card) => !stay.has(card) && card.isShown).length;
    const active = document.activeElement;
    let next = null;
    for (const card of wanted.reverse()) {
      if (!stay.has(card)) this.list.insertBefore(card.node, next);
      next = card.node;
    }
    if (active !== document.activeElement && this.list.contains(active)) active.focus({ preventScroll: true });
    return 0;
  }
}
