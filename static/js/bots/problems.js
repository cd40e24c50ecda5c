// What is wrong, said at its field, as the server's own forms do.

import { el } from "../dom.js";

const GROUPS = "[data-rows], fieldset";

export function clearProblems(form) {
  for (const list of form.querySelectorAll(".errorlist[data-live]")) list.remove();
  for (const field of form.querySelectorAll("[data-help]")) {
    field.removeAttribute("aria-invalid");
    describe(field, "");
  }
}

/** Shows each error at its field and goes to the first. Returns those that belong to no field of the form. */
export function showProblems(form, errors) {
  const homeless = [];
  for (const error of errors) {
    const field = fieldOf(form, error.field);
    if (!field) {
      homeless.push(error);
      continue;
    }
    const place = field.closest(".field, .check, [data-rows], .checks") ?? field.parentElement;
    let list = place.querySelector(":scope > .errorlist[data-live]");
    if (!list) {
      list = el("ul", { class: "errorlist", id: `error_${error.field}`, "data-live": true });
      place.append(list);
      unfold(list);
    }
    list.append(el("li", {}, error.detail));
    if (!field.matches(GROUPS)) field.setAttribute("aria-invalid", "true");
    describe(field, list.id);
  }
  const first = form.querySelector(".errorlist[data-live]");
  if (first) goTo(first.parentElement.querySelector('[aria-invalid="true"]') ?? first.closest(GROUPS));
  return homeless;
}

function unfold(node) {
  for (let fold = node.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
}

/** Shows a field that may be folded away, and puts the cursor there. */
export function goTo(field) {
  unfold(field);
  const target = field.matches(GROUPS) ? field.querySelector("button, input") : field;
  target.focus();
  target.scrollIntoView({ block: "center" });
}

/** The field of this path, else the list or group that it belongs to. */
export function fieldOf(form, path) {
  for (let part = path ?? ""; part; part = part.replace(/(\.[^.[]*|\[\d+\])$/, "")) {
    const rows = form.querySelector(`[data-rows="${CSS.escape(part)}"]`);
    const field = rows ?? form.elements.namedItem(part);
    if (field) return field instanceof RadioNodeList ? field[0].closest("fieldset") ?? field[0] : field;
    if (!/[.[]/.test(part)) return null;
  }
  return null;
}

/** Keeps the field's own help among what describes it. */
function describe(field, id) {
  const help = field.dataset.help ?? (field.dataset.help = field.getAttribute("aria-describedby") ?? "");
  const ids = [help, id].filter(Boolean).join(" ");
  if (ids) field.setAttribute("aria-describedby", ids);
  else field.removeAttribute("aria-describedby");
}
