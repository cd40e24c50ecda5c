// Single keys that do something, a list of them, and a switch for people whose software types letters by itself.

import { el } from "./dom.js";
import { makeSheet } from "./sheet.js";
import { gettext } from "./words.js";

const STORED = "hub-shortcuts";
const LISTS_THEM = "?";
let here = null; // where storage is blocked, the choice holds for this page

export function areOn() {
  try {
    return (here ?? localStorage.getItem(STORED)) !== "off";
  } catch {
    return here !== "off";
  }
}

function switchTo(on) {
  here = on ? "on" : "off";
  try {
    localStorage.setItem(STORED, here);
  } catch {
    // This page remembers.
  }
  showHints();
}

/** Hints beside buttons disappear where keys do nothing. */
function showHints() {
  document.documentElement.dataset.shortcuts = areOn() ? "on" : "off";
}

/** Whether a key may act: nobody types, no dialog waits for an answer, nothing is held down (unless it `repeats`). */
export function mayAct(event, { repeats = false } = {}) {
  if (event.defaultPrevented || (event.repeat && !repeats) || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return false;
  if (!areOn() || document.querySelector("dialog[open]")) return false;
  const field = event.target instanceof Element && event.target.closest("input, select, textarea, audio, [contenteditable]");
  return !field || !field.checkVisibility(); // for a moment, a closed dialog's field is still the target
}

/** `keys`: by key, `{label, run}`; `label()` is null while the key does nothing, `run` where the browser does it itself.
 * With `repeats`, a key that is held down acts again and again. `button` opens the list, too. */
export function offerShortcuts(button, bar, keys) {
  const list = el("dl", { class: "key-list" });
  const toggle = el("input", { type: "checkbox", id: "shortcuts-on" });
  const choice = el("div", { class: "check" }, toggle, el("label", { for: "shortcuts-on" }, gettext("Use single-key shortcuts")));
  const dialog = makeSheet(gettext("Keyboard shortcuts"), "shortcuts-title", bar, list, choice);

  const open = () => {
    const rows = [...Object.entries(keys), [LISTS_THEM, { label: () => gettext("This list") }]];
    list.replaceChildren(...rows.filter(([, { label }]) => label()).map(([key, { label }]) => el("div", {}, el("dt", {}, el("kbd", {}, key.length > 1 ? key : key.toUpperCase())), el("dd", {}, label()))));
    toggle.checked = areOn();
    dialog.showModal();
  };
  button.addEventListener("click", open);
  toggle.addEventListener("change", () => switchTo(toggle.checked));
  document.addEventListener("keydown", (event) => {
    const found = event.key === LISTS_THEM ? { label: () => "", run: open } : keys[event.key.toLowerCase()];
    if (!found?.run || !mayAct(event, found) || found.label() === null) return;
    if (event.shiftKey && event.key !== event.key.toLowerCase()) return; // some keyboards need it for a sign
    event.preventDefault(); // the letter must not land in the field that opens
    found.run();
  });
  showHints();
}
