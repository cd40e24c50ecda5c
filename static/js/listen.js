// Listening to a live call: its audio from a socket, through a short buffer, to the ears.

import { decode } from "./audio/formats.js";
import { el, setHidden, setText } from "./dom.js";
import { socketUrl } from "./socket.js";
import { fill, gettext, number } from "./words.js";

const RATE = 8000;
const HEAD = 5; // bytes: the track, and where it begins
const ENDED = 1000;
const TAKEN = 1008; // the right to listen
const WAITS = [500, 1000, 2000, 4000, 8000]; // ms between attempts
const names = () => [gettext("Agent"), gettext("Customer"), gettext("Bot")];

export class Listening {
  /** `address(path)` resolves to the URL of a socket, where a ticket has to be added to its path. */
  constructor(root, { callId, address = socketUrl }) {
    Object.assign(this, { root, address });
    this.path = `/ws/calls/${callId}/listen/`;
    const part = (name) => root.querySelector(`[data-part="listen-${name}"]`);
    for (const name of ["button", "state", "controls", "tracks", "volume"]) this[name] = part(name);
    this.signs = { play: part("start"), stop: part("stop") };
    this.rows = names().map((name) => this.makeRow(name));
    this.tracks.append(...this.rows.map(({ node }) => node));
    this.button.addEventListener("click", () => this.toggle());
    this.volume.addEventListener("input", () => this.setVolume());
    addEventListener("pagehide", () => this.stop(""));
    this.show();
  }

  makeRow(name) {
    const meter = el("meter", { min: 0, max: 1, value: 0, "aria-label": fill(gettext("Level: %(name)s"), { name }) });
    const mute = el("button", { type: "button", class: "tiny", "aria-pressed": "false" }, fill(gettext("Mute %(name)s"), { name: name.toLowerCase() }));
    mute.addEventListener("click", () => {
      const muted = mute.getAttribute("aria-pressed") !== "true";
      mute.setAttribute("aria-pressed", String(muted));
      row.gain.gain.value = muted ? 0 : 1;
    });
    const row = { node: el("li", { hidden: true }, el("span", {}, name), meter, mute), meter, mute, gain: null };
    return row;
  }

  /** Takes the call's newest state. */
  follow(call) {
    const isLive = call.state === "live";
    if (!isLive && this.isOn) this.stop(gettext("The call has ended."));
    setHidden(this.root, !isLive);
  }

  /** What its key would do now; null where there is nothing to listen to. */
  label() {
    if (this.root.hidden) return null;
    return this.isOn ? gettext("Stop listening") : gettext("Listen live");
  }

  toggle() {
    if (this.isOn) this.stop("");
    else this.start();
  }

  async start() {
    this.isOn = true;
    this.failures = 0;
    this.show(gettext("Connecting…"));
    try {
      await this.open();
    } catch {
      this.stop(gettext("This browser can't play live audio here: it needs https, and an up-to-date browser."));
      return;
    }
    if (this.isOn) this.connect();
    else this.closeSound();
  }

  async open() {
    const context = (this.context = new AudioContext({ sampleRate: RATE, latencyHint: "interactive" }));
    await context.audioWorklet.addModule(new URL("./audio/listener.js", import.meta.url));
    await context.resume();
    this.node = new AudioWorkletNode(context, "hub-listener", { numberOfInputs: 0, numberOfOutputs: 3, outputChannelCount: [1, 1, 1] });
    this.master = new GainNode(context);
    this.master.connect(context.destination);
    for (const [track, row] of this.rows.entries()) {
      row.gain = new GainNode(context, { gain: row.mute.getAttribute("aria-pressed") === "true" ? 0 : 1 });
      this.node.connect(row.gain, track).connect(this.master);
    }
    this.setVolume();
    this.node.port.onmessage = ({ data }) => this.hear(data);
  }

  setVolume() {
    if (this.master) this.master.gain.value = (Number(this.volume.value) / 100) ** 2;
  }

  async connect() {
    let url;
    try {
      url = await this.address(this.path);
    } catch {
      if (this.isOn) this.lost();
      return;
    }
    if (!this.isOn) return this.closeSound();
    const socket = (this.socket = new WebSocket(url));
    socket.binaryType = "arraybuffer";
    socket.addEventListener("message", ({ data }) => {
      if (socket !== this.socket || typeof data === "string") return;
      this.failures = 0;
      const view = new DataView(data);
      setHidden(this.rows[view.getUint8(0)].node, false); // not every call has all three
      const samples = decode(new Uint8Array(data, HEAD), { width: 1 });
      this.node.port.postMessage({ track: view.getUint8(0), start: (view.getUint32(1, true) * RATE) / 1000, samples }, [samples.buffer]);
    });
    socket.addEventListener("close", ({ code }) => socket === this.socket && this.lost(code));
  }

  lost(code) {
    if (code === ENDED) this.stop(gettext("The call has ended."));
    else if (code === TAKEN) this.stop(gettext("You may not listen to this call any more."));
    else if (this.failures >= WAITS.length) this.stop(gettext("The hub can't be reached. Try to listen again."));
    else {
      this.node.port.postMessage("clear");
      setText(this.state, gettext("Reconnecting…"));
      this.timer = setTimeout(() => this.connect(), WAITS[this.failures]);
      this.failures += 1;
    }
  }

  /** What the audio thread tells, ten times a second. */
  hear({ levels, waiting }) {
    for (const [track, { meter }] of this.rows.entries()) meter.value = Math.sqrt(levels[track]);
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    const told = waiting === null ? gettext("Waiting for sound…") : fill(gettext("Live, %(seconds)s s in the buffer"), { seconds: number(waiting, 1) });
    if (performance.now() - (this.toldAt ?? 0) < 1000) return;
    this.toldAt = performance.now();
    setText(this.state, told);
  }

  closeSound() {
    this.context?.close();
    this.context = this.node = this.master = null;
  }

  stop(text) {
    this.isOn = false;
    clearTimeout(this.timer);
    const { socket } = this;
    this.socket = null;
    socket?.close(1000);
    this.closeSound();
    for (const { meter } of this.rows) meter.value = 0;
    this.show(text);
  }

  show(text = "") {
    setText(this.button.querySelector("[data-text]"), this.isOn ? gettext("Stop listening") : gettext("Listen live"));
    setHidden(this.signs.play, this.isOn);
    setHidden(this.signs.stop, !this.isOn);
    setHidden(this.controls, !this.isOn);
    setText(this.state, text);
  }
}
