// Times as the server tells them. A reader's clock may be wrong by minutes; a running time must not be.

import { fill, gettext, locale, number } from "./words.js";

const navigation = performance.getEntriesByType("navigation")[0];
const received = performance.timeOrigin + (navigation?.responseStart || performance.now());
const skew = (Date.parse(document.body.dataset.now) || received) - received;

export function serverNow() {
  return Date.now() + skew;
}

/** 4:05 or 1:04:05 */
export function clock(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (n) => String(n).padStart(2, "0");
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** "850 ms", "3 s", "2 min": for readings, where a rough figure says more. */
export function rough(ms) {
  if (ms < 1000) return fill(gettext("%(time)s ms"), { time: number(ms) });
  if (ms < 120_000) return fill(gettext("%(time)s s"), { time: number(ms / 1000, ms < 10_000 ? 1 : 0) });
  return fill(gettext("%(time)s min"), { time: number(ms / 60_000) });
}

const day = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", year: "numeric" });
const minute = new Intl.DateTimeFormat(locale, { hour: "numeric", minute: "2-digit" });
const second = new Intl.DateTimeFormat(locale, { hour: "numeric", minute: "2-digit", second: "2-digit" });

export function localTime(iso, { seconds = false } = {}) {
  const at = new Date(iso);
  const time = (seconds ? second : minute).format(at);
  return at.toDateString() === new Date(serverNow()).toDateString() ? time : fill(gettext("%(day)s, %(time)s"), { day: day.format(at), time });
}
