// What runs on the browser's audio thread. Samples go to and from the page as Float32Arrays at the context's rate.

const LEAD = 0.08; // seconds that are waited for before playing begins, so that it doesn't stutter

/** Gives the page what comes in, 10 ms at a time; silence where nothing is connected. */
class Recorder extends AudioWorkletProcessor {
  constructor() {
    super();
    this.block = new Float32Array(Math.round(sampleRate / 100));
    this.filled = 0;
  }

  process([input], [output]) {
    const samples = input[0];
    for (let n = 0; n < output[0].length; n += 1) {
      this.block[this.filled] = samples ? samples[n] : 0;
      this.filled += 1;
      if (this.filled === this.block.length) {
        this.port.postMessage(this.block);
        this.filled = 0;
      }
    }
    return true;
  }
}

/** Plays what the page gives. "clear" forgets what waits. */
class Player extends AudioWorkletProcessor {
  constructor() {
    super();
    this.clear();
    this.loudest = 0;
    this.sinceTold = 0;
    this.port.onmessage = ({ data }) => {
      if (data === "clear") this.clear();
      else if (data === "end") this.mayStart = true; // no more comes: what there is, is all
      else this.take(data);
    };
  }

  clear() {
    this.pieces = [];
    this.at = 0; // in the first piece
    this.waiting = 0;
    this.mayStart = false;
  }

  take(samples) {
    this.pieces.push(samples);
    this.waiting += samples.length;
    if (this.waiting >= LEAD * sampleRate) this.mayStart = true;
  }

  process(inputs, [output]) {
    const [out] = output;
    for (let n = 0; n < out.length; n += 1) {
      out[n] = this.mayStart && this.waiting ? this.next() : 0;
      this.loudest = Math.max(this.loudest, Math.abs(out[n]));
    }
    if (!this.waiting) this.mayStart = false;
    this.sinceTold += out.length;
    if (this.sinceTold >= sampleRate / 20) {
      this.port.postMessage(this.loudest);
      this.loudest = this.sinceTold = 0;
    }
    return true;
  }

  next() {
    const [piece] = this.pieces;
    const sample = piece[this.at];
    this.at += 1;
    this.waiting -= 1;
    if (this.at === piece.length) {
      this.pieces.shift();
      this.at = 0;
    }
    return sample;
  }
}

registerProcessor("hub-recorder", Recorder);
registerProcessor("hub-player", Player);
