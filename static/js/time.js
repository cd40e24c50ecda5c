// Times as the server tells them. A reader's clock may be wrong by minutes; a running time must not be.

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
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  return ms < 120_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`;
}

const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
const minute = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const second = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });

export function localTime(iso, { seconds = false } = {}) {
  const at = new Date(iso);
  const time = (seconds ? second : minute).format(at);
  return at.toDateString() === new Date(serverNow()).toDateString() ? time : `${day.format(at)}, ${time}`;
}
