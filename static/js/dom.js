// Small helpers around the DOM. Text goes in as text only.

/** Makes an element: `el("p", {class: "muted", hidden: true}, "text", child)`. Attributes that are false or null are left out. */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

/** Writes only what differs: a live page must not touch what has not changed. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function setClass(node, name, on) {
  if (node.classList.contains(name) !== on) node.classList.toggle(name, on);
}

export function setHidden(node, hidden) {
  if (node.hidden !== hidden) node.hidden = hidden;
}

/** Says something to those who can't see it. While a dialog is open, only what lies inside it is heard. */
export function announce(text) {
  const home = document.querySelector("dialog[open] [data-part=announcer]") ?? document.querySelector("[data-part=announcer]");
  home.textContent = text;
}

/** Runs `work` in the next frame, once, however often it is asked for. In a hidden tab frames stand still: then a timer does. */
export function scheduler(work) {
  let asked = false;
  const run = () => {
    asked = false;
    work();
  };
  return () => {
    if (asked) return;
    asked = true;
    if (document.hidden) setTimeout(run, 250);
    else requestAnimationFrame(run);
  };
}
