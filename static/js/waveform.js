// The recording's waveform: the agent above, the customer below, as a slider that seeks.

import { announce, setHidden } from "./dom.js";
import { Sides } from "./sides.js";
import { clock } from "./time.js";
import { fill, gettext } from "./words.js";

const QUIET = 0.04; // of the loudest peak: less is silence
const LEAST = 4; // of 255
const SHORTEST = 1500; // ms of silence that are worth a skip
const EDGE = 300; // ms that are kept at both ends of it

/** The stretches in which neither side is heard, as `[from, to]` in ms. */
export function silences({ stepMs, left, right }) {
  const limit = Math.max(LEAST, QUIET * left.concat(right).reduce((most, peak) => Math.max(most, peak), 0));
  const found = [];
  let from = null;
  for (let n = 0; n <= left.length; n += 1) {
    const isQuiet = n < left.length && left[n] <= limit && right[n] <= limit;
    if (isQuiet && from === null) from = n;
    if (isQuiet || from === null) continue;
    if ((n - from) * stepMs >= SHORTEST) found.push([from * stepMs + EDGE, n * stepMs - EDGE]);
    from = null;
  }
  return found;
}

export class Waveform {
  /** `root` holds the slider with its canvas, the speed and the switch for silence. */
  constructor(root, audio) {
    Object.assign(this, { root, audio, peaks: null, silent: [] });
    for (const name of ["wave", "speed", "skip"]) this[name] = root.querySelector(`[data-part="player-${name}"]`);
    this.canvas = this.wave.querySelector("canvas");
    this.speed.addEventListener("change", () => (audio.playbackRate = Number(this.speed.value)));
    this.wave.addEventListener("pointerdown", (event) => this.drag(event));
    this.wave.addEventListener("pointermove", (event) => event.buttons & 1 && this.drag(event));
    this.wave.addEventListener("keydown", (event) => this.press(event));
    for (const [side, button] of root.querySelectorAll('[data-part="player-mute"]').entries()) button.addEventListener("click", () => this.mute(side, button));
    audio.addEventListener("timeupdate", () => this.move());
    new ResizeObserver(() => this.draw()).observe(this.wave);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
    new MutationObserver(() => this.draw()).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  }

  show(peaks) {
    this.peaks = peaks;
    this.silent = silences(peaks);
    this.wave.setAttribute("aria-valuemax", Math.round(peaks.durationMs / 1000));
    setHidden(this.root, false);
    this.move();
  }

  hide() {
    setHidden(this.root, true);
  }

  mute(side, button) {
    this.sides ??= new Sides(this.audio);
    const muted = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(muted));
    this.sides.mute(side, muted);
  }

  drag(event) {
    const { left, width } = this.wave.getBoundingClientRect();
    this.seek(((event.clientX - left) / width) * (this.peaks.durationMs / 1000));
  }

  seek(seconds) {
    this.audio.currentTime = Math.max(0, Math.min(this.peaks.durationMs / 1000, seconds));
    this.move();
  }

  press(event) {
    const step = event.shiftKey ? 1 : 5;
    const to = { ArrowLeft: this.audio.currentTime - step, ArrowRight: this.audio.currentTime + step, Home: 0, End: this.peaks.durationMs / 1000 }[event.key];
    if (event.key === " ") this.audio.paused ? this.audio.play().catch(() => {}) : this.audio.pause();
    else if (to === undefined) return;
    else this.seek(to);
    event.preventDefault();
  }

  move() {
    if (!this.peaks) return;
    const now = this.audio.currentTime * 1000;
    const skipped = this.skip.checked && !this.audio.paused && this.silent.find(([from, to]) => from <= now && now < to - 100);
    if (skipped) {
      this.audio.currentTime = skipped[1] / 1000;
      announce(fill(gettext("Skipped %(seconds)s s of silence"), { seconds: Math.round((skipped[1] - now) / 1000) }));
    }
    this.wave.setAttribute("aria-valuenow", Math.round(this.audio.currentTime));
    this.wave.setAttribute("aria-valuetext", fill(gettext("%(at)s of %(all)s"), { at: clock(this.audio.currentTime * 1000), all: clock(this.peaks.durationMs) }));
    this.draw();
  }

  draw() {
    if (!this.peaks || this.root.hidden) return;
    const scale = devicePixelRatio || 1;
    const [width, height] = [this.wave.clientWidth * scale, this.wave.clientHeight * scale];
    Object.assign(this.canvas, { width, height });
    const pen = this.canvas.getContext("2d");
    const look = getComputedStyle(this.canvas);
    const at = (this.audio.currentTime * 1000) / this.peaks.durationMs;
    for (const [side, up, color] of [["left", -1, look.borderTopColor], ["right", 1, look.borderBottomColor]]) {
      const peaks = this.peaks[side];
      pen.fillStyle = color;
      for (let x = 0; x < width; x += 1) {
        let most = 0;
        const last = Math.max(Math.floor((x / width) * peaks.length) + 1, Math.floor(((x + 1) / width) * peaks.length));
        for (let n = Math.floor((x / width) * peaks.length); n < last && n < peaks.length; n += 1) most = Math.max(most, peaks[n]);
        const tall = Math.max(scale / 2, (most / 255) * (height / 2 - 1));
        pen.globalAlpha = x / width < at ? 1 : 0.45;
        pen.fillRect(x, up < 0 ? height / 2 - tall : height / 2, 1, tall);
      }
    }
    pen.globalAlpha = 1;
    pen.fillStyle = look.color;
    pen.fillRect(Math.min(width - 2 * scale, at * width), 0, 2 * scale, height);
  }
}
