// Tries a recogniser with a file or ten seconds of the microphone.

import { request } from "./api.js";
import { encode, join, wavHeader } from "./audio/formats.js";
import { Resampler } from "./audio/resampler.js";
import { Sound } from "./audio/sound.js";
import { el, setHidden, setText } from "./dom.js";
import { clock, rough } from "./time.js";
import { fill, gettext } from "./words.js";

const SECONDS = 10;
const RATE = 16_000;
const PCM = { rate: RATE, width: 2, tag: 1 };
const UNSURE = 0.5;

const root = document.getElementById("try");
const part = (name) => root.querySelector(`[data-part="${name}"]`);
const name = root.querySelector("#try-name");
const language = root.querySelector("#try-language");
let pieces = null; // while it records
let sound = null;

function say(text) {
  setText(part("state"), text);
}

function fail(error) {
  say("");
  setText(part("wrong"), error.message);
  setHidden(part("wrong"), false);
}

function busy(isBusy) {
  for (const control of [part("choose"), name, language]) control.disabled = isBusy;
  part("record").disabled = isBusy && !pieces;
}

async function send(wav) {
  busy(true);
  setHidden(part("wrong"), true);
  setHidden(part("result"), true);
  say(gettext("Listening to it…"));
  try {
    const where = `recognizers/${name.value}/try/?language=${encodeURIComponent(language.value.trim())}`;
    show(await request("POST", where, wav));
  } catch (error) {
    fail(error.errors?.length ? new Error(error.errors[0].detail) : error);
  }
  busy(false);
}

function show(heard) {
  const lines = heard.segments.map((segment) => {
    const text = el("span");
    const words = segment.words.length ? segment.words : [{ text: segment.text, confidence: segment.confidence }];
    for (const word of words) {
      const isUnsure = word.confidence !== null && word.confidence < UNSURE;
      text.append(isUnsure ? el("span", { class: "unsure" }, word.text) : word.text, " ");
    }
    const sure = segment.confidence === null ? "" : `${Math.round(segment.confidence * 100)} %`;
    return el("li", {}, el("time", {}, clock(segment.startMs)), text, el("span", { class: "small muted" }, sure));
  });
  part("lines").replaceChildren(...lines);
  say(lines.length ? gettext("Done.") : gettext("It heard no words. Speak louder, or choose another language."));
  const figures = fill(gettext("%(length)s of audio took %(took)s, and %(start)s to start the recogniser, which calls find started."), {
    length: rough(heard.durationMs),
    took: rough(heard.tookMs),
    start: rough(heard.startMs),
  });
  setText(part("figures"), heard.complete ? figures : `${figures} ${gettext("Some of it was left out: the recogniser could not keep up.")}`);
  setHidden(part("result"), false);
}

async function record() {
  setHidden(part("wrong"), true);
  const resampled = [];
  let length = 0;
  let resampler = null;
  sound ??= new Sound({ onSamples: (samples) => pieces?.take(samples), onHeard() {}, onLost: () => pieces?.stop() });
  try {
    await sound.open();
    await sound.microphone();
  } catch (error) {
    fail(error);
    return;
  }
  resampler = new Resampler(sound.rate, RATE);
  setHidden(part("progress"), false);
  setText(part("record-label"), gettext("Stop"));
  say(gettext("Speak now."));
  await new Promise((done) => {
    pieces = {
      take(samples) {
        const more = resampler.process(samples);
        resampled.push(encode(more, PCM));
        length += more.length;
        part("progress").value = (100 * length) / (SECONDS * RATE);
        if (length >= SECONDS * RATE) this.stop();
      },
      stop: done,
    };
    busy(true);
  });
  pieces = null;
  sound.silence();
  setHidden(part("progress"), true);
  setText(part("record-label"), gettext("Record 10 seconds"));
  await send(new Blob([join(wavHeader(PCM), ...resampled)], { type: "audio/wav" }));
}

part("record").addEventListener("click", () => (pieces ? pieces.stop() : record()));
part("choose").addEventListener("click", () => part("file").click());
part("file").addEventListener("change", () => {
  const [file] = part("file").files;
  if (file?.size > Number(root.dataset.most)) fail(new Error(gettext("The file is too large. Cut it, or save it as mono at 8 or 16 kHz.")));
  else if (file) send(new Blob([file], { type: "audio/wav" }));
  part("file").value = "";
});
