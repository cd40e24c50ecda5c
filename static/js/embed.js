// The hub inside another site's page: the call in hand for the agent, who comes with a profile's embed key, or the wall
// and any call for a person who has paired the iFrame with the own log-in.

import { Refused } from "./api.js";
import { KeyAccess, Pairing } from "./embed_access.js";
import { EmbedCall } from "./embed_call.js";
import { PairingPanel } from "./embed_pairing.js";
import { EmbedWall } from "./embed_wall.js";
import { setHidden, setText } from "./dom.js";
import { connectionSign } from "./socket.js";
import { fill, gettext } from "./words.js";

const page = document.getElementById("embed");
const part = (name) => page.querySelector(`[data-part="${name}"]`);

const query = new URLSearchParams(location.search);
const callId = (query.get("callId") ?? "").trim(); // the vendor's
const openedId = /^[0-9a-f-]{36}$/.exec(query.get("call") ?? "")?.[0] ?? null; // ours, of a paired iFrame
const key = (new URLSearchParams(location.hash.slice(1)).get("key") ?? query.get("key") ?? "").trim();
query.delete("key");
history.replaceState(history.state, "", location.pathname + (query.size ? `?${query}` : "")); // a key must not stay in the address
addEventListener("popstate", () => location.reload()); // the way back from a call

const sign = connectionSign(part("connection"));
const isNamed = callId !== "" && !callId.includes("{{");

function fail(text) {
  setHidden(part("problem"), false);
  setText(part("problem").querySelector("[data-text]"), text);
}

/** Loads the page anew as it was opened: its key is taken out of the address again at once. */
function again() {
  if (key) history.replaceState(history.state, "", `${location.pathname}${location.search}#key=${encodeURIComponent(key)}`);
  location.reload();
}

function offerPairing() {
  setHidden(part("connection"), true);
  setHidden(part("supervise"), true);
  panel.show();
  setText(part("title"), gettext("Connect this iFrame"));
}

const panel = new PairingPanel(part("pairing"), {
  onPaired(pairing) {
    pairing.keep();
    again();
  },
});
part("supervise-button").addEventListener("click", () => {
  setHidden(part("call"), true);
  offerPairing();
  setHidden(part("pair-leave"), false);
  part("pair-start").focus();
});
part("pair-leave").addEventListener("click", again);
addEventListener("keydown", (event) => event.key === "Escape" && !part("pair-leave").hidden && again());

async function startPaired(pairing) {
  let person;
  try {
    person = await pairing.look();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    fail(gettext("The hub can't be reached at the moment. Trying again…"));
    setTimeout(again, 5000);
    return;
  }
  if (person?.state !== "paired") {
    pairing.forget();
    if (key && isNamed) startAgent();
    else offerPairing();
    return;
  }
  pairing.keep();
  setHidden(part("person"), false);
  setText(part("person-name"), fill(gettext("Connected as %(name)s"), { name: person.user }));
  part("disconnect").addEventListener("click", async () => {
    await pairing.end().catch(() => {}); // it runs out by itself
    pairing.forget();
    again();
  });
  const common = { sign, onFail: fail, person };
  if (openedId || isNamed) {
    const back = part("back");
    setHidden(back, false);
    back.addEventListener("click", () => pairing.open("/embed/"));
    const address = openedId ? pairing.socket(`/ws/calls/${openedId}/`) : pairing.socket("/ws/embed/", callId);
    new EmbedCall(page, { ...common, address, listenAddress: (path) => pairing.socket(path)() });
  } else {
    setText(part("title"), gettext("Live calls"));
    new EmbedWall(part("wall"), {
      ...common,
      address: pairing.socket("/ws/dashboard/"),
      user: person.user,
      icons: document.getElementById("wall-icons"),
      onOpen: (id) => pairing.open(`/embed/?call=${id}`),
    });
  }
}

function startAgent() {
  setHidden(part("supervise"), false);
  const access = new KeyAccess(key, callId);
  new EmbedCall(page, { address: access.address, sign, onFail: fail, asAgent: access.request });
}

const pairing = Pairing.kept();
if (pairing) startPaired(pairing);
else if (key && isNamed) startAgent();
else {
  if (!isNamed && (callId || key)) fail(gettext("The address names no call. It should end with ?callId=<the call's id>#key=…. In a RingCX script, ?callId={{model.call.uii}} is filled in by itself when the script runs."));
  else if (callId) fail(gettext("The address carries no embed key. An admin makes one on the profile's page of the hub; it belongs at the end, as #key=<the key>. Or connect the iFrame with your own log-in."));
  offerPairing();
}
