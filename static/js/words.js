// What people read, in their language. Pages load the catalogue (`/words/<language>.js`) before any module.
//
//   gettext("Nobody is speaking.")
//   fill(ngettext("%(count)s call", "%(count)s calls", count), { count })
//   node.append(...pieces(gettext("Transfers to %(target)s"), { target: el("b", {}, target) }))

export const { gettext, ngettext, pgettext } = window;

/** The language of the page, in the reader's own variety of it: for `Intl`. */
export const locale = navigator.languages.find((tag) => tag.split("-")[0] === document.documentElement.lang) ?? document.documentElement.lang;

const numbers = new Map(); // decimal places -> format

/** A number as that language writes it. */
export function number(value, places = 0) {
  if (!numbers.has(places)) numbers.set(places, new Intl.NumberFormat(locale, { minimumFractionDigits: places, maximumFractionDigits: places }));
  return numbers.get(places).format(value);
}

/** Puts values where `%(name)s` stands. */
export const fill = (text, values) => window.interpolate(text, values, true);

/** The same with elements as values: what to give to `append` and the like. */
export function pieces(text, values) {
  const parts = text.split(/%\((\w+)\)s/).map((part, place) => (place % 2 ? values[part] : part));
  return parts.filter((part) => part !== "");
}
