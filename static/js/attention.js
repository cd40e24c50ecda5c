// Why a live call deserves attention, and how much. docs/wall.md has the table.

import { inShort, openAlerts } from "./alerts.js";
import { worries } from "./health.js";
import { rough, serverNow } from "./time.js";
import { fill, gettext, ngettext } from "./words.js";

export const LONG_CALL = 30 * 60_000; // ms
const RANKS = { alert: 5, help: 4, trouble: 3, silence: 2, long: 1 };
export const PRESSING = 2 * RANKS.help; // from this weight on somebody should come now
const NAMES_SHOWN = 2; // of alerts

/** What speaks for a call, most pressing first: `{kind, level: "bad" | "warn", text}`, and `short` where that is long. */
export function reasonsFor(call, streams, health) {
  const found = [];
  const alerts = openAlerts(call);
  const told = new Set(alerts.map(({ kind }) => kind)); // by a rule: not said twice
  if (alerts.length) {
    const names = alerts.map(inShort);
    const count = fill(ngettext("%(count)s alert", "%(count)s alerts", alerts.length), { count: alerts.length });
    const text = `${count}: ${names.join(", ")}`;
    found.push({ kind: "alert", level: "bad", text, short: names.length <= NAMES_SHOWN ? names.join(", ") : count });
  }
  if (call.help) {
    const { by, note, requestedAt } = call.help;
    const since = rough(Math.max(0, serverNow() - Date.parse(requestedAt)));
    const asks = fill(gettext("%(by)s asks for help, for %(since)s"), { by, since });
    found.push({ kind: "help", level: "bad", text: note ? `${asks}: ${note}` : asks, short: note ? fill(gettext("help: %(note)s"), { note }) : gettext("asks for help") });
  }
  const troubles = worries(streams, health).filter(({ level }) => level !== "fine");
  for (const trouble of troubles) if (trouble.kind !== "silence") found.push({ ...trouble, kind: "trouble" });
  for (const trouble of troubles) if (trouble.kind === "silence" && !told.has("silence")) found.push(trouble);
  const age = serverNow() - Date.parse(call.startedAt);
  if (age > LONG_CALL && !told.has("long")) {
    const minutes = Math.floor(LONG_CALL / 60_000);
    found.push({ kind: "long", level: "warn", text: fill(gettext("longer than %(minutes)s minutes"), { minutes }), short: fill(gettext("over %(minutes)s min"), { minutes }) });
  }
  return found;
}

/** How much: by the most pressing reason, among equals by how bad it is. 0 is nothing. */
export function weigh(reasons) {
  const [first] = reasons;
  return first ? 2 * RANKS[first.kind] + (first.level === "bad" ? 1 : 0) : 0;
}
