// What the call was about, once it is over. Each sentence leads to the moment in which it was said.

import { announce, el, setHidden, setText } from "./dom.js";
import { momentLink } from "./moment.js";
import { localTime } from "./time.js";
import { fill, gettext } from "./words.js";

const KINDS = {
  reason: gettext("Reason"),
  agreed: gettext("Agreed"),
  nextSteps: gettext("Next steps"),
  openQuestions: gettext("Open questions"),
};
const STATES = {
  pending: gettext("The summary is being written…"),
  empty: gettext("Nothing that was said stands out."),
  failed: gettext("The summary could not be written."),
  none: gettext("No summary was written of this call."),
};
const WISHES = { ready: gettext("Write it anew"), empty: gettext("Write it anew"), failed: gettext("Try again"), none: gettext("Write one") };

export class Summary {
  constructor(root, { send }) {
    Object.assign(this, { root, send, told: null, call: null });
    for (const name of ["state", "body", "source", "problem", "make"]) this[name] = root.querySelector(`[data-part="summary-${name}"]`);
    this.make?.addEventListener("click", () => this.ask()); // only for those who may
  }

  follow(call) {
    if (this.call?.state === "live" && call.state !== "live") this.show({ state: "pending" });
    this.call = call;
    setHidden(this.root, call.state === "live");
  }

  show(told, { isNews = false } = {}) {
    this.told = told;
    const state = told?.state ?? "none";
    setText(this.state, STATES[state] ?? "");
    setHidden(this.state, state === "ready");
    this.body.replaceChildren(...(state === "ready" ? Object.keys(KINDS).flatMap((kind) => this.section(kind, told[kind])) : []));
    this.drawSource();
    if (this.make) {
      setHidden(this.make, !(state in WISHES));
      setText(this.make, WISHES[state] ?? "");
    }
    if (isNews && state === "ready") announce(gettext("The summary is written."));
  }

  section(kind, items) {
    if (items.length === 0) return [];
    return [el("h3", {}, KINDS[kind]), el("ul", {}, ...items.map((item) => this.item(item)))];
  }

  item({ text, startMs, track, question }) {
    const asked = question ? [el("span", { class: "asked" }, question), " "] : [];
    return el("li", { class: track }, momentLink(startMs, " ", ...asked, el("span", { class: "told" }, text)));
  }

  drawSource() {
    const { state, by, model, madeAt, error } = this.told ?? {};
    setHidden(this.source, state !== "ready");
    if (state !== "ready") return;
    const at = localTime(madeAt);
    const source = by === "model" ? fill(gettext("By %(model)s, %(at)s"), { model, at }) : fill(gettext("In the words of the call, %(at)s"), { at });
    this.source.replaceChildren(source, ...(error ? [el("span", { class: "trouble" }, error)] : []));
  }

  /** The socket tells of the new one, perhaps before this request is answered. */
  async ask() {
    const before = this.told;
    const asked = { state: "pending" };
    setText(this.problem, "");
    this.show(asked);
    this.root.focus();
    try {
      await this.send("POST", "summary/");
    } catch (error) {
      if (this.told === asked) this.show(before);
      setText(this.problem, error.message);
    }
  }
}
