// What was taken out of a transcript, set off from what was said: labels, and dots while it is not decided.

import { el } from "./dom.js";
import { gettext } from "./words.js";

const PARTS = /(\[(?:card number|IBAN|social security number|security code)\]|•+(?:\s•+)*)/u;

/** Pieces of a line (texts and elements) with what was taken out as elements of their own. */
export function withMasked(segment, pieces) {
  if (!segment.masked?.length) return pieces;
  return pieces.flatMap((piece) => (typeof piece === "string" ? piece.split(PARTS).flatMap(marked) : [piece]));
}

function marked(text, index) {
  if (text === "") return [];
  if (index % 2 === 0) return [text];
  if (text.startsWith("•")) return [el("span", { class: "masked", title: gettext("Hidden until it is known whether it is sensitive") }, text)];
  return [el("span", { class: "masked", title: gettext("Taken out before it was stored; the recording is silent here") }, text)];
}
