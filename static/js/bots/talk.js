// The text console: a conversation with a bot in words and keys. What passes over its socket is described in
// bots/consumers.py.

import { el, setHidden, setText } from "../dom.js";
import { socketUrl } from "../socket.js";
import { rough } from "../time.js";
import { fill, gettext, pieces } from "../words.js";

const ALIVE_EVERY = 25_000; // ms
const KEYS = /^[0-9*#A-D]+$/;
const ANSWERS = ["say", "action", "listen", "failed"]; // the first of them tells how long the bot took

export class Talk {
  /**
   * `path()` is the socket's. `draft()` is what of the bot is not saved, or throws an error with `errors`.
   * `onError(error)` goes to a finding; `onState({node, …})` hears the bot's state after each turn, {} where none runs.
   */
  constructor(root, { path, draft = () => ({}), onError, onState = () => {} }) {
    Object.assign(this, { root, path, draft, onError, onState });
    this.part = (name) => root.querySelector(`[data-part="${name}"]`);
    this.log = this.part("talk-log");
    this.text = this.part("talk-text");
    this.said = []; // earlier texts, for the up arrow
    this.recalled = 0;
    this.asked = 0;
    this.socket = null;
    this.began = this.running = this.paused = false;
    this.part("talk-say").addEventListener("submit", (event) => {
      event.preventDefault();
      this.say();
    });
    this.text.addEventListener("keydown", (event) => this.onKey(event));
    this.text.addEventListener("input", () => this.send({ type: "typing" }));
    root.addEventListener("click", (event) => {
      const { act, key } = event.target.closest("button")?.dataset ?? {};
      if (key) this.press(key);
      else if (act) this.act(act);
    });
    this.part("keypad").addEventListener("keydown", (event) => {
      const key = event.key.toUpperCase();
      if (KEYS.test(key) && !event.ctrlKey && !event.metaKey && !event.altKey) this.press(key);
    });
    setInterval(() => this.send({ type: "ping" }), ALIVE_EVERY);
    this.show();
  }

  onKey(event) {
    if (event.isComposing) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.press(this.text.value.trim().toUpperCase());
      this.text.value = "";
    } else if (event.key === "Enter" && event.shiftKey) {
      event.preventDefault();
      this.act("silence");
    } else if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      event.preventDefault();
      this.recalled = Math.min(this.said.length, Math.max(0, this.recalled + (event.key === "ArrowUp" ? 1 : -1)));
      this.text.value = this.recalled ? this.said.at(-this.recalled) : "";
    }
  }

  // What the caller does

  start() {
    let draft;
    try {
      draft = this.draft();
    } catch (error) {
      this.refused(gettext("The bot has errors: correct them first."), error.errors);
      return;
    }
    const call = {};
    for (const field of this.root.querySelectorAll("[data-call]")) {
      call[field.dataset.call] = field.type === "checkbox" ? field.checked : field.value;
    }
    const begin = () => this.ask({ type: "start", ...draft, ...call });
    this.clear();
    if (this.socket?.readyState === WebSocket.OPEN) begin();
    else this.open(begin);
  }

  say() {
    const text = this.text.value.trim();
    if (!text || !this.running) return;
    const confidence = this.part("talk-confidence").value;
    this.said.push(text);
    this.recalled = 0;
    this.text.value = "";
    this.line("caller", text);
    this.ask({ type: "text", text, ...(confidence ? { confidence: Number(confidence) } : {}) });
  }

  press(keys) {
    if (!this.running) return;
    if (!KEYS.test(keys)) {
      this.line("aside", gettext("Keys are 0 to 9, * and #."));
      return;
    }
    const last = this.log.lastElementChild; // keys in a row share one
    const row = last?.classList.contains("keys") ? last : this.line("caller", "");
    row.classList.add("keys");
    row.append(...[...keys].map((key) => el("kbd", {}, key)));
    this.ask({ type: "digit", digit: keys });
  }

  act(act) {
    if (act === "start") {
      this.start();
      return;
    }
    if (!this.running) return;
    if (act === "silence") this.line("caller", el("i", {}, gettext("says nothing")));
    if (act === "pause") this.line("aside", gettext("A supervisor takes over."));
    if (act === "resume") this.line("aside", gettext("The supervisor lets it go on."));
    if (act === "reconnect") this.line("aside", gettext("The line was cut, and is back."));
    this.ask({ type: act });
  }

  // The socket

  open(then) {
    const socket = (this.socket = new WebSocket(socketUrl(this.path())));
    let opened = false;
    socket.addEventListener("open", () => {
      opened = true;
      then();
    });
    socket.addEventListener("message", (event) => this.hear(JSON.parse(event.data)));
    socket.addEventListener("close", () => {
      if (socket !== this.socket) return;
      const over = gettext("The connection to the hub was lost, and with it this try. Start again.");
      const shut = gettext("The console can't be reached: the hub restarts, or your session has ended. Try again; if it stays, sign in again in another tab.");
      this.line("bad", opened ? over : shut);
      this.running = false;
      this.show();
    });
  }

  send(message) {
    if (this.running && this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  /** Sends what the bot will answer, and starts the clock. */
  ask(message) {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    this.asked = performance.now();
    this.socket.send(JSON.stringify(message));
  }

  // What the bot does

  hear(message) {
    const took = ANSWERS.includes(message.type) && this.asked ? performance.now() - this.asked : null;
    if (took !== null) this.asked = 0;
    switch (message.type) {
      case "started":
        this.running = true;
        this.paused = false;
        this.show();
        this.text.focus();
        break;
      case "say":
        this.line("bot", el("span", { lang: message.language || null }, message.text));
        break;
      case "action":
        this.line("act", ...actionWords(message.action, message.params));
        break;
      case "listen":
        this.listening = listenWords(message);
        break;
      case "failed":
        this.line("bad", fill(gettext("It failed: %(reason)s"), { reason: message.detail }));
        break;
      case "state":
        this.paused = message.paused;
        this.running = !message.ended;
        if (message.ended) this.line("aside", gettext("The bot's part is over."));
        setText(this.part("talk-memory"), JSON.stringify(message.state, null, 2));
        this.onState(message.ended ? {} : message.state);
        break;
      case "error":
        this.refused(message.detail, message.errors);
        break;
    }
    if (took !== null) this.tookTo(message.type, took);
    this.show();
  }

  /** How long the bot took, beside what came first, or in the bar where it only listens. */
  tookTo(type, ms) {
    const time = rough(Math.max(1, ms));
    setText(this.part("talk-took"), fill(gettext("answered in %(time)s"), { time }));
    if (type !== "listen") this.log.lastElementChild?.append(el("span", { class: "took number" }, time));
    this.log.scrollTop = this.log.scrollHeight;
  }

  refused(detail, errors = []) {
    const row = this.line("bad", detail);
    for (const error of errors) {
      const text = error.line ? fill(gettext("Line %(line)s: %(problem)s"), { line: error.line, problem: error.detail }) : error.detail;
      const button = el("button", { type: "button", class: "tiny" }, text);
      button.addEventListener("click", () => this.onError(error));
      row.append(button);
    }
  }

  // What is seen

  /** The bot was edited: a try that runs is one of the bot as it was. */
  changed() {
    if (!this.running || this.isOld) return;
    this.isOld = true;
    this.line("aside", gettext("You changed the bot meanwhile: start again to try it as it is now."));
  }

  clear() {
    this.log.replaceChildren();
    this.listening = "";
    this.isOld = false;
    this.began = true;
    this.onState({});
  }

  line(kind, ...content) {
    const who = { bot: gettext("Bot:"), caller: gettext("Caller:") }[kind];
    const row = el("div", { class: `turn ${kind}` });
    if (who) row.append(el("b", { class: "unseen" }, who, " "));
    row.append(...content);
    this.log.append(row);
    this.log.scrollTop = this.log.scrollHeight;
    return row;
  }

  show() {
    const idle = this.began ? gettext("Over") : gettext("Not started");
    setText(this.part("talk-state"), !this.running ? idle : this.paused ? gettext("Paused") : this.listening || gettext("Working"));
    setText(this.root.querySelector('[data-act="start"] [data-label]'), this.began ? gettext("Start again") : gettext("Start"));
    setHidden(this.root.querySelector('[data-act="pause"]'), this.paused);
    setHidden(this.root.querySelector('[data-act="resume"]'), !this.paused);
    for (const control of this.root.querySelectorAll("[data-needs-start]")) control.disabled = !this.running;
  }
}

function actionWords(action, params) {
  const mono = (text) => el("span", { class: "mono" }, text);
  if (action === "transfer") return pieces(gettext("Transfers to %(target)s"), { target: mono(params.target) });
  if (action === "digits") return pieces(gettext("Sends the keys %(keys)s"), { keys: el("span", {}, ...[...params.digits].map((key) => el("kbd", {}, key))) });
  if (action === "hangup") return [gettext("Hangs up")];
  if (action === "play") return pieces(gettext("Plays %(file)s"), { file: mono(params.url) });
  return [`${action} `, mono(JSON.stringify(params))];
}

function listenWords({ seconds, bargeIn, speech }) {
  const more = [bargeIn ? "" : gettext("can't be interrupted"), speech ? "" : gettext("keys only")].filter(Boolean).join(", ");
  const told = fill(gettext("Listens, at most %(seconds)s s"), { seconds });
  return more ? `${told}; ${more}` : told;
}
