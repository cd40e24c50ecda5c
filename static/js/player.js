// The recording: asked for once the call is over, until it is finished; then an ordinary audio element with seeking.

import { setHidden, setText } from "./dom.js";

const LONGEST_WAIT = 30_000;

export class Player {
  constructor(root, { callId, onTime }) {
    this.root = root;
    this.audio = root.querySelector("audio");
    this.note = root.querySelector('[data-part="player-note"]');
    this.download = root.querySelector('[data-part="player-download"]');
    this.url = `/api/v1/calls/${callId}/recording/`;
    this.isReady = false;
    this.asking = false;
    this.audio.addEventListener("timeupdate", () => onTime(this.audio.paused && !this.audio.currentTime ? null : this.audio.currentTime * 1000));
    this.audio.addEventListener("ended", () => onTime(null));
    this.audio.addEventListener("error", () => this.isReady && this.fail("The recording could not be played. Download it instead."));
  }

  /** Takes the call's newest state: a call that lives again has no finished recording any more. */
  follow(call) {
    if (call.state === "live") {
      clearTimeout(this.timer);
      if (this.isReady) this.audio.pause();
      this.isReady = this.asking = false;
      setHidden(this.audio, true);
      setHidden(this.download, true);
      setText(this.note, "The recording can be played once the call is over.");
    } else if (!this.isReady && !this.asking) {
      this.asking = true;
      this.ask(0);
    }
  }

  async ask(attempt) {
    let status = 0;
    let problem = {};
    let wait = Math.min(LONGEST_WAIT, 1000 * 1.6 ** attempt);
    try {
      const answer = await fetch(this.url, { headers: { Range: "bytes=0-0" }, cache: "no-store" });
      status = answer.status;
      const after = Number(answer.headers.get("Retry-After"));
      if (after > 0) wait = Math.min(LONGEST_WAIT, after * 1000);
      if (answer.ok) answer.body?.cancel();
      else problem = await answer.json().catch(() => ({}));
    } catch {
      status = 503; // no connection at the moment
    }
    if (!this.asking) return;
    if (status === 200 || status === 206) {
      this.show();
    } else if (problem.code === "not_ready" || status >= 500) {
      setText(this.note, status >= 500 ? "The recording can't be reached at the moment. Trying again…" : "The recording is being finished…");
      this.timer = setTimeout(() => this.ask(attempt + 1), wait);
    } else {
      this.asking = false;
      this.fail(problem.detail ?? "The recording could not be loaded. Reload the page to try again.");
    }
  }

  show() {
    this.asking = false;
    this.isReady = true;
    setText(this.note, "");
    this.audio.src = this.url;
    setHidden(this.audio, false);
    setHidden(this.download, false);
  }

  fail(text) {
    setHidden(this.audio, true);
    setText(this.note, text);
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
