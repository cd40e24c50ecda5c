// Which calls the wall shows. The choice stands in the address, so that it survives a reload, the way back from a call,
// and being sent to somebody.

import { el } from "./dom.js";

const STATES = {
  attention: (card) => card.weight > 0,
  alert: (card) => card.has("alert"),
  help: (card) => card.has("help"),
  live: (card) => !card.isOver,
  ended: (card) => card.isOver,
  test: (card) => card.isTest,
};

export class WallFilters {
  /** `form` has fields named profile, vendor, agent, state and q. `onChange()` is told of each change. */
  constructor(form, onChange) {
    Object.assign(this, { form, onChange, agents: new Set(), words: [] });
    this.fields = ["profile", "vendor", "agent", "state", "q"].map((name) => form.elements[name]);
    const query = new URLSearchParams(location.search);
    for (const field of this.fields) {
      const value = query.get(field.name) ?? "";
      if (field.matches("select") && ![...field.options].some((option) => option.value === value)) {
        if (field.name === "profile") field.append(el("option", { value }, value)); // its name comes with its first call
        else continue;
      }
      field.value = value;
    }
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", () => this.changed());
    this.read();
  }

  read() {
    const { profile, vendor, agent, state, q } = this.form.elements;
    this.chosen = { profile: profile.value, vendor: vendor.value, agent: agent.value.trim(), state: state.value };
    this.words = q.value.toLowerCase().split(/\s+/).filter(Boolean);
    this.isOn = this.words.length > 0 || Object.values(this.chosen).some(Boolean);
  }

  changed() {
    this.read();
    const query = new URLSearchParams();
    for (const { name, value } of this.fields) if (value.trim()) query.set(name, value.trim());
    history.replaceState(history.state, "", location.pathname + (query.size ? `?${query}` : ""));
    this.onChange();
  }

  clear() {
    for (const field of this.fields) field.value = "";
    this.changed();
  }

  /** Offers what a call brings: its profile and its agent. */
  learn({ profile, profileName, agentId }) {
    if (profile && profileName) {
      const { profile: field } = this.form.elements;
      const known = [...field.options].find((option) => option.value === profile);
      if (!known) field.append(el("option", { value: profile }, profileName));
      else if (known.textContent !== profileName) known.textContent = profileName;
    }
    if (agentId && !this.agents.has(agentId)) {
      this.agents.add(agentId);
      this.form.elements.agent.list.append(el("option", { value: agentId }));
    }
  }

  lets(card) {
    if (!this.isOn) return true;
    const { call } = card;
    const { profile, vendor, agent, state } = this.chosen;
    if (profile && call.profile !== profile) return false;
    if (vendor && call.vendor !== vendor) return false;
    if (agent && call.agentId !== agent && ![...card.streams.values()].some((stream) => stream.agentId === agent)) return false;
    return (!state || STATES[state](card)) && card.tells(this.words);
  }
}
