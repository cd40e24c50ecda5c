// A dialog at the side of the page: a real one, so that the browser keeps the focus inside and gives it back.

import { el } from "./dom.js";
import { gettext } from "./words.js";

export function makeSheet(title, id, { icon, restoreFocus }, ...content) {
  const close = el("button", { type: "button", class: "quiet square", "aria-label": gettext("Close") }, icon("close"));
  const head = el("div", { class: "sheet-head" }, el("h2", { id }, title), close);
  const node = el("dialog", { class: "sheet", "aria-labelledby": id }, el("div", { class: "sheet-in" }, head, ...content));
  close.addEventListener("click", () => node.close());
  node.addEventListener("click", (event) => event.target === node && node.close()); // beside it
  node.addEventListener("close", restoreFocus);
  document.body.append(node);
  return node;
}
