// The dialog of one command: its form, the look at what was understood, and what went wrong. What was typed stays until
// the hub has taken it, also when the dialog is closed; only whom a call is put through to is chosen anew each time.

import { AddressBook } from "./address_book.js";
import { Refused } from "./api.js";
import { isLost, newKey } from "./commands.js";
import { el, setHidden, setText } from "./dom.js";
import { makeField } from "./fields.js";
import { makeSheet } from "./sheet.js";
import { fill, gettext, locale, pieces } from "./words.js";

const LOOKED_AT = new Set(["target", "queue"]); // shown in full before it is sent
const CONFIRMED = new Set(["hangup"]); // has no form, but is asked about
const regions = new Intl.DisplayNames([locale], { type: "region" });

export function needsDialog(type, capability) {
  return capability.parameters.length > 0 || CONFIRMED.has(type);
}

export class CommandDialog {
  /** `bar` is the `ActionBar`: it asks and checks. */
  constructor(bar, type) {
    Object.assign(this, { bar, type, isBusy: false, wish: null, checked: null });
    const { label, parameters } = bar.call.capabilities[type];
    this.fields = parameters.map((parameter) => makeField(parameter, `command-${type}`, bar.icon));
    if (parameters.length === 1) this.fields[0].tellOfEnter();
    const target = this.fields.find(({ parameter }) => parameter.kind === "target" && !parameter.party);
    this.book = target && new AddressBook(target, bar.callId, () => this.fields.length === 1 && !this.isBusy && this.submit());
    this.isLookedAt = parameters.some(({ kind }) => LOOKED_AT.has(kind));
    this.stays = parameters.length === 1 && ["digits", "text"].includes(parameters[0].kind); // one more may follow
    this.trouble = el("div", { class: "note error", role: "alert", tabindex: "-1", hidden: true });
    this.asked = el("div", { class: "asked", id: `command-${type}-asked`, hidden: true });
    this.recents = el("div", { class: "recents", role: "group" });
    this.form = el("div", { class: "stack" }, ...this.fields.map(({ node }) => node), this.recents);
    this.go = el("button", { type: "submit", class: CONFIRMED.has(type) ? "danger" : "primary" }, label);
    this.back = el("button", { type: "button" }, gettext("Cancel"));
    this.done = el("ol", { class: "receipts", "aria-label": gettext("Asked just now") });
    const foot = el("div", { class: "sheet-foot" }, this.back, this.go);
    const announcer = el("p", { class: "unseen", role: "status", "data-part": "announcer" });
    const whole = el("form", { class: "stack", novalidate: true }, this.trouble, this.form, this.asked, foot, this.done, announcer);
    this.node = makeSheet(label, `command-${type}-title`, bar, whole);
    this.node.setAttribute("aria-describedby", this.asked.id);
    this.back.addEventListener("click", () => this.goBack());
    this.node.addEventListener("close", () => this.forget());
    this.go.addEventListener("click", (event) => event.detail > 1 && event.preventDefault()); // a double click is one
    whole.addEventListener("keydown", (event) => this.onKey(event));
    whole.addEventListener("input", () => this.isOff || this.complain(""));
    whole.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!this.isBusy) this.submit();
    });
  }

  open() {
    this.showForm();
    this.book?.load().then(() => this.showRecents());
    this.done.replaceChildren();
    this.update();
    this.node.showModal();
    this.focusFirst();
  }

  /** After closing, unless something is still being sent. */
  forget() {
    if (!this.isLookedAt || this.isBusy || this.wish) return;
    for (const field of this.fields) {
      if (!LOOKED_AT.has(field.parameter.kind)) continue;
      field.input.value = "";
      field.complain("");
    }
    this.book?.hide();
  }

  goBack() {
    if (!this.checked) return this.node.close();
    this.showForm();
    this.focusFirst();
  }

  /** What the call takes may change while the dialog is open. */
  update() {
    const { supported, reason } = this.bar.call.capabilities[this.type] ?? { supported: false, reason: "" };
    if (!supported) this.complain(reason);
    else if (this.isOff) this.complain("");
    this.isOff = !supported;
    this.showBusy(this.isBusy);
  }

  onKey(event) {
    if (event.key !== "Enter") return;
    if (event.repeat) event.preventDefault(); // a key held down is one wish
    else if (event.target instanceof HTMLTextAreaElement && this.fields.length === 1 && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.go.form.requestSubmit();
    }
  }

  focusFirst() {
    if (this.fields.length) this.fields[0].input.focus();
    else this.back.focus(); // of two buttons, the harmless one
  }

  // Form

  showForm() {
    this.checked = null;
    this.complain("");
    setHidden(this.form, this.fields.length === 0);
    setHidden(this.asked, this.fields.length > 0);
    setText(this.back, this.stays ? gettext("Close") : gettext("Cancel"));
    const { label } = this.bar.call.capabilities[this.type];
    setText(this.go, this.isLookedAt ? gettext("Continue") : label);
    const from = el("b", {}, this.bar.call.from ?? gettext("an unknown number"));
    if (!this.fields.length) this.asked.replaceChildren(el("p", {}, ...pieces(gettext("%(action)s the call with %(number)s?"), { action: label, number: from })));
    this.showRecents();
  }

  showRecents() {
    const [first] = this.fields;
    const offered = first && this.isLookedAt ? this.bar.offers(first.parameter) : [];
    setHidden(this.recents, offered.length === 0);
    if (!offered.length) return;
    this.recents.setAttribute("aria-label", first.parameter.party ? gettext("On this call") : gettext("Used before"));
    this.recents.replaceChildren(
      el("p", { class: "small muted", "aria-hidden": "true" }, this.recents.getAttribute("aria-label")),
      ...offered.map((value) => {
        const name = this.book?.nameOf(value);
        const button = el("button", { type: "button" }, name ? `${name} ${value}` : value);
        button.addEventListener("click", () => {
          if (this.isBusy) return;
          first.input.value = value;
          if (this.fields.length === 1) this.submit();
          else first.input.focus();
        });
        return button;
      }),
    );
  }

  read() {
    const params = {};
    let wrong = null;
    for (const field of this.fields) {
      field.complain("");
      try {
        const value = field.read();
        if (value !== undefined) params[field.parameter.name] = value;
      } catch (error) {
        field.complain(error.message);
        wrong ??= field;
      }
    }
    wrong?.input.focus();
    return wrong ? null : params;
  }

  // Asking

  async submit() {
    if (this.isOff) return this.trouble.focus();
    const params = this.checked?.params ?? this.read();
    if (params === null) return;
    const typed = this.fields.map(({ input }) => input.value);
    this.complain("");
    this.showBusy(true);
    try {
      if (this.isLookedAt && !this.checked) {
        this.showChecked(await this.bar.check(this.type, params));
      } else {
        const body = JSON.stringify(params);
        if (this.wish?.body !== body) this.wish = { body, key: newKey(), entry: null }; // the same again is the same wish
        await this.bar.ask(this.type, params, this.wish);
        this.taken(typed);
      }
    } catch (refusal) {
      if (!(refusal instanceof Refused)) throw refusal;
      this.refused(refusal);
    } finally {
      this.showBusy(false);
    }
  }

  taken(typed) {
    const { entry } = this.wish;
    this.wish = this.checked = null;
    this.fields.forEach((field, place) => field.clear(typed[place]));
    if (!this.stays) return this.node.close();
    this.bar.receipts.mirror(entry, this.done);
    this.fields[0].input.focus();
  }

  showChecked(checked) {
    this.checked = checked;
    const rows = this.fields.map(({ parameter }) => {
      const value = checked.params[parameter.name];
      if (value === undefined) return "";
      const number = checked.numbers[parameter.name];
      const shown = el("dd", { class: LOOKED_AT.has(parameter.kind) ? "big" : null }, number?.text ?? (typeof value === "string" ? value : JSON.stringify(value)));
      const name = this.book?.nameOf(value);
      if (name) shown.prepend(el("span", { class: "name" }, name));
      if (number?.region) shown.append(el("span", { class: "region" }, regions.of(number.region)));
      return el("div", {}, el("dt", {}, parameter.label), shown);
    });
    const { label } = this.bar.call.capabilities[this.type];
    this.asked.replaceChildren(el("dl", { class: "understood" }, ...rows));
    setHidden(this.form, true);
    setHidden(this.asked, false);
    setText(this.back, gettext("Back"));
    setText(this.go, fill(gettext("%(action)s now"), { action: label }));
    this.go.focus();
  }

  refused(refusal) {
    const entry = this.wish?.entry;
    if (!isLost(refusal)) this.wish = null; // the next try is another wish
    if (entry && !this.node.open) this.bar.receipts.gaveUp(entry, isLost(refusal) ? "lost" : "refused", refusal.message, () => this.open());
    else if (entry && !isLost(refusal)) this.bar.receipts.refuse(entry); // why is told here
    if (refusal.status === 422) this.showForm();
    const told = new Map(refusal.errors.map(({ field, detail }) => [field, detail]));
    const wrong = this.fields.filter(({ parameter }) => told.has(parameter.name));
    for (const field of wrong) field.complain(told.get(field.parameter.name));
    if (wrong.length) wrong[0].input.focus();
    else if (refusal.isSignedOut) this.complain(...signInElsewhere());
    else this.complain(refusal.message);
  }

  complain(...told) {
    setHidden(this.trouble, !told[0]);
    this.trouble.replaceChildren(el("p", {}, ...told));
  }

  showBusy(isBusy) {
    this.isBusy = isBusy;
    this.go.setAttribute("aria-disabled", String(isBusy || this.isOff));
    setHidden(this.done, this.done.childElementCount === 0);
    this.node.setAttribute("aria-busy", String(isBusy));
  }
}

function signInElsewhere() {
  const link = el("a", { href: "/login/", target: "_blank" }, gettext("Sign in in a new tab"));
  return pieces(gettext("Your session has ended. %(link)s, then try again: what you typed stays here."), { link });
}
