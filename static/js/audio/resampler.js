// Changes the rate of a stream of samples, by a windowed sinc. What comes out is late by half the window.

const CROSSINGS = 16; // of the sinc on each side
const STEPS = 256; // of the table between two samples

export class Resampler {
  constructor(from, to) {
    this.step = from / to; // input samples an output sample
    const cutoff = Math.min(1, to / from) * 0.94;
    this.reach = Math.ceil(CROSSINGS / cutoff); // input samples on each side
    this.table = Float32Array.from({ length: this.reach * STEPS + 2 }, (_, n) => kernel(n / STEPS, cutoff, this.reach));
    this.reset();
  }

  reset() {
    this.input = new Float32Array(this.reach); // before the first sample there is silence
    this.at = this.reach; // the next output's place in the input
  }

  /** All that can be told with what came so far. */
  process(samples) {
    const input = new Float32Array(this.input.length + samples.length);
    input.set(this.input);
    input.set(samples, this.input.length);
    const output = [];
    for (; this.at + this.reach < input.length; this.at += this.step) output.push(this.sample(input, this.at));
    const used = Math.max(0, Math.floor(this.at) - this.reach);
    this.input = input.slice(used);
    this.at -= used;
    return Float32Array.from(output);
  }

  sample(input, at) {
    let sum = 0;
    for (let n = Math.ceil(at - this.reach), last = Math.floor(at + this.reach); n <= last; n += 1) {
      const place = Math.abs(at - n) * STEPS;
      const low = Math.floor(place);
      sum += input[n] * (this.table[low] + (place - low) * (this.table[low + 1] - this.table[low]));
    }
    return sum;
  }
}

function kernel(x, cutoff, reach) {
  if (x >= reach) return 0;
  const angle = Math.PI * x * cutoff;
  const sinc = angle ? Math.sin(angle) / angle : 1;
  return cutoff * sinc * (0.5 + 0.5 * Math.cos((Math.PI * x) / reach));
}
