// The wall of live calls. Messages change what the cards know; what changed is drawn once a frame, and what has not is not
// touched. Order, filters and keys have files of their own.

import { PRESSING } from "./attention.js";
import { Card } from "./card.js";
import { announce, scheduler, setClass, setHidden, setText } from "./dom.js";
import { offerShortcuts } from "./shortcuts.js";
import { LiveSocket, connectionSign, ownAddress } from "./socket.js";
import { localTime } from "./time.js";
import { WallFilters } from "./wall_filters.js";
import { ORDERS, WallOrder } from "./wall_order.js";
import { fill, gettext, ngettext } from "./words.js";

const STAYS = 20_000; // ms that an ended call stays in view
const SILENT = 90_000; // a call without any event for so long is asked for: its end may have been lost
const JUDGED = 5000; // ms between two looks at what time alone makes of a call
const TOLD_AFTER = 600; // ms without a keystroke, until the number of matches is said
const KEPT = { view: "hub-wall-view", order: "hub-wall-order" };

const root = document.getElementById("wall");
const part = (name) => root.querySelector(`[data-part="${name}"]`);
const list = part("cards");
const sort = document.getElementById("order");

const cards = new Map(); // call id -> Card
const changed = new Set(); // cards to draw
const asked = new Set(); // calls whose snapshot is on its way
const title = document.title;
let isKnown = false; // whether a snapshot has come
let isReordered = true;
let isRefiltered = true;
let shown = 0; // how many the filters let through

const eye = document.getElementById("wall-icons").content.querySelector("svg");
const wall = {
  user: root.dataset.user,
  vendors: Object.fromEntries([...document.getElementById("filters").elements.vendor.options].map(({ value, text }) => [value, text])),
  eye: () => eye.cloneNode(true),
};

// What a browser remembers

function kept(what, fallback) {
  try {
    return localStorage.getItem(KEPT[what]) ?? fallback;
  } catch {
    return fallback;
  }
}

function keep(what, value) {
  try {
    localStorage.setItem(KEPT[what], value);
  } catch {
    // It holds for this page.
  }
}

// Drawing

const draw = scheduler(() => {
  for (const card of changed) {
    card.draw();
    if (!isRefiltered) pass(card);
  }
  changed.clear();
  if (isRefiltered) for (const card of cards.values()) pass(card);
  if (isReordered) arrange();
  isRefiltered = isReordered = false;
  drawFrame();
});

/** Lets a card through the filters, or not. */
function pass(card) {
  const lets = filters.lets(card);
  if (lets === card.isShown) return;
  card.isShown = lets;
  setHidden(card.node, !lets);
}

/** What stands around the list, and on the page's tab. */
function drawFrame() {
  const all = [...cards.values()];
  shown = all.filter((card) => card.isShown).length;
  const live = all.filter((card) => !card.isOver).length;
  setText(part("count"), !isKnown || !all.length ? "" : filters.isOn ? counted() : String(live));
  const pressing = all.filter((card) => card.weight >= PRESSING).length;
  const heading = pressing ? `(${pressing}) ${title}` : title;
  if (document.title !== heading) document.title = heading;
  setHidden(part("empty"), !isKnown || cards.size > 0 || filters.isOn);
  setHidden(part("nothing"), !isKnown || !filters.isOn || shown > 0);
  setHidden(part("tools"), !isKnown || (cards.size === 0 && !filters.isOn));
  setClass(part("clear"), "off", !filters.isOn);
}

function counted() {
  return fill(gettext("%(shown)s of %(all)s"), { shown, all: cards.size });
}

function arrange({ released = false } = {}) {
  const waiting = order.arrange(cards.values(), ORDERS[sort.value] ?? ORDERS.attention, { released });
  const text = !order.isHeld
    ? ""
    : waiting
      ? fill(ngettext("Order held: %(count)s call would move.", "Order held: %(count)s calls would move.", waiting), { count: waiting })
      : gettext("Order held");
  setText(part("held-text"), text);
  setClass(part("held"), "off", !order.isHeld);
  setHidden(part("release"), !waiting);
}

function reorder() {
  isReordered = true;
  draw();
}

function refilter() {
  isRefiltered = true;
  draw();
}

function touch(card) {
  changed.add(card);
  draw();
}

// What the server tells

function put(call, last) {
  let card = cards.get(call.id);
  if (card) card.take(call, last);
  else {
    card = new Card(wall, call, last);
    cards.set(call.id, card);
    isReordered = true;
  }
  filters.learn(call);
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
  for (const { seq, call, last } of told.values()) {
    const card = put(call, last);
    card.seq = seq;
    card.watching = []; // whoever is there is told next
  }
  const missing = message.callId ? [cards.get(message.callId)].filter(Boolean) : [...cards.values()];
  for (const card of missing) if (!told.has(card.call.id) && !card.isOver) remove(card);
  reorder();
}

function onEvent(event) {
  let card = cards.get(event.callId);
  if (!card) {
    if (event.type === "call.ended") return;
    if (event.type === "call.started" || (event.type === "call.updated" && event.call.state === "live")) card = put(event.call, {});
    else return ask(event.callId);
  } else if (event.seq <= card.seq) return;
  card.seq = event.seq;
  const before = card.weight;
  card.hear(event);
  if (before < PRESSING && card.weight >= PRESSING && card.isShown) announce(`${card.call.from ?? gettext("Unknown number")}: ${card.reasons[0].text}`);
  if (event.call) filters.learn(event.call);
  touch(card);
}

function onPresence(calls) {
  for (const [callId, names] of Object.entries(calls)) {
    const card = cards.get(callId);
    if (!card) continue;
    card.watching = names;
    touch(card);
  }
}

function ask(callId) {
  if (asked.has(callId)) return;
  asked.add(callId);
  socket.send({ type: "snapshot", callId });
}

// What time alone does

let judgedAt = 0;
setInterval(() => {
  const now = performance.now();
  const isDue = now - judgedAt > JUDGED;
  if (isDue) judgedAt = now;
  order.look();
  for (const card of cards.values()) {
    if (!card.isOver) {
      if (card.isShown) card.drawTime();
      if (isDue) {
        card.judge();
        changed.add(card);
      }
      if (now - card.heardAt > SILENT) {
        card.heardAt = now;
        ask(card.call.id);
      }
    } else if (now - card.endedAt > STAYS && !order.isPointed && !card.node.contains(document.activeElement)) remove(card);
  }
  reorder(); // once a second is often enough
}, 1000);

// Finding and moving about

const order = new WallOrder(list, reorder);
let telling = 0;
const filters = new WallFilters(document.getElementById("filters"), () => {
  refilter();
  clearTimeout(telling);
  telling = setTimeout(() => announce(fill(gettext("%(shown)s of %(all)s calls shown"), { shown, all: cards.size })), TOLD_AFTER);
});

sort.value = kept("order", "attention");
if (!sort.value) sort.value = "attention";
sort.addEventListener("change", () => {
  keep("order", sort.value);
  arrange({ released: true });
});

function look(view) {
  setClass(list, "rows", view === "rows");
  for (const button of part("views").querySelectorAll("button")) button.setAttribute("aria-pressed", String(button.value === view));
}
look(kept("view", "cards"));
part("views").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  keep("view", button.value);
  look(button.value);
});

function release() {
  arrange({ released: true });
  announce(gettext("Put in order."));
}
part("release").addEventListener("click", release);
for (const button of root.querySelectorAll("[data-clear]")) {
  button.addEventListener("click", () => {
    filters.clear();
    search.focus();
  });
}

const search = filters.form.elements.q;
search.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  event.preventDefault();
  search.value = "";
  filters.changed();
  search.blur();
});

function step(by) {
  const links = [];
  for (const node of list.children) if (!node.hidden) links.push(node.querySelector("a"));
  const at = links.indexOf(document.activeElement);
  links[by > 0 ? Math.min(links.length - 1, at + 1) : Math.max(0, at - 1)]?.focus();
}

const icons = document.getElementById("action-icons").content;
const icon = (name) => icons.querySelector(`[data-icon="${name}"]`).cloneNode(true);
part("keys").append(icon("keys"));
setHidden(part("keys"), false);
offerShortcuts(part("keys"), { icon, restoreFocus() {} }, {
  j: { label: () => gettext("Next call"), run: () => step(1), repeats: true },
  k: { label: () => gettext("Previous call"), run: () => step(-1), repeats: true },
  Enter: { label: () => gettext("Open the call that has the focus"), run: null },
  "/": { label: () => gettext("Filter by words"), run: () => part("tools").hidden || search.focus() },
  x: { label: () => gettext("Clear the filters"), run: () => filters.clear() },
  o: { label: () => gettext("Put in order although the order is held"), run: release },
  v: { label: () => gettext("Cards or rows"), run: () => part("views").querySelector("[aria-pressed=false]").click() },
});

const sign = connectionSign(part("connection"));
let lostAt = null;
const socket = new LiveSocket({
  address: ownAddress("/ws/dashboard/"),
  onMessage(message) {
    if (message.type === "snapshot") onSnapshot(message);
    else if (message.type === "batch") message.events.forEach(onEvent);
    else if (message.type === "presence") onPresence(message.calls);
  },
  onState(state, facts) {
    sign(state, facts);
    if (state === "connecting") return;
    if (state === "open") lostAt = null;
    else lostAt ??= new Date().toISOString();
    setClass(root, "stale", lostAt !== null);
    setHidden(part("stale"), lostAt === null);
    if (lostAt) setText(part("stale-text"), fill(gettext("No connection to the hub since %(time)s. What you see is how it was then."), { time: localTime(lostAt, { seconds: true }) }));
    setHidden(part("hurry"), state === "stopped");
  },
});
part("hurry").addEventListener("click", () => socket.hurry());
