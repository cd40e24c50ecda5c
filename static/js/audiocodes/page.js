// The test page: AudioCodes' half of a call in the browser, by a click or message by message.

import { Refused, request } from "../api.js";
import { Sound, SoundError } from "../audio/sound.js";
import { el, setHidden, setText } from "../dom.js";
import { socketUrl } from "../socket.js";
import { fill, gettext, ngettext, number, pgettext } from "../words.js";
import { Journal } from "./journal.js";
import { Line } from "./line.js";
import { Platform, answersTo } from "./platform.js";

const LOOK_EVERY = 700; // ms, for the call's row
const LOOK_TIMES = 12;
const ANSWER_AFTER = 300; // ms: the platform takes its time as well
const CLOSE_AFTER = 3000; // ms that the hub has for closing by itself
const METERS_EVERY = 100;

const page = document.getElementById("trial");
const { profile, path } = page.dataset;
const part = (name) => page.querySelector(`[data-part="${name}"]`);
const setting = (name) => page.querySelector(`[data-setting="${name}"]`);

const journal = new Journal(part("journal"));
const platform = new Platform({
  sent: (message) => journal.add("out", message),
  heard,
  unreadable: (text) => journal.note(fill(gettext("not JSON: %(text)s"), { text: text.slice(0, 200) }), "bad"),
  closed,
  accepted,
  listening,
  playStarts: (format) => line.begin(format),
  plays: (bytes) => line.play(bytes),
  playStops: () => line.end(),
  breaks: () => sound.clear(),
  acts,
});
const line = new Line({ send: (bytes) => platform.chunk(bytes, participant()) });
const sound = new Sound({ onSamples: (samples) => line.take(samples), onHeard: (peak) => (playedPeak = peak), onLost: complain });

let playedPeak = 0;
let session = "none"; // none, asked, live, lost, ended
let isOpening = false;
let isOpenUser = false; // between userStream.started and .stopped
let isCall = false; // "Call" was pressed: what follows the acceptance goes by itself
let goesOn = false; // the line was cut while a user stream was open

// The buttons

/** What keeps something from being done, in words for the person at the page. */
class Hindered extends Error {}

const buttons = {
  async call() {
    if (!isText()) await prepare(); // the browser may ask for the microphone: not while the hub waits
    await open();
    isCall = true;
    buttons.initiate();
  },
  hangup() {
    if (isOpenUser) buttons.stop();
    end("client-disconnected", "The caller hung up.");
  },
  connect: open,
  drop() {
    goesOn = isOpenUser;
    line.stop();
    journal.note(gettext("The line is cut, without session.end."));
    platform.drop();
  },
  async validate() {
    if (!platform.isOpen) await open();
    platform.send("connection.validate", {}, { named: false });
  },
  async probe() {
    const answer = await fetch(await address(), { cache: "no-store" });
    const told = `GET ${path}: ${answer.status} ${(await answer.text()).slice(0, 300)}`;
    journal.note(told, answer.ok ? "told" : "bad");
  },
  initiate() {
    if (session !== "none") renew();
    session = "asked";
    const formats = [...setting("format").options].map((option) => option.value).filter(Boolean);
    platform.send("session.initiate", {
      botName: "Call Hub",
      caller: setting("caller").value,
      expectAudioMessages: !isText(),
      supportedMediaFormats: setting("format").value ? [setting("format").value] : formats,
    });
  },
  begin() {
    const [caller, callee] = [setting("caller").value, setting("callee").value];
    platform.event("start", { parameters: { caller, callee, callerHost: location.host, calleeHost: location.host, locale: "en-US" } });
  },
  async resume() {
    await open();
    session = "asked";
    platform.send("session.resume");
  },
  async start() {
    await prepare();
    platform.send("userStream.start", participant());
  },
  chunk: () => line.sendTone(platform.format),
  stop() {
    line.stop();
    platform.send("userStream.stop", participant());
  },
  end: () => end(setting("reason").value, "The test page ends it."),
  event() {
    const [name, value] = setting("event").value.split(" ");
    platform.event(name, value ? { value: { status: value } } : {});
  },
  any() {
    let message;
    try {
      message = JSON.parse(part("any").value);
    } catch (error) {
      throw new Hindered(fill(gettext("This is no JSON: %(reason)s"), { reason: error.message }));
    }
    platform.sendMessage(message);
  },
  clear: () => journal.clear(),
  save() {
    const href = URL.createObjectURL(new Blob([journal.text()], { type: "application/jsonl" }));
    el("a", { download: `${platform.conversationId}.jsonl`, href }).click();
    setTimeout(() => URL.revokeObjectURL(href), 10_000);
  },
};

page.addEventListener("click", (event) => {
  const { act, key } = event.target.closest("button")?.dataset ?? {};
  if (key) platform.event("DTMF", { value: key });
  if (act) run(buttons[act]);
});
part("keypad").addEventListener("keydown", (event) => {
  if (/^[0-9*#]$/.test(event.key) && platform.isOpen) platform.event("DTMF", { value: event.key });
});
part("say").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = part("text").value.trim();
  part("text").value = "";
  if (text && platform.isOpen) platform.activity({ type: "message", text, parameters: { confidence: 0.9 } });
});
for (const choice of page.querySelectorAll('[name="source"]')) choice.addEventListener("change", () => run(sourceChosen));
setting("file").addEventListener("change", () => run(sourceChosen));

async function run(work) {
  setHidden(part("alert"), true);
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Refused || error instanceof SoundError || error instanceof Hindered)) throw error;
    complain(error.message);
  } finally {
    show();
  }
}

// The connection

async function address() {
  const { ticket } = await request("POST", `profiles/${profile}/test-ticket/`);
  return `${path}?ticket=${encodeURIComponent(ticket)}`;
}

async function open() {
  isOpening = true; // what is pressed meanwhile would be lost with the connection before
  show();
  try {
    const where = await address();
    await platform.connect(socketUrl(where)).catch(async () => {
      throw new Hindered(await whyRefused(where));
    });
    journal.note(gettext("Connected."));
  } finally {
    isOpening = false;
  }
}

/** A refused WebSocket tells a script nothing; the same address asked by HTTP does. */
async function whyRefused(where) {
  const answer = await fetch(where, { cache: "no-store" }).catch(() => null);
  if (answer === null) return gettext("The hub can't be reached at the moment. Try again.");
  if (answer.status === 401) return gettext("The hub refuses this profile's streams. Is the profile switched on? Was its name in the address changed? Reload the page.");
  if (!answer.ok) return fill(gettext("The hub refuses streams at the moment: %(reason)s"), { reason: await answer.text() });
  return gettext("The hub would take the connection, but no WebSocket gets through to it. Let the proxy before the hub pass WebSocket upgrades on.");
}

function closed({ code, reason }) {
  const text = reason ? gettext("The connection is closed: %(code)s, %(reason)s.") : gettext("The connection is closed: %(code)s.");
  journal.note(fill(text, { code, reason }), code === 1000 || code === 1005 ? "told" : "bad");
  line.stop();
  sound.clear();
  sound.silence();
  isOpenUser = isCall = false;
  if (session === "live" || session === "asked") session = "lost";
  show();
}

function end(reasonCode, reason) {
  line.stop();
  platform.send("session.end", { reasonCode, reason });
  session = "ended";
  setTimeout(() => platform.drop(), CLOSE_AFTER);
}

/** The next session is another call. */
function renew() {
  platform.renew();
  line.reset();
  session = "none";
  setHidden(part("link"), true);
}

// What the hub says

function heard(message) {
  journal.add("in", message);
  if (message.type === "session.error") complain(fill(gettext("The hub refused the session: %(reason)s"), { reason: message.reason }));
}

function accepted() {
  session = "live";
  findCall();
  if (isCall) buttons.begin();
  if ((isCall || goesOn) && !isText()) run(buttons.start);
  isCall = goesOn = false;
  show();
}

function listening(isOpen) {
  isOpenUser = isOpen;
  if (isOpen && sourceName() !== "nothing") line.start(platform.format);
  else line.stop();
  show();
}

function acts(activity) {
  if (!setting("answers").checked) return;
  for (const [n, [name, fields]] of answersTo(activity).entries()) {
    setTimeout(() => {
      if (!platform.isOpen) return;
      if (name === "session.end") end(fields.reasonCode, fields.reason);
      else platform.event(name, fields);
    }, ANSWER_AFTER * (n + 1));
  }
}

async function findCall() {
  const id = platform.conversationId;
  for (let n = 0; n < LOOK_TIMES; n += 1) {
    const { results } = await request("GET", `calls/?callId=${encodeURIComponent(id)}&profile=${profile}`).catch(() => ({ results: [] }));
    if (id !== platform.conversationId) return;
    if (results.length) {
      part("link").querySelector("a").href = `/calls/${results[0].id}/`;
      setHidden(part("link"), false);
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
  }
}

// What the caller's side sends

const isText = () => setting("text").checked;
const sourceName = () => page.querySelector('[name="source"]:checked').value;

function participant() {
  const name = setting("participant").value.trim();
  return name ? { participant: name } : {};
}

async function prepare() {
  if (!isSecureContext) return; // nothing is sent, and nothing heard
  await sound.open();
  line.sound = sound;
  await chooseSource();
}

async function chooseSource() {
  switch (sourceName()) {
    case "microphone":
      return sound.microphone();
    case "file": {
      const [file] = setting("file").files;
      if (!file) throw new SoundError(gettext("Choose a WAV file first."));
      return sound.file(file, () => journal.note(fill(gettext("“%(file)s” is at its end; silence follows."), { file: file.name })));
    }
    case "tone":
      return sound.tone();
    default:
      return sound.silence();
  }
}

async function sourceChosen() {
  setHidden(setting("file"), sourceName() !== "file");
  if (!isOpenUser) return;
  if (sourceName() === "file" && setting("file").files.length === 0) return;
  await prepare();
  listening(isOpenUser);
}

// What is seen

const STATES = {
  asked: gettext("Asked for a session"),
  lost: gettext("The line is lost: resume, or the hub ends the call after a while"),
  ended: gettext("The call has ended"),
};

function complain(text) {
  setText(part("alert").querySelector("[data-text]"), text);
  setHidden(part("alert"), false);
}

function show() {
  const live = fill(gettext("In a call: %(format)s"), { format: isText() ? pgettext("a call without audio", "text") : platform.format.name });
  const idle = platform.isOpen ? gettext("Connected") : gettext("Not connected");
  setText(part("state"), session === "live" ? live : (STATES[session] ?? idle));
  part("sign").dataset.state = platform.isOpen ? "open" : session === "lost" ? "waiting" : "";
  for (const button of page.querySelectorAll("[data-needs-socket]")) button.disabled = isOpening || !platform.isOpen;
  page.querySelector('[data-act="call"]').disabled = isOpening || (platform.isOpen && ["asked", "live"].includes(session));
  page.querySelector('[data-act="resume"]').disabled = !["live", "lost"].includes(session);
  setText(part("conversation"), platform.conversationId);
}

const seconds = (ms) => fill(gettext("%(time)s s"), { time: number(ms / 1000, 1) });
const chunks = (count) => fill(ngettext("%(count)s chunk", "%(count)s chunks", count), { count });
const turns = (count) => fill(ngettext("%(count)s turn", "%(count)s turns", count), { count });
const loudness = (peak) => Math.max(0, 1 + Math.log10(Math.max(peak, 1e-3)) / 3); // 60 dB as 0 to 1

setInterval(() => {
  part("sent-level").value = loudness(line.peak);
  part("heard-level").value = loudness(playedPeak);
  line.peak = 0;
  setText(part("sent"), [seconds(line.sent.ms), chunks(line.sent.chunks)].join(", "));
  setText(part("heard"), [seconds(line.heard.ms), chunks(line.heard.chunks), turns(line.heard.turns)].join(", "));
}, METERS_EVERY);

if (!isSecureContext) {
  setHidden(part("insecure"), false);
  for (const choice of page.querySelectorAll('[name="source"]')) {
    choice.checked = choice.value === "nothing";
    choice.disabled = !choice.checked;
  }
}
part("journal").dataset.empty = gettext("Nothing yet. Press Call, or send the messages one by one.");
show();
