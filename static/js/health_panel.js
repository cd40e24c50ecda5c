// The health of a call's streams on its page: a strip with the worst of each kind while it is live, and a table by track.

import { el, setClass, setHidden, setText } from "./dom.js";
import { JITTER_HIGH, LAG_HIGH, LOSS_HIGH, SILENCE_LONG, ofTracks, totals } from "./health.js";
import { rough } from "./time.js";
import { speakerOf } from "./transcript_line.js";
import { fill, gettext, locale, number, pgettext } from "./words.js";

const SHORT = 1000; // ms of silence that nobody needs to be told

const percent = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 1 });

function gapsText({ lost, share }) {
  return lost ? fill(gettext("%(lost)s frames (%(share)s)"), { lost: number(lost), share: percent.format(share) }) : pgettext("gaps", "none");
}

const silenceText = (ms) => (ms === null ? "–" : ms < SHORT ? pgettext("silence", "none") : rough(ms));
const jitterText = (ms) => (ms === null ? "–" : rough(ms));

export class HealthPanel {
  /** `strip` and `panel` hold the readings, by `data-part`. */
  constructor(strip, panel) {
    const part = (root, name) => root.querySelector(`[data-part="health-${name}"]`);
    this.strip = strip;
    this.readings = Object.fromEntries(["lag", "gaps", "jitter", "silence"].map((name) => [name, part(strip, name)]));
    this.table = part(panel, "tracks");
    this.sums = Object.fromEntries(["frames", "duplicates", "reordered", "late", "skipped"].map((name) => [name, part(panel, name)]));
    this.rows = new Map(); // track -> its cells
  }

  show(streams, health, isLive) {
    const tracks = ofTracks(streams, health);
    const sum = totals(streams);
    for (const name of ["frames", "duplicates", "reordered", "late"]) setText(this.sums[name], number(sum[name]));
    setText(this.sums.skipped, health.skippedMs ? rough(health.skippedMs) : pgettext("not transcribed", "none"));
    setHidden(this.table, tracks.length === 0);
    for (const track of tracks) this.showTrack(track, isLive);
    setHidden(this.strip, !isLive);
    if (isLive) this.showStrip(tracks, sum, health);
  }

  showTrack({ track, lost, share, jitterMs, silenceMs }, isLive) {
    if (!this.rows.has(track)) {
      const cells = Array.from({ length: 3 }, () => el("td"));
      this.table.tBodies[0].append(el("tr", {}, el("th", { scope: "row" }, speakerOf({ track }).name), ...cells));
      this.rows.set(track, cells);
    }
    const [gaps, jitter, silence] = this.rows.get(track);
    setText(gaps, gapsText({ lost, share }));
    setText(jitter, jitterText(jitterMs));
    setText(silence, isLive ? silenceText(silenceMs) : "–");
    setClass(gaps, "worry", share > LOSS_HIGH);
    setClass(jitter, "worry", jitterMs > JITTER_HIGH);
    setClass(silence, "worry", isLive && silenceMs > SILENCE_LONG);
  }

  showStrip(tracks, sum, health) {
    const worst = (name) => tracks.reduce((most, track) => ((track[name] ?? -1) > (most?.[name] ?? -1) ? track : most), null);
    const [uneven, silent] = [worst("jitterMs"), worst("silenceMs")];
    const share = sum.lost / Math.max(1, sum.frames + sum.lost);
    const silence = silent?.silenceMs >= SHORT ? fill(gettext("%(who)s %(length)s"), { who: speakerOf(silent).name, length: rough(silent.silenceMs) }) : pgettext("silence", "none");
    this.tell("lag", fill(gettext("%(length)s behind"), { length: rough(health.recognizerLagMs) }), health.recognizerLagMs > LAG_HIGH);
    this.tell("gaps", gapsText({ lost: sum.lost, share }), share > LOSS_HIGH);
    this.tell("jitter", jitterText(uneven?.jitterMs ?? null), uneven?.jitterMs > JITTER_HIGH);
    this.tell("silence", silence, silent?.silenceMs > SILENCE_LONG);
  }

  tell(name, text, worries) {
    const reading = this.readings[name];
    setText(reading.querySelector("[data-text]"), text);
    setText(reading.querySelector(".unseen"), worries ? gettext("needs a look") : "");
    setClass(reading.parentElement, "worry", worries);
  }
}
