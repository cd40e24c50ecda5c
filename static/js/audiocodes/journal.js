// Every message both ways, with its time. Chunks of audio come 50 times a second: those of one stream share a row.

import { el, setText } from "../dom.js";
import { fill, gettext, ngettext, number } from "../words.js";

const MAX_LISTED = 500; // chunks listed in an opened row, the newest

export class Journal {
  constructor(list) {
    this.list = list;
    this.clear();
  }

  clear() {
    this.began = performance.now();
    this.rows = [];
    this.streams = new Map(); // direction + stream -> row of its chunks
    this.list.replaceChildren();
  }

  get now() {
    return Math.round(performance.now() - this.began);
  }

  /** `direction`: out (to the hub), in; told and bad are the page's own words. */
  add(direction, message) {
    const key = `${direction} ${message.streamId ?? message.participant ?? ""}`;
    if (message.type?.endsWith("Stream.chunk")) {
      this.addChunk(direction, key, message);
      return;
    }
    if (/^(user|play)Stream\.(start|stop)$/.test(message.type)) this.close(direction);
    this.addRow({ at: this.now, direction, message: shortened(message) });
  }

  /** The next chunk of this direction begins a row of its own. */
  close(direction) {
    for (const key of this.streams.keys()) if (key.startsWith(direction)) this.streams.delete(key);
  }

  note(text, direction = "told") {
    this.addRow({ at: this.now, direction, text });
  }

  addChunk(direction, key, { audioChunk, ...message }) {
    const bytes = typeof audioChunk === "string" ? Math.floor((audioChunk.replace(/=+$/, "").length * 3) / 4) : 0;
    let row = this.streams.get(key);
    if (!row) {
      row = this.addRow({ at: this.now, direction, message: { ...message, audioChunk: "…" }, chunks: [], bytes: 0 });
      this.streams.set(key, row);
    }
    row.chunks.push([this.now, bytes]);
    row.bytes += bytes;
    if (row.chunks.length < 10 || row.chunks.length % 10 === 0 || row.isOpen) this.count(row);
    clearTimeout(row.timer);
    row.timer = setTimeout(() => this.count(row), 200);
  }

  count(row) {
    const told = ngettext("%(chunks)s × %(bytes)s byte in all", "%(chunks)s × %(bytes)s bytes in all", row.bytes);
    setText(row.summary, fill(told, { chunks: row.chunks.length, bytes: number(row.bytes) }));
    if (row.isOpen) row.show();
  }

  addRow(row) {
    this.rows.push(row);
    const arrow = { out: "→", in: "←" }[row.direction] ?? "·";
    const who = { out: gettext("to the hub:"), in: gettext("from the hub:") }[row.direction];
    row.summary = el("span", { class: "what" }, row.text ?? summary(row.message));
    const head = [
      el("span", { class: "at number" }, `${(row.at / 1000).toFixed(3)}`),
      el("span", { class: "arrow", "aria-hidden": "true" }, arrow),
      el("span", { class: "unseen" }, who ? `${who} ` : ""),
      ...(row.message ? [el("b", {}, String(row.message.type ?? gettext("no type")))] : []),
      row.summary,
    ];
    row.item = el("li", { class: `message ${row.direction}` });
    if (row.message) row.item.append(this.fold(row, head));
    else row.item.append(el("p", {}, ...head));
    const follows = this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < 40;
    this.list.append(row.item);
    if (follows) this.list.scrollTop = this.list.scrollHeight;
    return row;
  }

  /** Details are written when somebody wants to see them. */
  fold(row, head) {
    const text = el("pre", { tabindex: "0" });
    row.show = () => setText(text, details(row));
    const fold = el("details", {}, el("summary", {}, ...head), text);
    fold.addEventListener("toggle", () => {
      row.isOpen = fold.open;
      if (fold.open) row.show();
    });
    return fold;
  }

  /** All of it as text, a JSON object a line. */
  text() {
    return this.rows
      .map(({ at, direction, message, text, chunks, bytes }) => JSON.stringify({ at, direction, ...(text ? { note: text } : { message }), ...(chunks ? { chunks: chunks.length, bytes } : {}) }))
      .join("\n");
  }
}

function details({ message, chunks }) {
  const json = JSON.stringify(message, null, 2);
  if (!chunks) return json;
  const listed = chunks.slice(-MAX_LISTED).map(([at, bytes]) => `${(at / 1000).toFixed(3)}  ${fill(ngettext("%(count)s byte", "%(count)s bytes", bytes), { count: bytes })}`);
  const left = chunks.length - listed.length;
  return [json, ...(left ? [fill(ngettext("(%(count)s earlier one)", "(%(count)s earlier ones)", left), { count: left })] : []), ...listed].join("\n");
}

function shortened(message) {
  return JSON.parse(JSON.stringify(message, (_, value) => (typeof value === "string" && value.length > 400 ? fill(gettext("%(start)s… (%(count)s characters)"), { start: value.slice(0, 400), count: value.length }) : value)));
}

const quoted = (text) => fill(gettext("“%(text)s”"), { text });

/** What a message is about, in a line. */
function summary(message) {
  if (message.type === "activities") return (message.activities ?? []).map(activityWords).join("; ");
  const words = [message.alternatives?.map(({ text }) => quoted(text)).join(", "), message.altText && quoted(message.altText), message.mediaFormat, message.supportedMediaFormats?.join(", "), message.reasonCode, message.reason, message.participant];
  return words.filter(Boolean).join(" · ");
}

function activityWords(activity) {
  const more = activity.text ?? activity.activityParams ?? activity.sessionParams ?? activity.value ?? activity.parameters;
  const told = more === undefined ? "" : typeof more === "string" ? quoted(more) : JSON.stringify(more);
  return `${activity.name ?? activity.type ?? ""} ${told}`.trim().slice(0, 300);
}
