// The recording: asked for once the call is over, until it is finished; then an ordinary audio element with seeking.

import { setHidden, setText } from "./dom.js";
import { Waveform } from "./waveform.js";
import { gettext } from "./words.js";

const LONGEST_WAIT = 30_000;

export class Player {
  constructor(root, { callId, onTime }) {
    this.root = root;
    this.audio = root.querySelector("audio");
    this.note = root.querySelector('[data-part="player-note"]');
    this.download = root.querySelector('[data-part="player-download"]');
    this.url = `/api/v1/calls/${callId}/recording/`;
    const waveform = root.querySelector('[data-part="player-waveform"]');
    this.waveform = waveform && new Waveform(waveform, this.audio); // a short test call needs none
    this.isReady = false;
    this.asking = false;
    this.cued = 0; // seconds: where it begins
    this.audio.addEventListener("timeupdate", () => onTime(this.audio.paused && !this.audio.currentTime ? null : this.audio.currentTime * 1000));
    this.audio.addEventListener("ended", () => onTime(null));
    this.audio.addEventListener("error", () => this.isReady && this.fail(gettext("The recording could not be played. Download it instead.")));
  }

  /** Takes the call's newest state: a call that lives again has no finished recording any more. */
  follow(call) {
    if (call.state === "live") {
      clearTimeout(this.timer);
      if (this.isReady) this.audio.pause();
      this.isReady = this.asking = false;
      setHidden(this.audio, true);
      this.waveform?.hide();
      setHidden(this.download, true);
      setText(this.note, gettext("The recording can be played once the call is over."));
    } else if (!this.isReady && !this.asking) {
      this.asking = true;
      this.ask(0);
    }
  }

  async ask(attempt) {
    let told = { state: "away" }; // no connection at the moment, or the hub fails
    let wait = Math.min(LONGEST_WAIT, 1000 * 1.6 ** attempt);
    try {
      // Not the recording itself: whoever asks for that is on record as having heard it.
      const answer = await fetch(`${this.url}peaks/`, { cache: "no-store" });
      const after = Number(answer.headers.get("Retry-After"));
      if (after > 0) wait = Math.min(LONGEST_WAIT, after * 1000);
      if (answer.ok) told = await answer.json();
      else if (answer.status < 500) told = { state: "refused" };
    } catch {
      // away
    }
    if (!this.asking) return;
    if (told.state === "ready") {
      this.peaks = told;
      this.show();
    } else if (told.state === "pending" || told.state === "away") {
      setText(this.note, told.state === "away" ? gettext("The recording can't be reached at the moment. Trying again…") : gettext("The recording is being finished…"));
      this.timer = setTimeout(() => this.ask(attempt + 1), wait);
    } else {
      this.asking = false;
      this.fail(told.detail ?? gettext("The recording could not be loaded. Reload the page to try again."));
    }
  }

  show() {
    this.asking = false;
    this.isReady = true;
    setText(this.note, "");
    this.audio.src = this.url;
    this.audio.currentTime = this.cued;
    setHidden(this.audio, false);
    setHidden(this.download, false);
    this.waveform?.show(this.peaks);
  }

  fail(text) {
    setHidden(this.audio, true);
    this.waveform?.hide();
    setText(this.note, text);
  }

  /** Waits there, as soon as there is something to play. */
  cue(ms) {
    this.cued = ms / 1000;
    if (this.isReady) this.audio.currentTime = this.cued;
  }

  /** Plays from there, if there is something to play. */
  seek(ms) {
    if (!this.isReady) {
      this.note.classList.add("nudge");
      setTimeout(() => this.note.classList.remove("nudge"), 900);
      return;
    }
    this.audio.currentTime = ms / 1000;
    this.audio.play().catch(() => {}); // the browser may want a click on the player itself first
  }
}
