// Lists of a form whose entries have fields of their own. Entries are numbered by their place.

import { goTo } from "./problems.js";

export function watchRows(form, onChange) {
  for (const list of form.querySelectorAll("[data-rows]")) {
    const blank = list.querySelector("template");
    const entries = list.querySelector("[data-entries]");
    list.addEventListener("click", (event) => {
      if (event.target.closest("[data-add]")) {
        entries.append(blank.content.cloneNode(true));
        number(list);
        goTo(entries.lastElementChild.querySelector("input, select, textarea"));
        onChange();
      } else if (event.target.closest("[data-remove]")) {
        const entry = event.target.closest("[data-entry]");
        const next = entry.nextElementSibling ?? entry.previousElementSibling;
        entry.remove();
        number(list);
        (next?.querySelector("[data-remove]") ?? list.querySelector("[data-add]")).focus();
        onChange();
      }
    });
  }
}

function number(list) {
  const path = list.dataset.rows;
  for (const [index, entry] of [...list.querySelectorAll("[data-entry]")].entries()) {
    entry.querySelector("[data-number]").textContent = index + 1;
    for (const node of entry.querySelectorAll("[name], [id], [for], [aria-describedby]")) {
      for (const attribute of ["name", "id", "for", "aria-describedby"]) {
        const value = node.getAttribute(attribute);
        if (value?.includes(`${path}[`)) node.setAttribute(attribute, renumbered(value, path, index));
      }
    }
  }
}

function renumbered(text, path, index) {
  const at = text.indexOf(`${path}[`) + path.length;
  return `${text.slice(0, at)}[${index}]${text.slice(text.indexOf("]", at) + 1)}`;
}
