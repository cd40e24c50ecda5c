// A socket that comes back by itself. Whoever uses it gets a snapshot after each opening; see the server's consumers.

import { fill, gettext, pieces } from "./words.js";

const FIRST_WAIT = 500; // ms, doubled with each failure
const LONGEST_WAIT = 15_000;
const QUIET = 25_000; // without a message for this long, ask whether the other end is still there
const PATIENCE = 10_000;

export function socketUrl(path) {
  return `${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}${path}`;
}

export class LiveSocket {
  /**
   * `address()` resolves to a URL (a fresh ticket, say); if it throws an error with `final`, no more attempts are made.
   * `onMessage(message)`, `onState(state, {seconds, error})` with the states connecting, open, waiting and stopped.
   */
  constructor({ address, onMessage, onState }) {
    Object.assign(this, { address, onMessage, onState });
    this.failures = 0;
    this.timer = null;
    this.socket = null;
    this.attempt = 0;
    addEventListener("online", () => this.hurry());
    document.addEventListener("visibilitychange", () => document.hidden || this.hurry());
    addEventListener("pagehide", () => this.socket?.close());
    addEventListener("pageshow", (event) => event.persisted && this.connect());
    this.connect();
  }

  async connect() {
    clearTimeout(this.timer);
    this.timer = null;
    const attempt = ++this.attempt;
    this.drop();
    this.onState("connecting", {});
    let url;
    try {
      url = await this.address();
    } catch (error) {
      if (attempt !== this.attempt) return;
      if (error.final) this.stop(error);
      else this.retry(error);
      return;
    }
    if (attempt !== this.attempt) return;
    const socket = (this.socket = new WebSocket(url));
    socket.addEventListener("message", (event) => {
      if (socket !== this.socket) return;
      this.heard();
      const message = JSON.parse(event.data);
      if (message.type === "pong") return;
      if (this.failures || !this.opened) {
        this.failures = 0;
        this.opened = true;
        this.onState("open", {});
      }
      this.onMessage(message);
    });
    socket.addEventListener("close", () => socket === this.socket && this.retry());
  }

  send(message) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  /** Notes a sign of life, and sees to it that a silent socket is asked for one. */
  heard() {
    clearTimeout(this.watch);
    this.watch = setTimeout(() => {
      this.send({ type: "ping" });
      this.watch = setTimeout(() => this.retry(), PATIENCE);
    }, QUIET);
  }

  retry(error) {
    this.drop();
    const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.failures) * (0.7 + 0.6 * Math.random());
    this.failures += 1;
    this.onState("waiting", { seconds: Math.ceil(wait / 1000), failures: this.failures, error });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.connect(), wait);
  }

  hurry() {
    if (this.timer !== null) this.connect();
  }

  drop() {
    clearTimeout(this.watch);
    const socket = this.socket;
    this.socket = null;
    this.opened = false;
    socket?.close();
  }

  stop(error) {
    this.drop();
    clearTimeout(this.timer);
    this.timer = null;
    this.onState("stopped", { error });
  }
}

/** The `address` of a page that a session opens. A refused upgrade tells a script nothing, so a page asks for itself. */
export function ownAddress(path) {
  let first = true;
  return async () => {
    if (!first) {
      const answer = await fetch(location.href, { method: "HEAD", redirect: "manual", cache: "no-store" });
      if (answer.type === "opaqueredirect") throw Object.assign(new Error("signed out"), { final: true });
      if (answer.status === 404) throw Object.assign(new Error(gettext("This call no longer exists.")), { final: true });
      if (!answer.ok) throw new Error("not ready");
    }
    first = false;
    return socketUrl(path);
  };
}

/** Shows a socket's state in the element with the class `connection`. */
export function connectionSign(element) {
  const text = element.querySelector("[data-text]");
  return (state, { seconds, failures, error }) => {
    if (state === "connecting") return; // the sign keeps saying what it said
    element.dataset.state = state;
    if (state === "open") text.textContent = gettext("Connected");
    else if (state === "waiting") text.textContent = failures > 2 ? fill(gettext("Connection lost. Next try in %(seconds)s s"), { seconds }) : gettext("Reconnecting…");
    else if (state === "stopped" && error.message === "signed out") {
      const link = document.createElement("a");
      link.href = `/login/?next=${encodeURIComponent(location.pathname + location.search)}`;
      link.textContent = gettext("Sign in again");
      text.replaceChildren(...pieces(gettext("Your session has ended. %(link)s"), { link }));
    } else if (state === "stopped") text.textContent = error.message;
  };
}
