// A menu as a tree of its steps. A step stands below the one that leads to it first; every other arrow is a link.

import { el, setClass } from "../dom.js";
import { fill, gettext, pgettext } from "../words.js";

const DOES = {
  choices: gettext("asks"),
  confirm: gettext("asks yes or no"),
  digits: gettext("takes digits"),
  transfer: gettext("transfers"),
  hangup: gettext("hangs up"),
  go: gettext("goes on"),
  anywhere: gettext("at every question"),
};
const WAYS = { fallback: gettext("the fallback number"), hangup: gettext("the end of the call"), repeat: gettext("the same again") };

export class Preview {
  /** `onLine(line)` shows a line of the document. */
  constructor(root, { onLine }) {
    this.root = root;
    this.current = "";
    root.addEventListener("click", (event) => {
      const arrow = event.target.closest("[data-to]");
      const name = event.target.closest("[data-line]");
      if (arrow) this.show(arrow.dataset.to);
      else if (name) onLine(Number(name.dataset.line));
    });
  }

  render({ start, nodes, edges }) {
    this.start = start;
    this.nodes = new Map(nodes.map((node) => [node.id, node]));
    this.edges = new Map(nodes.map((node) => [node.id, []]));
    for (const edge of edges) this.edges.get(edge.source).push(edge);
    const { roots, children } = this.arrange();
    const branch = (id) => {
      const below = children.get(id).map(branch);
      return el("li", {}, this.card(this.nodes.get(id)), ...(below.length ? [el("ol", {}, ...below)] : []));
    };
    const tree = el("ol", { class: "flow" }, ...roots.map(branch));
    this.root.replaceChildren(roots.length ? tree : el("p", { class: "hint" }, gettext("There is no step yet.")));
    this.mark(this.current);
  }

  /** What stands below what: from the start on, then what can be chosen anywhere, then what nobody gets to. */
  arrange() {
    const children = new Map();
    const roots = [];
    for (const root of [this.start, "*", ...this.nodes.keys()]) {
      if (!this.isStep(root) || children.has(root)) continue;
      roots.push(root);
      children.set(root, []);
      const waiting = [root];
      for (const id of waiting) {
        for (const { target } of this.edges.get(id)) {
          if (!this.isStep(target) || children.has(target)) continue;
          children.set(target, []);
          children.get(id).push(target);
          waiting.push(target);
        }
      }
    }
    return { roots, children };
  }

  isStep(id) {
    return this.nodes.has(id) && this.nodes.get(id).does in DOES;
  }

  card(node) {
    const head = el("p", { class: "node-head" });
    const name = node.id === "*" ? gettext("Anywhere") : node.id;
    head.append(el("button", { type: "button", class: "node-name", "data-line": node.line, title: fill(gettext("Line %(line)s"), { line: node.line }) }, name));
    head.append(el("span", { class: "muted small" }, DOES[node.does]));
    if (node.id === this.start) head.append(el("span", { class: "badge" }, pgettext("a step of a menu", "start")));
    if (!node.reached) head.append(el("span", { class: "badge warn" }, gettext("callers never get here")));
    const card = el("section", { class: "node", "data-node": node.id, tabindex: "-1", "aria-label": name }, head);
    if (node.says) card.append(el("p", { class: "says" }, node.says));
    if (node.detail) card.append(el("p", { class: "detail mono" }, node.detail));
    const ways = this.edges.get(node.id);
    if (ways.length) card.append(el("ul", { class: "ways" }, ...ways.map((edge) => this.way(edge, node.does))));
    return card;
  }

  way({ key, phrases, label, target, line }, does) {
    const parts = [];
    if (key) parts.push(el("kbd", {}, key));
    if (phrases.length) {
      parts.push(el("b", {}, phrases[0]));
      if (phrases.length > 1 && does !== "confirm") parts.push(el("span", { class: "muted" }, phrases.slice(1).join(", ")));
    } else if (label) {
      parts.push(el("span", { class: "muted" }, label));
    }
    return el("li", {}, ...parts, this.arrow(target, line));
  }

  arrow(target, line) {
    const to = el("span", { class: "to" }, el("span", { "aria-hidden": "true" }, "→ "), el("span", { class: "unseen" }, gettext("leads to")), " ");
    if (this.isStep(target)) to.append(el("button", { type: "button", "data-to": target }, target));
    else if (target in WAYS) to.append(WAYS[target]);
    else to.append(el("button", { type: "button", class: "nowhere", "data-line": line }, target ? fill(gettext("“%(step)s”, which is not there"), { step: target }) : gettext("nowhere")));
    return to;
  }

  find(id) {
    return this.root.querySelector(`[data-node="${CSS.escape(id)}"]`);
  }

  show(id) {
    const card = this.find(id);
    card.scrollIntoView({ block: "nearest" });
    card.focus();
  }

  /** Marks the step at which a conversation is; "" where there is none. */
  mark(id) {
    this.current = id;
    for (const card of this.root.querySelectorAll("[data-node]")) {
      const isHere = card.dataset.node === id;
      setClass(card, "here", isHere);
      if (isHere) card.setAttribute("aria-current", "step");
      else card.removeAttribute("aria-current");
    }
  }
}
