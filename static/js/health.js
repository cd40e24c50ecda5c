// How well a call's streams come in, in figures that a supervisor can read.

import { rough } from "./time.js";
import { fill, gettext, ngettext, number } from "./words.js";

export const LAG_HIGH = 3000; // ms
export const SILENCE_LONG = 20_000;
export const LOSS_HIGH = 0.01;
export const JITTER_HIGH = 60; // ms

/** Adds up the counters of the tracks of all streams. */
export function totals(streams) {
  const sum = { frames: 0, lost: 0, duplicates: 0, reordered: 0, late: 0, resyncs: 0 };
  for (const stream of streams) {
    for (const track of Object.values(stream.tracks)) for (const name in sum) sum[name] += track[name] ?? 0;
  }
  return sum;
}

/** By track, over all streams: `{lost, share, jitterMs, silenceMs}`; the last two are null where nobody measured them. */
export function ofTracks(streams, health) {
  const found = new Map();
  for (const stream of streams) {
    for (const [track, { frames = 0, lost = 0 }] of Object.entries(stream.tracks)) {
      const sum = found.get(track) ?? { frames: 0, lost: 0 };
      found.set(track, { frames: sum.frames + frames, lost: sum.lost + lost });
    }
  }
  return [...found].map(([track, { frames, lost }]) => {
    const share = lost / Math.max(1, frames + lost);
    return { track, lost, share, jitterMs: health.jitterMs?.[track] ?? null, silenceMs: health.silenceMs[track] ?? null };
  });
}

const silence = (length) => ({ text: fill(gettext("nobody has spoken for %(length)s"), { length }), short: fill(gettext("silent for %(length)s"), { length }) });

/** What deserves attention, most pressing first: `{level: "bad" | "warn" | "fine", text}`, and `short` where that is long. Silence
 * has the `kind` "silence". */
export function worries(streams, health) {
  const found = [];
  if (health.bot?.error) found.push({ level: "bad", text: fill(gettext("The bot %(bot)s failed: %(reason)s"), { bot: health.bot.name, reason: health.bot.error }), short: gettext("bot failed") });
  const { frames, lost } = totals(streams);
  if (health.skippedMs > 0) found.push({ level: "bad", text: fill(gettext("%(length)s not transcribed"), { length: rough(health.skippedMs) }) });
  if (health.recognizerLagMs > LAG_HIGH) found.push({ level: "warn", text: fill(gettext("transcript %(length)s behind"), { length: rough(health.recognizerLagMs) }) });
  if (lost) found.push({ level: lost > (frames + lost) * LOSS_HIGH ? "warn" : "fine", text: fill(ngettext("%(count)s frame lost", "%(count)s frames lost", lost), { count: number(lost) }) });
  const jitterMs = Math.max(0, ...Object.values(health.jitterMs ?? {}));
  if (jitterMs > JITTER_HIGH) found.push({ level: "warn", text: fill(gettext("arrives unevenly: %(jitter)s of jitter"), { jitter: rough(jitterMs) }), short: gettext("jitter") });
  const silent = Object.entries(health.silenceMs).filter(([, ms]) => ms > SILENCE_LONG);
  if (silent.length && silent.length === Object.keys(health.silenceMs).length) {
    found.push({ kind: "silence", level: "warn", ...silence(rough(Math.min(...silent.map(([, ms]) => ms)))) });
  }
  for (const { detail } of health.warnings) found.push({ level: "warn", text: detail, short: gettext("stream warning") });
  return found;
}
