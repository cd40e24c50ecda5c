// What speakers are saying at the moment: one line each, replaced in place until the final comes.

import { el, setText } from "./dom.js";
import { speakerOf } from "./transcript_line.js";
import { gettext } from "./words.js";

/** Whether an interim tells of the same speech as a final: then the final replaces it, however late the interim comes. */
export function isOvertaken(interim, final) {
  return interim.startMs <= final.startMs || interim.startMs < (final.startMs + final.endMs) / 2;
}

/** Interims and finals of one speaker: of a track of a stream. */
export function lane(segment) {
  return `${segment.streamId} ${segment.track}`;
}

export class Interims {
  constructor(root) {
    this.root = root;
    this.shown = new Map(); // lane -> {interim, node, text, name}
    this.finals = new Map(); // lane -> newest final
  }

  get size() {
    return this.shown.size;
  }

  put(interim) {
    const key = lane(interim);
    const last = this.finals.get(key);
    if (!interim.text) return this.drop(key);
    if (last && isOvertaken(interim, last)) return;
    const { kind, name } = speakerOf(interim);
    if (this.shown.get(key)?.name !== name) this.drop(key);
    if (!this.shown.has(key)) this.open(key, kind, name);
    const shown = this.shown.get(key);
    shown.interim = interim;
    setText(shown.text, interim.text);
  }

  open(key, kind, name) {
    const text = el("p", { class: "words" });
    const node = el("div", { class: `line interim ${kind}` }, el("p", { class: "by" }, el("b", {}, name), ` ${gettext("is speaking")}`), text);
    this.shown.set(key, { node, text, name });
    this.root.append(node);
  }

  final(segment) {
    const key = lane(segment);
    const last = this.finals.get(key);
    if (!last || segment.endMs > last.endMs) this.finals.set(key, segment);
    const shown = this.shown.get(key);
    if (shown && isOvertaken(shown.interim, segment)) this.drop(key);
  }

  drop(key) {
    this.shown.get(key)?.node.remove();
    this.shown.delete(key);
  }

  clear() {
    for (const key of [...this.shown.keys()]) this.drop(key);
  }
}
