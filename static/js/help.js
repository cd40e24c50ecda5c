// Help in a live call: its agent asks for it with one press, and may then say what about; whoever may act on calls sees
// it and says that it is taken care of.

import { announce, el, setHidden, setText } from "./dom.js";
import { rough, serverNow } from "./time.js";
import { fill, gettext } from "./words.js";

const MAX_NOTE = 200;

export class Help {
  /** `root` is empty and hidden. `mayAsk`: here is the agent of the call. `mayResolve`: somebody who may act on it.
   * `send(method, body)` asks the API at the call's `help/` and throws what people can read. */
  constructor(root, { mayAsk, mayResolve, send }) {
    Object.assign(this, { root, mayAsk, mayResolve, send, help: null, isLive: false, running: null, next: null });
    this.ask = el("button", { type: "button" }, gettext("Ask for help"));
    this.text = el("p", { class: "help-text", role: "status" });
    this.note = el("input", { type: "text", maxlength: MAX_NOTE, placeholder: gettext("What about? (optional)"), "aria-label": gettext("What the help is needed for"), autocomplete: "off" });
    this.tell = el("button", { type: "submit" }, gettext("Send"));
    this.form = el("form", { class: "help-form" }, this.note, this.tell);
    this.end = el("button", { type: "button" }, mayAsk ? gettext("Withdraw") : gettext("Taken care of"));
    this.wrong = el("p", { class: "wrong", role: "alert", hidden: true });
    root.append(this.text, this.ask, this.form, this.end, this.wrong);
    this.ask.addEventListener("click", () => this.run("POST", {}, gettext("Your supervisors were asked for help.")));
    this.end.addEventListener("click", () => this.run("DELETE", undefined, mayAsk ? gettext("Withdrawn.") : gettext("Taken care of.")));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.run("POST", { note: this.note.value.trim() }, gettext("Sent."));
    });
    setInterval(() => this.help && this.show(), 5000);
  }

  /** The call as the server tells it. */
  follow(call) {
    this.isLive = call.state === "live";
    this.help = call.help;
    this.show();
  }

  show() {
    const { help } = this;
    const held = this.root.contains(document.activeElement);
    setHidden(this.root, !this.isLive || !(this.mayAsk || (this.mayResolve && help)));
    this.root.classList.toggle("asked", Boolean(help));
    setText(this.text, help ? this.tells() : "");
    setHidden(this.text, !help);
    setHidden(this.ask, !this.mayAsk || Boolean(help));
    setHidden(this.form, !this.mayAsk || !help || Boolean(help.note));
    setHidden(this.end, !help);
    if (held && !this.root.contains(document.activeElement)) this.focus();
  }

  /** Where the focus goes when what had it is gone. */
  focus() {
    if (this.root.hidden) document.querySelector("main").focus();
    else [this.note, this.end, this.ask].find((each) => each.checkVisibility())?.focus();
  }

  tells() {
    const { by, note, requestedAt } = this.help;
    const since = rough(Math.max(1000, serverNow() - Date.parse(requestedAt)));
    if (this.mayAsk) return note ? fill(gettext("Asked for help %(since)s ago: %(note)s"), { since, note }) : fill(gettext("Asked for help %(since)s ago."), { since });
    return note ? fill(gettext("%(by)s asks for help, for %(since)s: %(note)s"), { by, since, note }) : fill(gettext("%(by)s asks for help, for %(since)s."), { by, since });
  }

  /** What comes while the last wish is on its way waits for it, but for a second press of the same button. */
  async run(method, body, done) {
    const says = body?.note !== undefined;
    if (this.running) {
      if (says || this.running !== method) this.next = [method, body, done];
      return;
    }
    this.running = method;
    setHidden(this.wrong, true);
    try {
      const told = await this.send(method, body);
      const hadFocus = this.root.contains(document.activeElement);
      this.help = method === "DELETE" ? null : told;
      if (says || this.help === null) this.note.value = "";
      this.show();
      if (hadFocus) this.focus();
      announce(done);
    } catch (error) {
      setText(this.wrong, error.message);
      setHidden(this.wrong, false);
    } finally {
      this.running = null;
    }
    const { next } = this;
    this.next = null;
    if (next) this.run(...next);
  }
}
