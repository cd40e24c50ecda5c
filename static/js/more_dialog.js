// What only this vendor can do: a list of buttons, those that can't be pressed with the reason.

import { choiceLabel } from "./capabilities.js";
import { el, setHidden, setText } from "./dom.js";
import { makeSheet } from "./sheet.js";
import { fill, gettext } from "./words.js";

const FEW = 3; // choices that are buttons of their own

export class MoreDialog {
  constructor(bar) {
    this.bar = bar;
    this.list = el("ul", { class: "more-list" });
    this.why = el("p", { class: "note", id: "more-why-all", hidden: true });
    this.node = makeSheet(gettext("More actions"), "more-title", bar, this.why, this.list);
  }

  open() {
    this.shown = "";
    this.update();
    this.node.showModal();
    this.list.querySelector("button")?.focus();
  }

  /** What the call takes may change while the dialog is open. */
  update() {
    const shown = JSON.stringify(this.bar.others().map((type) => this.bar.call.capabilities[type]));
    if (shown === this.shown) return;
    this.shown = shown;
    const hadFocus = this.list.contains(document.activeElement);
    this.fill();
    if (hadFocus) this.list.querySelector("button")?.focus();
  }

  fill() {
    const reasons = new Map(); // reason -> its paragraph's id
    const others = this.bar.others().map((type) => this.bar.call.capabilities[type]);
    const isNone = others.length > 0 && others.every(({ supported, reason }) => !supported && reason === others[0].reason); // for all of them: said first
    if (isNone) reasons.set(others[0].reason, this.why.id);
    setHidden(this.why, !isNone);
    setText(this.why, isNone ? fill(gettext("None of this can be done at the moment. %(reason)s"), { reason: others[0].reason }) : "");
    this.list.replaceChildren();
    for (const type of this.bar.others()) {
      const { supported, reason } = this.bar.call.capabilities[type];
      const isTold = supported || reasons.has(reason);
      if (!isTold) reasons.set(reason, `more-why-${reasons.size}`);
      const why = supported ? null : reasons.get(reason);
      this.list.append(el("li", {}, this.row(type, why), isTold ? "" : el("p", { class: "small muted", id: why }, reason)));
    }
  }

  row(type, why) {
    const { label, parameters } = this.bar.call.capabilities[type];
    const [only] = parameters;
    if (parameters.length === 1 && only.kind === "choice" && only.required && only.choices.length <= FEW) {
      const name = `more-${type}`;
      const buttons = only.choices.map((choice) => this.button(choiceLabel(choice), why, () => this.bar.direct(type, { [only.name]: choice })));
      return el("div", { class: "choices", role: "group", "aria-labelledby": name }, el("span", { id: name }, label), ...buttons);
    }
    return this.button(label, why, () => this.bar.act(type));
  }

  button(text, why, run) {
    const button = el("button", { type: "button", "aria-disabled": why ? "true" : null, "aria-describedby": why }, text);
    button.addEventListener("click", (event) => {
      if (why || event.detail > 1) return;
      this.node.close();
      run();
    });
    return button;
  }
}
