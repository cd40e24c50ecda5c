// AudioCodes' half of a call: its messages, and what it does when the hub asks for something. Audio is the page's affair.

import { fromBase64, parseFormat, toBase64, withoutHeader } from "../audio/formats.js";

const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

export class Platform {
  /**
   * `on` has: `sent(message)`, `heard(message)`, `unreadable(text)`, `closed({code, reason})`,
   * `accepted(format)`, `listening(isOpen)`, `playStarts(format)`, `plays(bytes)`, `playStops()`, `breaks()`, `acts(activity)`.
   */
  constructor(on) {
    this.on = on;
    this.socket = null;
    this.renew();
  }

  /** The next session is another call. */
  renew() {
    this.conversationId = `test-${newId()}`;
    this.format = parseFormat("raw/lpcm16");
    this.playing = null; // {format, rest}
  }

  get isOpen() {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  /** Resolves once the socket is open; rejects where it is refused. */
  connect(url) {
    this.drop();
    const socket = (this.socket = new WebSocket(url));
    return new Promise((resolve, reject) => {
      let opened = false;
      socket.addEventListener("open", () => {
        opened = true;
        resolve();
      });
      socket.addEventListener("message", ({ data }) => socket === this.socket && this.hear(data));
      socket.addEventListener("close", ({ code, reason }) => {
        reject(new Error("refused"));
        if (socket !== this.socket) return; // another one took its place
        this.socket = this.playing = null;
        if (opened) this.on.closed({ code, reason });
      });
    });
  }

  drop() {
    this.socket?.close();
  }

  send(type, fields = {}, { named = true } = {}) {
    this.sendMessage({ type, ...(named ? { conversationId: this.conversationId } : {}), ...fields });
  }

  sendMessage(message) {
    if (!this.isOpen) return; // it is being closed
    this.socket.send(JSON.stringify(message));
    this.on.sent(message);
  }

  activity(activity) {
    this.send("activities", { activities: [{ id: newId(), timestamp: new Date().toISOString(), language: "en-US", ...activity }] });
  }

  event(name, fields = {}) {
    this.activity({ type: "event", name, ...fields });
  }

  chunk(bytes, participant) {
    this.send("userStream.chunk", { ...participant, audioChunk: toBase64(bytes) });
  }

  // What the hub says

  hear(data) {
    let message;
    try {
      message = JSON.parse(data);
    } catch {
      this.on.unreadable(String(data));
      return;
    }
    this.on.heard(message);
    switch (message.type) {
      case "session.accepted":
        this.format = parseFormat(message.mediaFormat) ?? this.format;
        this.on.accepted(this.format);
        break;
      case "userStream.started":
      case "userStream.stopped":
        this.on.listening(message.type === "userStream.started");
        break;
      case "playStream.start":
        this.playing = { format: parseFormat(message.mediaFormat), rest: new Uint8Array(), begun: false };
        if (this.playing.format) this.on.playStarts(this.playing.format);
        break;
      case "playStream.chunk":
        if (this.playing?.format) this.on.plays(this.samplesOf(message.audioChunk));
        break;
      case "playStream.stop":
        this.playing = null;
        this.on.playStops();
        break;
      case "activities":
        for (const activity of message.activities ?? []) this.act(activity);
        break;
    }
  }

  /** The bytes of a chunk without a header, in whole samples. */
  samplesOf(text) {
    const { format, rest, begun } = this.playing;
    let bytes = fromBase64(text);
    if (format.wav && !begun) bytes = withoutHeader(bytes);
    this.playing.begun = true;
    const all = new Uint8Array([...rest, ...bytes]);
    const whole = all.length - (all.length % format.width);
    this.playing.rest = all.subarray(whole);
    return all.subarray(0, whole);
  }

  act(activity) {
    if (activity.name === "abortPrompts") this.on.breaks();
    this.on.acts(activity);
  }
}

/** What the platform does about an activity of the hub's: messages, one after the other. */
export function answersTo(activity) {
  switch (activity.name) {
    case "hangup":
      return [["session.end", { reasonCode: "bot-disconnected", reason: activity.activityParams?.hangupReason ?? "" }]];
    case "transfer":
    case "handover":
      return [
        ["transferStatus", { value: { status: "answered" } }],
        ["session.end", { reasonCode: "transferred", reason: "" }],
      ];
    case "playUrl":
      return [["playFinished", {}]];
    default:
      return [];
  }
}
