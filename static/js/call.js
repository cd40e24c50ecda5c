// The page of one call.

import { ActionBar } from "./actions.js";
import { Alerts } from "./alerts.js";
import { request } from "./api.js";
import { followCall } from "./call_state.js";
import { el, setClass, setHidden, setText } from "./dom.js";
import { Find } from "./find.js";
import { Help } from "./help.js";
import { worries } from "./health.js";
import { HealthPanel } from "./health_panel.js";
import { Listening } from "./listen.js";
import { LineLink, offerCopy } from "./line_link.js";
import { PlayedWords } from "./played_words.js";
import { Player } from "./player.js";
import { Receipts } from "./receipts.js";
import { offerShortcuts } from "./shortcuts.js";
import { LiveSocket, connectionSign, ownAddress } from "./socket.js";
import { clock, localTime, serverNow } from "./time.js";
import { Transcript } from "./transcript.js";
import { fill, gettext } from "./words.js";
import { Writing } from "./writing.js";

const STATES = { live: gettext("Live"), ended: gettext("Ended"), interrupted: gettext("Interrupted") };
const BOT_STATES = {
  waiting: gettext("%(bot)s is about to answer"),
  active: gettext("%(bot)s answers"),
  paused: gettext("%(bot)s is paused"),
  ended: gettext("%(bot)s has finished"),
  failed: gettext("%(bot)s failed"),
};

const page = document.getElementById("call");
const { call: callId, user, vendor } = page.dataset;
const part = (name) => page.querySelector(`[data-part="${name}"]`);

const REPORT_AGE = 6000; // ms that the health in a call's JSON may be old

let call = null;
const streams = new Map(); // id -> counters and state, as the newest message tells them
let health = { recognizerLagMs: 0, silenceMs: {}, skippedMs: 0, bot: null, warnings: [] };
let sought = /^\d{1,9}$/.exec(new URLSearchParams(location.search).get("at") ?? "")?.[0] ?? null; // ms: the moment that a link leads to
let heardAt = 0; // when `health` was true, by the server's clock

const help = new Help(part("help"), {
  mayAsk: "mayAsk" in page.dataset,
  mayResolve: part("actions") !== null,
  send: (method, body) => request(method, `calls/${callId}/help/`, body),
});
const player = new Player(part("player"), { callId, onTime(ms) {
    transcript.highlight(ms);
    playedWords.mark(ms);
  } });
const listening = part("listen") && new Listening(part("listen"), { callId });
const transcript = new Transcript(page, { onSeek: (ms) => player.seek(ms), level: 3 });
const playedWords = new PlayedWords(transcript, player);
const alerts = new Alerts(part("alerts"), {
  callId,
  transcript,
  mayAct: part("actions") !== null,
  onJump(ms) {
    transcript.goTo(ms);
    player.cue(ms);
  },
});
const writing = new Writing(page, {
  callId,
  onJump(ms) {
    transcript.goTo(ms);
    player.cue(ms);
  },
  position: () => (call?.state === "live" ? serverNow() - (transcript.audioBegan ?? Date.parse(call.startedAt)) : 1000 * (player.isReady ? player.audio.currentTime : player.cued)),
});
const receipts = new Receipts(part("receipts"), { user, vendor });
const healthPanel = new HealthPanel(part("vitals"), part("health"));
const find = new Find(part("find"), part("find-open"), transcript);
new LineLink(transcript);
offerCopy(part("copy-transcript"), transcript);
const keys = {
  f: { label: () => gettext("Find in the transcript"), run: () => find.open() },
  l: { label: () => listening?.label() ?? null, run: () => listening.toggle() },
};
const bar = part("actions") && new ActionBar(part("actions"), { callId, user, receipts, list: part("keys"), alsoKeys: keys }); // not for those who only look on
if (!bar) offerKeys(part("keys"));

const view = {
  transcript,
  onCall(told) {
    call = told;
    streams.clear();
    for (const stream of told.streams) streams.set(stream.id, stream);
    health = told.health;
    heardAt = serverNow() - REPORT_AGE;
    if (told.state !== "live") transcript.clearInterims();
    player.follow(told);
    listening?.follow(told);
    receipts.follow(told);
    alerts.follow(told);
    help.follow(told);
    writing.follow(told);
    showCall();
    showHealth();
    showBot();
    if (sought !== null) {
      transcript.goTo(Number(sought));
      player.cue(Number(sought));
      sought = null;
    }
  },
  onCommand(command, isNews) {
    receipts.put(command, isNews);
    showBot();
  },
  onAlerts: (told) => alerts.reset(told),
  onAlert: (told) => alerts.put(told),
  onWritten: (message) => writing.take(message),
  onWatching(names) {
    const others = names.filter((name) => name !== user);
    setHidden(part("watching"), others.length === 0);
    setText(part("watching").querySelector("[data-text]"), fill(gettext("Also here: %(names)s"), { names: others.join(", ") }));
  },
  onHealth(message) {
    const stream = streams.get(message.streamId);
    if (stream) stream.tracks = message.tracks;
    health = message.health;
    heardAt = serverNow();
    showHealth();
    showBot();
  },
};

function showCall() {
  const badge = part("state");
  setText(badge, STATES[call.state]);
  setClass(badge, "live", call.state === "live");
  setClass(badge, "warn", call.state === "interrupted");
  setText(part("from"), call.from ?? gettext("Unknown number"));
  setText(part("to"), call.to ?? "–");
  setText(part("agent"), call.agentId ?? "–");
  setHidden(part("ended-row"), call.endedAt === null);
  if (call.endedAt) {
    part("ended").dateTime = call.endedAt;
    setText(part("ended"), localTime(call.endedAt, { seconds: true }));
  }
  const counts = { count: call.streams.length, live: call.streams.filter((stream) => stream.state === "live").length };
  setText(part("streams"), counts.count === 1 ? "1" : fill(gettext("%(count)s, of which %(live)s live"), counts));
  setText(transcript.empty, call.state === "live" ? gettext("Nothing was said yet. Words appear here as they are spoken.") : gettext("Nothing was understood in this call."));
  setHidden(part("export"), call.state === "live");
  setClass(part("connection"), "over", call.state !== "live");
  showDuration();
}

function showDuration() {
  if (!call) return;
  const ms = call.durationMs ?? serverNow() - Date.parse(call.startedAt);
  setText(part("duration"), clock(ms));
}

function showHealth() {
  healthPanel.show([...streams.values()], health, call?.state === "live");
  const found = call?.state === "live" ? worries(streams.values(), health).filter((worry) => worry.level !== "fine") : [];
  const texts = found.map((worry) => worry.text);
  const note = part("worries");
  setHidden(note, texts.length === 0);
  if (note.dataset.shown === texts.join("\n")) return;
  note.dataset.shown = texts.join("\n");
  note.querySelector("ul").replaceChildren(...texts.map((text) => el("li", {}, text)));
}

/** What the newest pause or resume made of the bot counts until the stream's own report, which comes every few seconds. */
function botState() {
  const turn = receipts.lastConfirmed("pauseBot", "resumeBot");
  const state = health.bot?.state ?? (call.capabilities.pauseBot?.supported ? "active" : null);
  if (!turn || state === null || state === "ended") return state;
  const isNewer = health.bot === null || state === "waiting" || Date.parse(turn.confirmedAt) > heardAt;
  return isNewer ? { pauseBot: "paused", resumeBot: "active" }[turn.type] : state;
}

function showBot() {
  const state = botState();
  const badge = part("bot");
  setHidden(badge, state === null || !call.streams.some((stream) => stream.state === "live"));
  setText(badge, state === null ? "" : fill(BOT_STATES[health.bot?.error ? "failed" : state], { bot: health.bot?.name ?? gettext("A bot") }));
  setClass(badge, "bad", Boolean(health.bot?.error));
  setClass(badge, "warn", state === "paused");
  bar?.follow(call, { isPaused: state === "paused" });
}

/** For those who have no action bar. */
function offerKeys(button) {
  const icons = document.getElementById("action-icons").content;
  const icon = (name) => icons.querySelector(`[data-icon="${name}"]`).cloneNode(true);
  button.append(icon("keys"));
  offerShortcuts(button, { icon, restoreFocus() {} }, keys);
}

setInterval(showDuration, 1000);

const sign = connectionSign(part("connection"));
const socket = new LiveSocket({
  address: ownAddress(`/ws/calls/${callId}/`),
  onMessage: followCall(view, () => socket.send({ type: "snapshot" })),
  onState(state, facts) {
    sign(state, facts);
    if (state !== "connecting") bar?.connected(state === "open");
  },
});
