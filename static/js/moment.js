// A link to a moment of the call on whose page it stands. `Writing` follows it without loading the page again.

import { el } from "./dom.js";
import { clock } from "./time.js";

export function momentLink(ms, ...children) {
  return el("a", { class: "moment", href: `?at=${ms}`, "data-moment": String(ms) }, el("span", { class: "number" }, clock(ms)), ...children);
}
