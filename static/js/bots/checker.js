// Has the hub check a menu while it is being written, and shows what it finds and how the menu hangs together.

import { request } from "../api.js";
import { el, setHidden, setText } from "../dom.js";
import { fill, gettext, ngettext } from "../words.js";
import { Editor } from "./editor.js";
import { Preview } from "./preview.js";

const PAUSE = 350; // ms without a key

export class Checker {
  constructor(page, { kind, draft }) {
    Object.assign(this, { kind, draft });
    this.part = (name) => page.querySelector(`[data-part="${name}"]`);
    this.editor = new Editor(this.part("editor"));
    this.preview = new Preview(this.part("preview"), { onLine: (line) => this.editor.goTo(line) });
    this.findings = [];
    this.part("findings").addEventListener("click", (event) => {
      const line = event.target.closest("button")?.dataset.line;
      if (line) this.editor.goTo(Number(line));
    });
    this.now();
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.now(), PAUSE);
  }

  async now() {
    clearTimeout(this.timer);
    this.asking?.abort();
    const asking = (this.asking = new AbortController());
    try {
      const { document, config } = this.draft();
      this.show(await request("POST", "bots/validate/", { kind: this.kind, document, config }, { signal: asking.signal }));
    } catch (error) {
      if (error.name !== "AbortError") setText(this.part("check-state"), fill(gettext("Not checked. %(reason)s"), { reason: error.errors?.[0]?.detail ?? error.message }));
    }
  }

  show({ findings, preview }) {
    this.findings = findings;
    const count = (severity) => findings.filter((finding) => finding.severity === severity).length;
    const [errors, warnings] = [count("error"), count("warning")];
    const counts = [];
    if (errors) counts.push(fill(ngettext("%(count)s error", "%(count)s errors", errors), { count: errors }));
    if (warnings) counts.push(fill(ngettext("%(count)s warning", "%(count)s warnings", warnings), { count: warnings }));
    setText(this.part("check-state"), counts.join(", ") || gettext("No problems"));
    this.part("findings").replaceChildren(...findings.map(item));
    this.editor.mark(findings);
    setHidden(this.part("stale"), preview !== null);
    if (preview) this.preview.render(preview);
  }

  goToFirst() {
    const first = this.findings.find((finding) => finding.severity === "error" && finding.line);
    if (first) this.editor.goTo(first.line);
  }
}

function item({ severity, line, detail }) {
  const kind = el("span", { class: `kind ${severity}` }, severity === "error" ? gettext("Error") : gettext("Warning"));
  const text = line ? el("button", { type: "button", "data-line": line }, fill(gettext("Line %(line)s"), { line })) : "";
  return el("li", {}, kind, text, el("span", { lang: "en" }, detail));
}
