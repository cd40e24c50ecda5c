// Between the page's sound and the socket: what comes from the microphone becomes chunks of 20 ms, what the hub plays
// is heard. Counts both.

import { decode, encode, join, wavHeader } from "../audio/formats.js";
import { Resampler } from "../audio/resampler.js";

const CHUNKS_A_SECOND = 50;

export class Line {
  /** `send(bytes)` takes a chunk in the format agreed. */
  constructor({ send }) {
    this.send = send;
    this.sound = null;
    this.streaming = false;
    this.reset();
  }

  reset() {
    this.sent = { chunks: 0, ms: 0 };
    this.heard = { chunks: 0, ms: 0, turns: 0 };
    this.peak = 0; // of what is sent, since it was asked for
  }

  // To the hub

  start(format) {
    this.format = format;
    this.down = new Resampler(this.sound.rate, format.rate);
    this.waiting = new Float32Array();
    this.header = format.wav ? wavHeader(format) : new Uint8Array();
    this.streaming = true;
  }

  stop() {
    this.streaming = false;
  }

  take(samples) {
    if (!this.streaming) return;
    for (const sample of samples) this.peak = Math.max(this.peak, Math.abs(sample));
    const fresh = this.down.process(samples);
    const all = new Float32Array(this.waiting.length + fresh.length);
    all.set(this.waiting);
    all.set(fresh, this.waiting.length);
    const size = this.format.rate / CHUNKS_A_SECOND;
    let at = 0;
    for (; at + size <= all.length; at += size) this.put(all.subarray(at, at + size));
    this.waiting = all.slice(at);
  }

  put(samples) {
    this.send(join(this.header, encode(samples, this.format)));
    this.header = new Uint8Array();
    this.sent.chunks += 1;
    this.sent.ms += (1000 * samples.length) / this.format.rate;
  }

  /** One chunk of a tone, whatever else is sent. */
  sendTone(format) {
    const size = format.rate / CHUNKS_A_SECOND;
    const tone = Float32Array.from({ length: size }, (_, n) => 0.4 * Math.sin((2 * Math.PI * 440 * n) / format.rate));
    this.send(join(format.wav && !this.streaming ? wavHeader(format) : new Uint8Array(), encode(tone, format)));
    this.sent.chunks += 1;
    this.sent.ms += 1000 / CHUNKS_A_SECOND;
  }

  // From the hub

  begin(format) {
    this.playing = format;
    this.up = this.sound && new Resampler(format.rate, this.sound.rate);
    this.heard.turns += 1;
  }

  play(bytes) {
    this.heard.chunks += 1;
    this.heard.ms += (1000 * bytes.length) / this.playing.width / this.playing.rate;
    this.sound?.play(this.up.process(decode(bytes, this.playing)));
  }

  end() {
    if (this.sound && this.up) {
      this.sound.play(this.up.process(new Float32Array(2 * this.up.reach))); // what the resampler still holds
      this.sound.finish();
    }
    this.up = null;
  }
}
