// The page of one call.

import { followCall } from "./call_state.js";
import { setClass, setHidden, setText } from "./dom.js";
import { totals, worries } from "./health.js";
import { Player } from "./player.js";
import { LiveSocket, connectionSign, ownAddress } from "./socket.js";
import { clock, localTime, rough, serverNow } from "./time.js";
import { Transcript } from "./transcript.js";

const STATES = { live: "Live", ended: "Ended", interrupted: "Interrupted" };
const SIDES = { agent: "agent", customer: "customer", bot: "bot" };

const page = document.getElementById("call");
const callId = page.dataset.call;
const part = (name) => page.querySelector(`[data-part="${name}"]`);

let call = null;
const streams = new Map(); // id -> counters and state, as the newest message tells them
let health = { recognizerLagMs: 0, silenceMs: {}, skippedMs: 0 };

const player = new Player(part("player"), { callId, onTime: (ms) => transcript.highlight(ms) });
const transcript = new Transcript(page, { onSeek: (ms) => player.seek(ms) });

const view = {
  transcript,
  onCall(told) {
    call = told;
    streams.clear();
    for (const stream of told.streams) streams.set(stream.id, stream);
    health = told.health;
    if (told.state !== "live") transcript.clearInterims();
    player.follow(told);
    showCall();
    showHealth();
  },
  onHealth(message) {
    const stream = streams.get(message.streamId);
    if (stream) stream.tracks = message.tracks;
    health = message.health;
    showHealth();
  },
};

function showCall() {
  const badge = part("state");
  setText(badge, STATES[call.state]);
  setClass(badge, "live", call.state === "live");
  setClass(badge, "warn", call.state === "interrupted");
  setText(part("from"), call.from ?? "Unknown number");
  setText(part("to"), call.to ?? "–");
  setText(part("agent"), call.agentId ?? "–");
  setHidden(part("ended-row"), call.endedAt === null);
  if (call.endedAt) {
    part("ended").dateTime = call.endedAt;
    setText(part("ended"), localTime(call.endedAt, { seconds: true }));
  }
  setText(part("streams"), call.streams.length === 1 ? "1" : `${call.streams.length}, of which ${call.streams.filter((s) => s.state === "live").length} live`);
  setText(transcript.empty, call.state === "live" ? "Nothing was said yet. Words appear here as they are spoken." : "Nothing was understood in this call.");
  showDuration();
}

function showDuration() {
  if (!call) return;
  const ms = call.durationMs ?? serverNow() - Date.parse(call.startedAt);
  setText(part("duration"), clock(ms));
}

function showHealth() {
  const sum = totals(streams.values());
  const silence = Object.entries(health.silenceMs).filter(([, ms]) => ms >= 1000);
  const readings = {
    frames: sum.frames.toLocaleString(),
    lost: sum.lost.toLocaleString(),
    duplicates: sum.duplicates.toLocaleString(),
    reordered: sum.reordered.toLocaleString(),
    lag: rough(health.recognizerLagMs),
    silence: silence.length ? silence.map(([side, ms]) => `${SIDES[side] ?? side} ${rough(ms)}`).join(", ") : "none",
    skipped: health.skippedMs ? rough(health.skippedMs) : "none",
  };
  for (const [name, text] of Object.entries(readings)) setText(part(`health-${name}`), text);
  setHidden(part("live-readings"), call?.state !== "live");
  const found = call?.state === "live" ? worries(streams.values(), health).filter((worry) => worry.level !== "fine") : [];
  const note = part("worries");
  setHidden(note, found.length === 0);
  setText(note.querySelector("[data-text]"), found.map((worry) => worry.text).join(" · "));
}

setInterval(showDuration, 1000);

const socket = new LiveSocket({
  address: ownAddress(`/ws/calls/${callId}/`),
  onMessage: followCall(view, () => socket.send({ type: "snapshot" })),
  onState: connectionSign(part("connection")),
});
