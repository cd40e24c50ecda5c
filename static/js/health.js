// How well a call's streams come in, in figures that a supervisor can read.

import { rough } from "./time.js";

export const LAG_HIGH = 3000; // ms
export const SILENCE_LONG = 20_000;
export const LOSS_HIGH = 0.01;

/** Adds up the counters of the tracks of all streams. */
export function totals(streams) {
  const sum = { frames: 0, lost: 0, duplicates: 0, reordered: 0, late: 0, resyncs: 0 };
  for (const stream of streams) {
    for (const track of Object.values(stream.tracks)) for (const name in sum) sum[name] += track[name] ?? 0;
  }
  return sum;
}

/** What deserves attention, most pressing first: `{level: "bad" | "warn", text}`. */
export function worries(streams, health) {
  const found = [];
  const { frames, lost } = totals(streams);
  if (health.skippedMs > 0) found.push({ level: "bad", text: `${rough(health.skippedMs)} not transcribed` });
  if (health.recognizerLagMs > LAG_HIGH) found.push({ level: "warn", text: `transcript ${rough(health.recognizerLagMs)} behind` });
  if (lost) found.push({ level: lost > (frames + lost) * LOSS_HIGH ? "warn" : "fine", text: `${lost} frames lost` });
  const silent = Object.entries(health.silenceMs).filter(([, ms]) => ms > SILENCE_LONG);
  if (silent.length && silent.length === Object.keys(health.silenceMs).length) {
    found.push({ level: "warn", text: `silent for ${rough(Math.min(...silent.map(([, ms]) => ms)))}` });
  }
  return found;
}
