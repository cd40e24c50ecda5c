// A sentence is held against a rule for alerts as it stands in the form, saved or not.

import { Refused, request } from "./api.js";
import { el, setHidden } from "./dom.js";
import { fill, gettext, number } from "./words.js";

const WAIT = 300; // ms after the last key

const panel = document.getElementById("try-it");
const isPhrase = panel.dataset.kind === "phrase";
const sentence = document.getElementById("sentence");
const rule = document.querySelector(isPhrase ? "[name=expression]" : "[name=threshold]");
const verdict = panel.querySelector("[data-part=verdict]");
const shown = panel.querySelector("[data-part=text]");
const hint = verdict.textContent;

let timer = null;
let asked = null; // what is on its way

function tell(text, look = "") {
  verdict.className = `tried ${look}`;
  verdict.textContent = text;
}

async function ask() {
  asked?.abort();
  const text = sentence.value.trim();
  setHidden(shown, true);
  if (!text) return tell(hint);
  asked = new AbortController();
  try {
    const body = isPhrase ? { text, expression: rule.value } : { text };
    const { found, pieces, mood } = await request("POST", "alert-rules/try/", body, { signal: asked.signal });
    if (!isPhrase) {
      const isBelow = mood < Number(rule.value);
      const words = isBelow ? gettext("It raises an alert by itself: its mood is %(mood)s.") : gettext("It raises none by itself: its mood is %(mood)s.");
      return tell(fill(words, { mood: number(mood, 2) }), isBelow ? "found" : "");
    }
    tell(found ? gettext("It matches, here:") : gettext("It does not match."), found ? "found" : "");
    shown.replaceChildren(...pieces.map((piece) => (piece.match ? el("mark", {}, piece.text) : piece.text)));
    setHidden(shown, !found);
  } catch (error) {
    if (error.name === "AbortError") return;
    if (!(error instanceof Refused)) throw error;
    tell(error.errors[0]?.detail ?? error.message, "wrong");
  }
}

function later() {
  clearTimeout(timer);
  timer = setTimeout(ask, WAIT);
}

sentence.addEventListener("input", later);
rule.addEventListener("input", later);
ask(); // of what was typed before this script was there, or the browser kept
