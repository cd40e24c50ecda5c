// The transcript of the call in hand, inside another site's page. No cookie and no storage: the key that came with the
// address opens a session, which gives a ticket for each socket.

import { followCall } from "./call_state.js";
import { setClass, setHidden, setText } from "./dom.js";
import { LiveSocket, connectionSign, socketUrl } from "./socket.js";
import { clock, serverNow } from "./time.js";
import { Transcript } from "./transcript.js";

const RENEW_BEFORE = 60_000; // ms before a session's end
const STATES = { live: "Live", ended: "Ended", interrupted: "Interrupted" };

const page = document.getElementById("embed");
const part = (name) => page.querySelector(`[data-part="${name}"]`);

const query = new URLSearchParams(location.search);
const callId = (query.get("callId") ?? "").trim();
const key = (new URLSearchParams(location.hash.slice(1)).get("key") ?? query.get("key") ?? "").trim();
query.delete("key");
history.replaceState(null, "", location.pathname + (query.size ? `?${query}` : "")); // a key must not stay in the address

class Refused extends Error {
  final = true;
}

let session = null;

async function post(path, body, token) {
  const headers = { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) };
  const answer = await fetch(`/api/v1/embed/${path}/`, { method: "POST", credentials: "omit", headers, body: JSON.stringify(body) });
  if (answer.ok) return answer.json();
  const problem = await answer.json().catch(() => ({}));
  const error = new Error(problem.detail || `The hub answered ${answer.status}.`);
  error.status = answer.status;
  throw error;
}

/** A socket's address with a fresh ticket. The session is renewed, or opened anew with the key, when it is about to end. */
async function address() {
  if (session === null || Date.parse(session.expiresAt) - serverNow() < RENEW_BEFORE) session = await openSession();
  try {
    const { ticket } = await post("tickets", {}, session.token);
    return socketUrl(`/ws/embed/?ticket=${encodeURIComponent(ticket)}`);
  } catch (error) {
    if (error.status === 401 || error.status === 403) session = null;
    throw error;
  }
}

async function openSession() {
  try {
    return await post("sessions", { key, callId });
  } catch (error) {
    if (error.status >= 400 && error.status < 500 && error.status !== 429) throw new Refused(error.message);
    throw error;
  }
}

let call = null;

function showCall() {
  const badge = part("state");
  setHidden(badge, call === null);
  if (call === null) return;
  setText(part("title"), call.from ?? "Transcript");
  setText(badge, STATES[call.state]);
  setClass(badge, "live", call.state === "live");
  setClass(badge, "warn", call.state === "interrupted");
  setText(transcript.empty, call.state === "live" ? "Nothing was said yet. Words appear here as they are spoken." : "Nothing was understood in this call.");
  showDuration();
}

function showDuration() {
  if (call) setText(part("duration"), clock(call.durationMs ?? serverNow() - Date.parse(call.startedAt)));
}

function fail(text) {
  setHidden(part("problem"), false);
  setText(part("problem").querySelector("[data-text]"), text);
  setText(transcript.empty, "");
}

const transcript = new Transcript(page);
const view = {
  transcript,
  onCall(told) {
    call = told;
    if (call.state !== "live") transcript.clearInterims();
    showCall();
  },
  onHealth() {},
};

if (!callId || callId.includes("{{")) {
  fail("The address names no call. It should end with ?callId={{model.call.uii}}#key=…: RingCX puts the call's id in by itself when the script runs.");
} else if (!key) {
  fail("The address carries no embed key. An admin makes one on the profile's page of the hub; it belongs at the end, as #key=<the key>.");
} else {
  const sign = connectionSign(part("connection"));
  const follow = followCall(view, () => socket.send({ type: "snapshot" }));
  setInterval(showDuration, 1000);
  const socket = new LiveSocket({
    address,
    onMessage(message) {
      if (message.type === "waiting") setText(transcript.empty, "Waiting for the call to start…");
      else follow(message);
    },
    onState(state, facts) {
      sign(state, facts);
      if (state === "stopped") fail(facts.error.message);
    },
  });
}
