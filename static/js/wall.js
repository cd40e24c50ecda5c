// The wall of live calls. Messages change the cards' state; what changed is drawn once a frame.

import { Card } from "./card.js";
import { scheduler, setHidden, setText } from "./dom.js";
import { LiveSocket, connectionSign, ownAddress } from "./socket.js";

const STAYS = 20_000; // ms that an ended call stays in view
const FADES = 700;
const SILENT = 90_000; // a call without any event for so long is asked for: its end may have been lost

const root = document.getElementById("wall");
const part = (name) => root.querySelector(`[data-part="${name}"]`);
const list = part("cards");
const filter = document.getElementById("filter");
const sort = document.getElementById("sort");

const cards = new Map(); // call id -> Card
const changed = new Set(); // cards to draw
const asked = new Set(); // calls whose snapshot is on its way
let isKnown = false; // whether a snapshot has come
let isReordered = false;

const draw = scheduler(() => {
  for (const card of changed) card.draw();
  const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const card of words.length || isReordered ? cards.values() : changed) setHidden(card.node, !card.matches(words));
  changed.clear();
  if (isReordered || sort.value === "attention") arrange();
  isReordered = false;
  const all = [...cards.values()].filter((card) => !card.isOver);
  const shown = all.filter((card) => !card.node.hidden).length;
  setText(part("count"), !isKnown || !all.length ? "" : words.length ? `${shown} of ${all.length}` : String(all.length));
  setHidden(part("empty"), !isKnown || cards.size > 0);
  setHidden(part("nothing"), !words.length || shown > 0 || !cards.size);
  setHidden(part("tools"), cards.size === 0 && !words.length);
});

const ORDERS = {
  newest: (a, b) => b.startedAt - a.startedAt,
  longest: (a, b) => a.startedAt - b.startedAt,
  attention: (a, b) => b.attention - a.attention || b.startedAt - a.startedAt,
};

/** Moves only the nodes that are out of place; a move would take the focus away. */
function arrange() {
  const wanted = [...cards.values()].sort(ORDERS[sort.value]);
  const focused = document.activeElement;
  let next = list.firstElementChild;
  for (const { node } of wanted) {
    if (node === next) next = next.nextElementSibling;
    else list.insertBefore(node, next);
  }
  if (focused !== document.activeElement && list.contains(focused)) focused.focus({ preventScroll: true });
}

function touch(card) {
  changed.add(card);
  draw();
}

function put(call, last) {
  let card = cards.get(call.id);
  if (card) card.take(call, last);
  else {
    card = new Card(call, last);
    cards.set(call.id, card);
    isReordered = true;
  }
  card.heardAt = performance.now();
  card.node.classList.remove("leaving");
  touch(card);
  return card;
}

function remove(card) {
  cards.delete(card.call.id);
  changed.delete(card);
  card.node.remove();
  draw();
}

function onSnapshot(message) {
  if (message.callId) asked.delete(message.callId);
  else {
    isKnown = true;
    asked.clear();
  }
  const told = new Map(message.calls.map((entry) => [entry.call.id, entry]));
  for (const { seq, call, last } of told.values()) put(call, last).seq = seq;
  const missing = message.callId ? [cards.get(message.callId)].filter(Boolean) : [...cards.values()];
  for (const card of missing) if (!told.has(card.call.id) && !card.isOver) remove(card);
  draw();
}

function onEvent(event) {
  let card = cards.get(event.callId);
  if (!card) {
    if (event.type === "call.ended") return;
    if (event.type === "call.started" || (event.type === "call.updated" && event.call.state === "live")) card = put(event.call, {});
    else return ask(event.callId);
  } else if (event.seq <= card.seq) return;
  card.seq = event.seq;
  card.hear(event);
  touch(card);
}

function ask(callId) {
  if (asked.has(callId)) return;
  asked.add(callId);
  socket.send({ type: "snapshot", callId });
}

// Running times, and the end of what ended

setInterval(() => {
  const now = performance.now();
  for (const card of cards.values()) {
    if (!card.isOver) {
      card.drawTime();
      if (now - card.heardAt > SILENT) {
        card.heardAt = now;
        ask(card.call.id);
      }
    } else if (now - card.endedAt > STAYS && !card.node.matches(":hover, :focus-within")) {
      if (card.node.classList.contains("leaving")) remove(card);
      else {
        card.node.classList.add("leaving");
        setTimeout(() => card.isOver && cards.get(card.call.id) === card && remove(card), FADES);
      }
    }
  }
}, 1000);

// Finding and moving about

filter.addEventListener("input", () => {
  isReordered = true;
  draw();
});
sort.addEventListener("change", () => {
  isReordered = true;
  draw();
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && event.target === filter) {
    filter.value = "";
    filter.dispatchEvent(new Event("input"));
    filter.blur();
    return;
  }
  if (event.target.closest("input, select, textarea")) return;
  if (event.key === "/" && !part("tools").hidden) {
    event.preventDefault();
    filter.focus();
  } else if (event.key === "j" || event.key === "k") {
    const links = [...list.querySelectorAll(".card:not([hidden]) a")];
    const at = links.indexOf(document.activeElement);
    const to = event.key === "j" ? Math.min(links.length - 1, at + 1) : Math.max(0, at - 1);
    links[to]?.focus();
  }
});

const socket = new LiveSocket({
  address: ownAddress("/ws/dashboard/"),
  onMessage(message) {
    if (message.type === "snapshot") onSnapshot(message);
    else if (message.type === "batch") message.events.forEach(onEvent);
  },
  onState: connectionSign(part("connection")),
});
