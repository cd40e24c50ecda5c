// The live calls of a paired iFrame's person, as rows that open the call in the iFrame.

import { Card } from "./card.js";
import { scheduler, setHidden, setText } from "./dom.js";
import { LiveSocket } from "./socket.js";
import { ORDERS, WallOrder } from "./wall_order.js";
import { gettext } from "./words.js";

const STAYS = 10_000; // ms that an ended call stays in view
const JUDGED = 5; // seconds between two looks at what time alone makes of a call

export class EmbedWall {
  /** `address` is that of the wall's socket; `onOpen(callId)`; `icons` is a template with the eye. */
  constructor(root, { address, sign, user, icons, onOpen, onFail }) {
    const part = (name) => root.querySelector(`[data-part="${name}"]`);
    setHidden(root, false);
    Object.assign(this, { list: part("cards"), empty: part("wall-empty"), onOpen, cards: new Map(), changed: new Set(), asked: new Set(), seconds: 0, isKnown: false });
    this.wall = { user, vendors: JSON.parse(this.list.dataset.vendors), eye: () => icons.content.querySelector("svg").cloneNode(true) };
    this.draw = scheduler(() => this.drawNow());
    this.order = new WallOrder(this.list, () => this.draw());
    this.list.addEventListener("click", (event) => this.open(event));
    setInterval(() => this.tick(), 1000);
    this.socket = new LiveSocket({
      address,
      onMessage: (message) => this.take(message),
      onState(state, facts) {
        sign(state, facts);
        if (state === "stopped") onFail(facts.error.message);
      },
    });
  }

  take(message) {
    if (message.type === "snapshot") this.takeSnapshot(message);
    else if (message.type === "batch") for (const event of message.events) this.hear(event);
    else if (message.type === "presence") for (const [callId, names] of Object.entries(message.calls)) this.change(callId, (card) => (card.watching = names));
  }

  takeSnapshot({ callId, calls }) {
    if (callId) this.asked.delete(callId);
    else this.isKnown = true;
    const told = new Set(calls.map(({ call }) => call.id));
    for (const { seq, call, last } of calls) this.put(call, last).seq = seq;
    for (const card of callId ? [] : [...this.cards.values()]) if (!told.has(card.call.id) && !card.isOver) this.remove(card);
    this.draw();
  }

  put(call, last) {
    let card = this.cards.get(call.id);
    if (card) card.take(call, last);
    else {
      card = new Card(this.wall, call, last);
      this.cards.set(call.id, card);
    }
    this.changed.add(card);
    this.draw();
    return card;
  }

  hear(event) {
    const card = this.cards.get(event.callId);
    if (card && event.seq <= card.seq) return;
    if (card) {
      card.seq = event.seq;
      this.change(event.callId, () => card.hear(event));
    } else if (event.call?.state === "live") this.put(event.call, {}).seq = event.seq;
    else if (event.type !== "call.ended" && !this.asked.has(event.callId)) {
      this.asked.add(event.callId);
      this.socket.send({ type: "snapshot", callId: event.callId });
    }
  }

  change(callId, how) {
    const card = this.cards.get(callId);
    if (!card) return;
    how(card);
    this.changed.add(card);
    this.draw();
  }

  remove(card) {
    this.cards.delete(card.call.id);
    this.changed.delete(card);
    card.node.remove();
    this.draw();
  }

  drawNow() {
    for (const card of this.changed) card.draw();
    this.changed.clear();
    this.order.arrange(this.cards.values(), ORDERS.attention);
    setHidden(this.empty, this.cards.size > 0);
    if (this.isKnown) setText(this.empty, gettext("No call is live at the moment. Calls appear here by themselves."));
  }

  tick() {
    this.seconds += 1;
    this.order.look();
    for (const card of [...this.cards.values()]) {
      if (card.isOver) {
        if (performance.now() - card.endedAt > STAYS) this.remove(card);
        continue;
      }
      card.drawTime();
      if (this.seconds % JUDGED) continue;
      card.judge();
      this.changed.add(card);
      this.draw();
    }
  }

  open(event) {
    const link = event.target.closest("a");
    if (!link) return;
    event.preventDefault();
    this.onOpen(link.closest("[data-call]").dataset.call);
  }
}
