// The check of a profile: its steps as they happen, the words as they are heard, the test call to listen to.

import { followed, request } from "./api.js";
import { el, setHidden, setText } from "./dom.js";
import { Player } from "./player.js";
import { LiveSocket, ownAddress } from "./socket.js";
import { localTime, rough } from "./time.js";
import { fill, gettext } from "./words.js";

const MARKS = { waiting: "", running: "", ok: "✓", warning: "!", failed: "✕", skipped: "–" };
const STATES = {
  waiting: gettext("waiting"),
  running: gettext("under way"),
  ok: gettext("done"),
  warning: gettext("with a warning"),
  failed: gettext("failed"),
  skipped: gettext("left out"),
};
const RESULTS = {
  running: gettext("The check is under way…"),
  passed: gettext("It works."),
  warned: gettext("It works, with a warning."),
  failed: gettext("It does not work yet."),
};
const SPEAKERS = { agent: gettext("The agent said"), customer: gettext("The customer said") };

const root = document.getElementById("check");
const part = (name) => root.querySelector(`[data-part="${name}"]`);
const path = `profiles/${root.dataset.profile}`;
const interims = new Map(); // track -> what the speaker seems to be saying
let shown = null; // the check
let socket = null;
let player = null;

function showStep(step) {
  const mark = el("span", { class: "mark", "aria-hidden": "true" }, MARKS[step.state]);
  const name = el("span", {}, el("b", {}, step.label), el("span", { class: "unseen" }, `: ${STATES[step.state]}`));
  const took = el("span", { class: "took" }, step.ms === null ? "" : rough(step.ms));
  const item = el("li", { "data-state": step.state, "data-step": step.name }, mark, name, took);
  if (step.detail) item.append(el("p", {}, step.detail));
  if (step.advice) item.append(el("p", { class: "advice" }, step.advice));
  return item;
}

function showSaid(said) {
  const node = el("div", { class: "said" }, el("h3", {}, SPEAKERS[said.track] ?? said.track));
  const words = el("p", { class: "words" });
  const isJudged = said.heard !== "";
  for (const word of said.words) {
    words.append(isJudged && !word.heard ? el("span", { class: "missed" }, word.text) : word.text, " ");
  }
  node.append(words);
  const interim = interims.get(said.track);
  if (said.heard) node.append(el("p", { class: "heard" }, fill(gettext("Heard: %(text)s"), { text: said.heard })));
  else if (interim) node.append(el("p", { class: "heard interim" }, `${interim}…`));
  return node;
}

function showResult(check) {
  const node = part("result");
  node.dataset.state = check.state;
  const text = RESULTS[check.state];
  const old = check.profileChanged && check.state !== "running" ? ` ${gettext("The profile was changed since.")}` : "";
  const at = check.finishedAt ? el("time", { class: "muted small", datetime: check.finishedAt }, localTime(check.finishedAt)) : "";
  if (node.firstChild?.textContent !== text + old) node.replaceChildren(el("span", {}, text + old), " ", at);
  setHidden(node, false);
}

function show(check) {
  shown = check;
  showResult(check);
  part("steps").replaceChildren(...check.steps.map(showStep));
  setHidden(part("steps"), false);
  const heard = check.call !== null;
  setHidden(part("said"), !heard);
  part("said").replaceChildren(...check.said.map(showSaid));
  const isRunning = check.state === "running";
  part("run").disabled = isRunning;
  setText(part("run-label"), isRunning ? gettext("Checking…") : gettext("Check again"));
  if (isRunning && check.call && !socket) listen(check.call);
  if (!isRunning) {
    socket?.stop();
    socket = null;
    if (check.call) playerOf(check.call);
  }
}

/** The call's own socket: what is being said shows while it is said. */
function listen(call) {
  socket = new LiveSocket({
    address: ownAddress(`/ws/calls/${call}/`),
    onState() {},
    onMessage(message) {
      if (message.type !== "segment.interim") return;
      interims.set(message.segment.track, message.segment.text);
      part("said").replaceChildren(...shown.said.map(showSaid));
    },
  });
}

function playerOf(call) {
  setHidden(part("player"), false);
  part("open").href = `/calls/${call}/`;
  if (player?.callId === call) return;
  player = new Player(part("player"), { callId: call, onTime() {} });
  player.callId = call;
  player.follow({ state: "ended" });
}

function fail(error) {
  part("run").disabled = false;
  setText(part("run-label"), gettext("Check"));
  const node = part("result");
  node.dataset.state = "failed";
  setText(node, error.message);
  setHidden(node, false);
}

async function follow(method, where) {
  interims.clear();
  setHidden(part("player"), true);
  try {
    await followed(method, where, show);
    if (shown?.state === "running") setTimeout(() => follow("GET", `${path}/checks/${shown.id}/`), 1000); // the line was cut
  } catch (error) {
    if (error.code === "check_running") await takeUp();
    else fail(error);
  }
}

/** The newest check, also one that somebody else began. */
async function takeUp() {
  const { results } = await request("GET", `${path}/checks/?limit=1`);
  if (!results.length) return;
  show(results[0]);
  if (results[0].state === "running") await follow("GET", `${path}/checks/${results[0].id}/`);
}

part("run").addEventListener("click", () => {
  part("run").disabled = true;
  setText(part("run-label"), gettext("Checking…"));
  follow("POST", `${path}/check/`);
});
takeUp().catch(fail);
