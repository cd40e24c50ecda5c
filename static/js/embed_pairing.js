// The iFrame asks to act for somebody: it shows a code, which the person confirms in a window of the hub's own.

import { request, useBearer } from "./api.js";
import { Pairing } from "./embed_access.js";
import { announce, setHidden, setText } from "./dom.js";
import { serverNow } from "./time.js";
import { fill, gettext } from "./words.js";

const LOOK = 2000; // ms between two looks whether it was confirmed

/** The origin of the page around the iFrame, as far as the browser tells. */
function site() {
  try {
    return location.ancestorOrigins?.[0] ?? (document.referrer ? new URL(document.referrer).origin : "");
  } catch {
    return "";
  }
}

export class PairingPanel {
  /** `onPaired(pairing)` once it was confirmed. */
  constructor(root, { onPaired }) {
    Object.assign(this, { root, onPaired, pairing: null });
    const part = (name) => root.querySelector(`[data-part="pair-${name}"]`);
    for (const name of ["start", "waits", "code", "link", "state", "problem"]) this[name] = part(name);
    this.start.addEventListener("click", () => this.ask());
  }

  show() {
    setHidden(this.root, false);
  }

  async ask() {
    this.start.disabled = true;
    setHidden(this.problem, true);
    try {
      useBearer(null);
      const answer = await request("POST", "embed/pairings/", { site: site() });
      this.pairing = new Pairing(answer.token);
      this.endsAt = Date.parse(answer.expiresAt);
      setText(this.code, answer.code);
      this.link.href = `/pair/#${answer.code}`;
      setHidden(this.waits, false);
      setHidden(this.start, true);
      announce(fill(gettext("The code is %(code)s."), { code: [...answer.code].join(" ") }));
      this.link.focus();
      this.timer = setTimeout(() => this.look(), LOOK);
    } catch (error) {
      this.fail(error.message);
    } finally {
      this.start.disabled = false;
    }
  }

  async look() {
    const left = Math.max(0, Math.ceil((this.endsAt - serverNow()) / 60_000));
    setText(this.state, fill(gettext("Waiting to be confirmed. The code holds for %(minutes)s more minutes."), { minutes: left }));
    try {
      const told = await this.pairing.look();
      if (told === null) return this.fail(gettext("The code was refused or has run out."));
      if (told.state === "paired") {
        setHidden(this.root, true);
        return this.onPaired(this.pairing, told);
      }
    } catch {
      setText(this.state, gettext("The hub can't be reached at the moment. Trying again…"));
    }
    this.timer = setTimeout(() => this.look(), LOOK);
  }

  fail(text) {
    setHidden(this.waits, true);
    setHidden(this.start, false);
    setHidden(this.problem, false);
    setText(this.problem.querySelector("[data-text]"), text);
    setText(this.start, gettext("Show another code"));
  }
}
