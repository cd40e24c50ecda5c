// What can be done with a line of the transcript, and with all of it: a link to the moment, the text for elsewhere.

import { copyText } from "./clipboard.js";
import { announce, el, setText } from "./dom.js";
import { clock } from "./time.js";
import { shownText, speakerOf } from "./transcript_line.js";
import { fill, gettext } from "./words.js";

const SHOWN = 2500; // ms

/** Says on the button itself what came of it. */
async function copyAndTell(button, label, text, done) {
  const before = label.dataset.before ?? label.textContent;
  label.dataset.before = before;
  const said = (await copyText(text)) ? done : gettext("The browser did not allow it");
  setText(label, said);
  announce(said);
  clearTimeout(button.timer);
  button.timer = setTimeout(() => setText(label, before), SHOWN);
}

/** One button for all lines: it stands in the line under the pointer, or in the one that has the focus. */
export class LineLink {
  constructor(transcript) {
    this.transcript = transcript;
    this.label = el("span", {}, gettext("Copy link"));
    this.button = el("button", { type: "button", class: "line-link" }, this.label);
    this.button.addEventListener("click", () => this.copy());
    const { log } = transcript;
    log.addEventListener("pointerover", ({ target }) => document.activeElement !== this.button && this.stand(target));
    log.addEventListener("focusin", ({ target }) => target !== this.button && this.stand(target));
  }

  stand(target) {
    const row = this.transcript.rowOf(target);
    if (!row?.segment || row === this.row) return;
    this.row = row;
    const at = clock(row.startMs);
    this.button.setAttribute("aria-label", fill(gettext("Copy a link to %(at)s"), { at }));
    row.node.querySelector(".at").after(this.button);
  }

  copy() {
    const address = new URL(location.href);
    address.search = `?at=${this.row.startMs}`;
    address.hash = "";
    copyAndTell(this.button, this.label, address.href, gettext("Link copied"));
  }
}

/** The transcript as text: a line a turn. */
export function asText(transcript) {
  const lines = [];
  let last = null;
  for (const { segment } of transcript.rows) {
    if (!segment) continue;
    const { name } = speakerOf(segment);
    if (name === last) lines[lines.length - 1] += ` ${shownText(segment)}`;
    else lines.push(`[${clock(segment.startMs)}] ${name}: ${shownText(segment)}`);
    last = name;
  }
  return lines.join("\n") + "\n";
}

export function offerCopy(button, transcript) {
  button.addEventListener("click", () => copyAndTell(button, button.querySelector("[data-text]"), asText(transcript), gettext("Copied")));
}
