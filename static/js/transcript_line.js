// What one line of the transcript looks like: who, when, the words, and how sure the recogniser was of them.

import { el } from "./dom.js";
import { withMasked } from "./masked.js";
import { clock, rough } from "./time.js";
import { fill, gettext } from "./words.js";

const KEYS = /^\[keys: (.+)\]$/; // what the hub writes where the caller pressed some
const UNSURE = 0.5; // a word or segment below is perhaps misheard
const HAZY = 0.7; // a word below is less sure than most

const names = { agent: gettext("Agent"), customer: gettext("Customer"), bot: gettext("Bot") };

/** The keys that a segment tells of; null where it holds speech. */
export function pressedKeys(text) {
  return KEYS.exec(text)?.[1] ?? null;
}

/** Who speaks in a segment or interim: `kind` for its look, `name` to show. A supervisor speaks on the bot's track. */
export function speakerOf({ track, participant }) {
  if (track !== "bot" || !participant) return { kind: track, name: names[track] ?? track };
  return participant === "supervisor" ? { kind: participant, name: gettext("Supervisor") } : { kind: track, name: participant };
}

/** Where each word of a segment stands in its text, as `[from, to, word]`. */
export function places(segment, text = segment.text) {
  let at = 0;
  return segment.words.flatMap((word) => {
    const from = text.indexOf(word.text, at);
    if (from < 0) return [];
    at = from + word.text.length;
    return [[from, at, word]];
  });
}

/** What a line shows as its words. */
export function shownText({ text }) {
  const keys = pressedKeys(text);
  return keys ? `${gettext("Pressed")} ${[...keys].join(" ")}` : text;
}

/** `seeks`: its time is a button; whoever listens to the log knows what it does. */
export function makeLine(segment, seeks) {
  const { kind, name } = speakerOf(segment);
  const at = clock(segment.startMs);
  const time = seeks
    ? el("button", { type: "button", class: "at", tabindex: "-1", "aria-label": fill(gettext("%(at)s: play from here"), { at }) }, at)
    : el("span", { class: "at" }, at);
  const by = el("p", { class: "by" }, el("b", {}, name), " ", time);
  const { confidence } = segment;
  if (confidence !== null) by.append(el("span", { class: "sure", title: gettext("How sure the recogniser is") }, `${Math.round(confidence * 100)} %`));
  const isFaint = confidence !== null && confidence < UNSURE;
  return el("li", { class: `line ${kind}${isFaint ? " faint" : ""}` }, by, makeWords(segment));
}

function makeWords(segment) {
  const words = el("p", { class: "words" });
  const keys = pressedKeys(segment.text);
  if (keys) {
    words.classList.add("pressed");
    words.append(gettext("Pressed"), ...[...keys].flatMap((key) => [" ", el("kbd", {}, key)]));
  } else if (segment.words.some(({ confidence }) => confidence !== null && confidence < HAZY)) {
    words.append(...withMasked(segment, shaded(segment)));
  } else {
    words.append(...withMasked(segment, [segment.text]));
  }
  return words;
}

/** The text in pieces: words of doubt are elements, whatever stands between them is not. */
function shaded(segment) {
  const pieces = [];
  let told = 0; // characters
  let hazy = null; // a run of words that are all a little doubtful
  for (const [from, to, { confidence }] of places(segment)) {
    if (confidence === null || confidence >= HAZY) {
      hazy = null;
      continue;
    }
    const between = segment.text.slice(told, from);
    const text = segment.text.slice(from, to);
    if (confidence >= UNSURE && hazy) {
      hazy.append(between, text);
    } else {
      const percent = Math.round(confidence * 100);
      const isUnsure = confidence < UNSURE;
      const title = isUnsure ? fill(gettext("Perhaps misheard (%(percent)s %% sure)"), { percent }) : gettext("Less sure than the rest");
      const piece = el("span", { class: isUnsure ? "unsure" : "hazy", title }, text);
      pieces.push(between, piece);
      hazy = isUnsure ? null : piece;
    }
    told = to;
  }
  return [...pieces, segment.text.slice(told)].filter((piece) => piece !== "");
}

/** A passage that the recogniser could not take. */
export function makeGap(gap) {
  const values = { length: rough(gap.endMs - gap.startMs), who: (names[gap.track] ?? gap.track).toLowerCase(), at: clock(gap.startMs) };
  const told = fill(gettext("%(length)s of the %(who)s from %(at)s could not be transcribed."), values);
  const later = gap.state === "pending" ? ` ${gettext("It follows after the call.")}` : "";
  return el("li", { class: `gap ${gap.track}` }, told + later);
}
