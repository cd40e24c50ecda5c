// Refused streams show up while the list of profiles is open.

import { localTime } from "./time.js";
import { gettext } from "./words.js";

const EVERY = 4000; // ms

const place = document.getElementById("refused-streams");
const news = document.querySelector('[data-part="refused-news"]');
const idsOf = (root) => [...root.querySelectorAll("[data-refused]")].map((item) => item.dataset.refused);
// What can be seen of it, but for times, which are written in the reader's own zone.
const textOf = (root) => [...root.querySelectorAll("li")].map((item) => item.textContent.replace(item.querySelector("time").textContent, "")).join();

async function look() {
  if (document.hidden || place.contains(document.activeElement)) return; // nothing moves below a finger
  const answer = await fetch(place.dataset.url, { cache: "no-store", redirect: "error" }).catch(() => null);
  if (!answer?.ok) return;
  const told = new DOMParser().parseFromString(await answer.text(), "text/html").body;
  if (textOf(told) === textOf(place)) return;
  const known = idsOf(place);
  for (const time of told.querySelectorAll("time[data-local]")) time.textContent = localTime(time.dateTime);
  const isNew = idsOf(told).some((id) => !known.includes(id));
  place.replaceChildren(...told.childNodes);
  news.textContent = isNew ? gettext("A stream was refused.") : "";
}

setInterval(look, EVERY);
document.addEventListener("visibilitychange", look);
