// The profile at its vendor: compared, pushed and removed by the vendor's own REST API.

import { request } from "./api.js";
import { el, setHidden, setText } from "./dom.js";
import { gettext } from "./words.js";

const STATES = {
  absent: ["failed", gettext("It is not there: nothing is streamed yet.")],
  same: ["passed", gettext("It is there, as the profile says.")],
  different: ["warned", gettext("It is there, but not as the profile says. Push makes it the same.")],
};
const FIELDS = {
  streamingUrl: gettext("Streaming URL"),
  secret: gettext("Secret"),
  mainAccountId: gettext("Main account id"),
  rcAccountId: gettext("RC account id"),
};

const root = document.getElementById("provision");
const part = (name) => root.querySelector(`[data-part="${name}"]`);
const path = `profiles/${root.dataset.profile}/provision/`;
const buttons = root.querySelectorAll("button");

function tell(state, text) {
  part("result").dataset.state = state;
  setText(part("result"), text);
  setHidden(part("result"), false);
}

function show({ state, differences }) {
  tell(...STATES[state]);
  setHidden(part("differences"), differences.length === 0);
  const rows = differences.map(({ field, here, there }) => el("tr", {}, el("th", { scope: "row" }, FIELDS[field] ?? field), el("td", {}, here ?? "•••"), el("td", {}, there ?? "•••")));
  part("differences").querySelector("tbody").replaceChildren(...rows);
}

async function run(method) {
  for (const button of buttons) button.disabled = true;
  setHidden(part("differences"), true);
  tell("running", gettext("Asking the vendor…"));
  try {
    show((await request(method, path)) ?? { state: "absent", differences: [] });
  } catch (error) {
    tell("failed", error.message);
  } finally {
    for (const button of buttons) button.disabled = false;
  }
}

function ask(isAsked) {
  setHidden(part("sure"), !isAsked);
  part(isAsked ? "keep" : "remove").focus();
}

part("compare").addEventListener("click", () => run("GET"));
part("push").addEventListener("click", () => run("POST"));
part("remove").addEventListener("click", () => ask(true));
part("keep").addEventListener("click", () => ask(false));
part("remove-now").addEventListener("click", async () => {
  setHidden(part("sure"), true);
  await run("DELETE");
  part("compare").focus();
});
