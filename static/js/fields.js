// The fields of a command's form, made from the parameters that the hub declares for it.

import { choiceLabel } from "./capabilities.js";
import { el } from "./dom.js";
import { fill, gettext } from "./words.js";

const LONG = 200; // characters that may come: more get a field of several lines
const KEYS = "123456789*0#";
const isTouched = matchMedia("(pointer: coarse)");

const INPUT_MODES = { digits: "tel", queue: "numeric", url: "url", target: "text" };

/** A field: `node` to show, `input` to focus, `read()` → a value or undefined; `read` throws what is wrong. */
export function makeField(parameter, prefix, icon) {
  const id = `${prefix}-${parameter.name}`;
  if (parameter.kind === "choice") return makeChoice(parameter, id);
  const isLong = parameter.kind === "json" || (parameter.kind === "text" && parameter.maxLength > LONG);
  const wrong = el("p", { class: "wrong", id: `${id}-wrong`, hidden: true });
  const help = el("p", { class: "help", id: `${id}-help`, hidden: true }, gettext("Enter sends it, Shift and Enter begin a new line."));
  const input = el(isLong ? "textarea" : "input", {
    id,
    name: parameter.name,
    autocomplete: "off",
    spellcheck: parameter.kind === "text" ? null : "false",
    autocapitalize: parameter.kind === "text" ? null : "none",
    inputmode: parameter.kind === "digits" && isTouched.matches ? "none" : INPUT_MODES[parameter.kind],
    maxlength: parameter.kind === "text" ? String(parameter.maxLength) : null,
    "aria-required": parameter.required ? "true" : null,
    "aria-describedby": `${id}-help ${id}-wrong`,
    class: parameter.kind === "digits" ? "digits" : parameter.kind === "json" ? "mono" : null,
  });
  const label = el("label", { for: id }, parameter.label, ...(parameter.required ? [] : [" ", el("span", { class: "muted" }, gettext("(optional)"))]));
  const node = el("div", { class: "field" }, label, input, help, wrong);
  if (parameter.kind === "digits") addKeypad(node, input, icon);
  const complain = (text) => {
    wrong.hidden = !text;
    wrong.textContent = text;
    if (text) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  };
  input.addEventListener("input", () => complain("")); // it is being mended
  return {
    parameter,
    node,
    input,
    complain,
    read() {
      const text = input.value.trim();
      if (text === "") {
        if (parameter.required) throw new Error(fill(gettext("Fill in “%(field)s”."), { field: parameter.label }));
        return undefined;
      }
      return parameter.kind === "json" ? readJson(text) : text;
    },
    tellOfEnter() {
      help.hidden = !isLong;
    },
    clear(was) {
      if (input.value === was) input.value = ""; // not what was typed meanwhile
    },
  };
}

function makeChoice(parameter, id) {
  const wrong = el("p", { class: "wrong", id: `${id}-wrong`, hidden: true });
  const select = el("select", { id, name: parameter.name, "aria-describedby": `${id}-wrong` });
  select.append(...(parameter.required ? [] : [new Option("", "")]), ...parameter.choices.map((choice) => new Option(choiceLabel(choice), choice)));
  return {
    parameter,
    node: el("div", { class: "field" }, el("label", { for: id }, parameter.label), select, wrong),
    input: select,
    read: () => select.value || undefined,
    tellOfEnter() {},
    clear() {},
    complain(text) {
      wrong.hidden = !text;
      wrong.textContent = text;
    },
  };
}

function readJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(gettext("This is not JSON: check quotes, commas and brackets."));
  }
}

/** Twelve keys that write into the field, which also takes them from the keyboard wherever the focus is. */
function addKeypad(node, input, icon) {
  const pad = el("div", { class: "keypad", role: "group", "aria-label": gettext("Keypad") });
  const write = (key) => {
    input.setRangeText(key, input.selectionStart, input.selectionEnd, "end");
    input.dispatchEvent(new Event("input", { bubbles: true }));
  };
  for (const key of KEYS) {
    const button = el("button", { type: "button", "aria-label": { "*": gettext("Star"), "#": gettext("Hash") }[key] }, key);
    button.addEventListener("click", (event) => {
      write(key);
      if (event.detail > 0 && !isTouched.matches) input.focus(); // by mouse: Enter then sends, instead of pressing this key again
    });
    pad.append(button);
  }
  const erase = el("button", { type: "button", "aria-label": gettext("Erase the last key") }, icon("erase"));
  erase.addEventListener("click", () => {
    if (input.selectionStart === input.selectionEnd) input.setSelectionRange(Math.max(0, input.selectionStart - 1), input.selectionEnd);
    write("");
  });
  const row = el("div", { class: "digit-row" });
  input.replaceWith(row);
  row.append(input, erase);
  pad.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !KEYS.includes(event.key)) return;
    event.preventDefault();
    write(event.key);
  });
  node.append(pad);
}
