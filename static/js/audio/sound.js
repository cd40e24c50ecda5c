// The ears and the mouth of a page: samples of a microphone, a file or a tone come in, samples go out to be heard.

import { fill, gettext } from "../words.js";

const CUT_SHORT = gettext("The browser let go of the microphone: choose it again.");

/** What went wrong, in words for the person at the page. */
export class SoundError extends Error {}

const MICROPHONE_ERRORS = {
  NotAllowedError: gettext("The browser refused the microphone. Allow it for this page (the sign beside the address), then try again; or send a file."),
  NotFoundError: gettext("No microphone was found. Plug one in, or send a file."),
  NotReadableError: gettext("The microphone can't be opened: another program may hold it. Close that, or send a file."),
};

/** Only of https pages and localhost: browsers leave others no live audio. */
export class Sound {
  /** `onSamples(samples)` gets 10 ms at `rate`, whatever the source; `onHeard(peak)` tells what is played, 20 times a second. */
  constructor({ onSamples, onHeard, onLost }) {
    Object.assign(this, { onSamples, onHeard, onLost });
    this.context = null;
    this.source = null;
  }

  get rate() {
    return this.context.sampleRate;
  }

  /** Needs a click or key before it: browsers make no sound unasked. */
  async open() {
    if (!this.opening) this.opening = this.make();
    await this.opening;
    await this.context.resume();
  }

  async make() {
    this.context = new AudioContext({ latencyHint: "interactive" });
    await this.context.audioWorklet.addModule(new URL("./worklets.js", import.meta.url));
    const options = { numberOfInputs: 1, numberOfOutputs: 1, outputChannelCount: [1], channelCount: 1, channelCountMode: "explicit" };
    this.recorder = new AudioWorkletNode(this.context, "hub-recorder", options);
    this.player = new AudioWorkletNode(this.context, "hub-player", { numberOfInputs: 0, numberOfOutputs: 1, outputChannelCount: [1] });
    this.recorder.port.onmessage = ({ data }) => this.onSamples(data);
    this.player.port.onmessage = ({ data }) => this.onHeard(data);
    this.recorder.connect(this.context.destination); // it gives out silence: only what is connected runs
    this.player.connect(this.context.destination);
  }

  // What comes in

  silence() {
    this.source?.stop();
    this.source = null;
  }

  async microphone() {
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true } });
    } catch (error) {
      throw new SoundError(MICROPHONE_ERRORS[error.name] ?? fill(gettext("The microphone can't be opened: %(reason)s"), { reason: error.message }));
    }
    const [track] = stream.getAudioTracks();
    track.addEventListener("ended", () => this.onLost(CUT_SHORT));
    this.use(this.context.createMediaStreamSource(stream), () => track.stop());
  }

  /** Plays a file to the other side; `onEnd` at its end, then there is silence. */
  async file(file, onEnd) {
    let buffer;
    try {
      buffer = await this.context.decodeAudioData(await file.arrayBuffer());
    } catch {
      throw new SoundError(fill(gettext("“%(file)s” can't be read as audio. Choose a WAV file."), { file: file.name }));
    }
    const node = new AudioBufferSourceNode(this.context, { buffer });
    node.addEventListener("ended", () => this.source?.node === node && onEnd());
    this.use(node, () => node.stop());
    node.start();
  }

  tone(frequency = 440) {
    const node = new OscillatorNode(this.context, { frequency });
    const quiet = new GainNode(this.context, { gain: 0.4 });
    node.connect(quiet);
    this.use(quiet, () => node.stop());
    node.start();
  }

  use(node, stop) {
    this.silence();
    node.connect(this.recorder);
    this.source = {
      node,
      stop() {
        node.disconnect();
        stop();
      },
    };
  }

  // What goes out

  play(samples) {
    if (samples.length) this.player?.port.postMessage(samples, [samples.buffer]);
  }

  finish() {
    this.player?.port.postMessage("end");
  }

  clear() {
    this.player?.port.postMessage("clear");
  }
}
