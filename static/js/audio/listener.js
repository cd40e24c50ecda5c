// What runs on the browser's audio thread while somebody listens to a call: a place on the call's timeline that moves on
// with the clock, and for each track a ring of what is about to be heard. The context runs at the rate of the audio.

const RING = 32_768; // samples: 4 s
const LEAD = 2400; // behind the newest: 0.3 s, so that jitter is not heard
const FURTHEST = 4800; // 0.6 s: beyond it, the oldest is dropped

class Listener extends AudioWorkletProcessor {
  constructor() {
    super();
    this.clear();
    this.loudest = [0, 0, 0];
    this.sinceTold = 0;
    this.port.onmessage = ({ data }) => (data === "clear" ? this.clear() : this.take(data));
  }

  clear() {
    this.rings = [new Float32Array(RING), new Float32Array(RING), new Float32Array(RING)];
    this.newest = null; // where what came ends, in samples on the call's timeline
    this.at = null; // the next sample to be heard; null while it waits for more
  }

  take({ track, start, samples }) {
    const end = start + samples.length;
    if (this.newest === null || end > this.newest + RING / 2 || end < this.newest - RING / 2) {
      this.clear();
      this.newest = end;
    }
    this.newest = Math.max(this.newest, end);
    if (this.at !== null && this.newest - this.at > FURTHEST) this.jump(this.newest - LEAD);
    const ring = this.rings[track];
    const from = Math.max(start, this.at ?? 0, this.newest - RING + 1);
    for (let n = from; n < end; n += 1) ring[n % RING] += samples[n - start]; // two agents at once are mixed
    if (this.at === null && this.newest - start >= LEAD) this.at = this.newest - LEAD;
    else if (this.at === null) this.first = Math.min(this.first ?? start, start);
    if (this.at === null && this.newest - this.first >= LEAD) this.at = this.newest - LEAD;
  }

  /** Forgets what lies before. */
  jump(to) {
    for (const ring of this.rings) for (let n = this.at; n < to; n += 1) ring[n % RING] = 0;
    this.at = to;
  }

  process(inputs, outputs) {
    const length = outputs[0][0].length;
    if (this.at !== null && this.newest - this.at < length) {
      this.at = null; // nothing left: waits until there is a lead again
      this.first = this.newest;
    }
    if (this.at !== null) {
      for (const [track, [out]] of outputs.entries()) {
        const ring = this.rings[track];
        for (let n = 0; n < length; n += 1) {
          const place = (this.at + n) % RING;
          out[n] = ring[place];
          ring[place] = 0;
          this.loudest[track] = Math.max(this.loudest[track], Math.abs(out[n]));
        }
      }
      this.at += length;
    }
    this.sinceTold += length;
    if (this.sinceTold >= sampleRate / 10) {
      this.port.postMessage({ levels: this.loudest, waiting: this.at === null ? null : (this.newest - this.at) / sampleRate });
      this.loudest = [0, 0, 0];
      this.sinceTold = 0;
    }
    return true;
  }
}

registerProcessor("hub-listener", Listener);
