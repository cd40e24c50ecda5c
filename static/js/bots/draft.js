// The form's fields as the API takes them. A field is named by its path there: config.lookups[0].url

import { fill, gettext } from "../words.js";

/** A field whose text can't be sent at all. */
export class Unreadable extends Error {
  constructor(field, detail) {
    super(detail);
    this.errors = [{ field, code: "invalid", detail }];
  }
}

/** `{name, enabled, document, config, secrets}`; secrets only as far as they were typed or are to be removed. */
export function readDraft(form) {
  const draft = { name: "", enabled: false, config: {}, secrets: {} };
  for (const rows of form.querySelectorAll("[data-rows]")) put(draft, rows.dataset.rows, []);
  for (const field of form.elements) {
    if (field.name.startsWith("remove.")) {
      if (field.checked) draft.secrets[field.name.slice("remove.".length)] = null;
    } else if (field.name.startsWith("secrets.")) {
      if (field.value) draft.secrets[field.name.slice("secrets.".length)] = field.value;
    } else if (/^(name|enabled|document|config\..+)$/.test(field.name)) {
      readField(draft, field);
    }
  }
  return draft;
}

function readField(draft, field) {
  if ("list" in field.dataset) {
    const chosen = at(draft, field.name) ?? [];
    put(draft, field.name, field.checked ? [...chosen, field.value] : chosen);
  } else if (field.type === "checkbox") {
    put(draft, field.name, field.checked);
  } else if (field.type === "number") {
    if (!field.checkValidity()) throw new Unreadable(field.name, numberAdvice(field));
    if (field.value !== "") put(draft, field.name, Number(field.value)); // an empty one takes its default
  } else if ("json" in field.dataset) {
    put(draft, field.name, readJson(field));
  } else {
    put(draft, field.name, field.value);
  }
}

function numberAdvice({ min, max, step }) {
  const isWhole = step === "1";
  if (!min || !max) return isWhole ? gettext("Give a whole number.") : gettext("Give a number.");
  return fill(isWhole ? gettext("Give a whole number from %(min)s to %(max)s.") : gettext("Give a number from %(min)s to %(max)s."), { min, max });
}

function readJson(field) {
  try {
    return JSON.parse(field.value);
  } catch (error) {
    throw new Unreadable(field.name, fill(gettext("This is no JSON: %(reason)s"), { reason: error.message }));
  }
}

const steps = (path) => path.split(/[.[\]]+/).filter(Boolean);

export function at(value, path) {
  return steps(path).reduce((here, step) => here?.[step], value);
}

function put(draft, path, value) {
  const names = steps(path);
  const last = names.pop();
  let here = draft;
  for (const [n, name] of names.entries()) here = here[name] ??= /^\d+$/.test(names[n + 1] ?? last) ? [] : {};
  here[last] = value;
}
