// The editor of one bot: what is typed is checked while it is typed, tried beside it, and saved without leaving the page.

import { Refused, request } from "../api.js";
import { el, setHidden, setText } from "../dom.js";
import { localTime, serverNow } from "../time.js";
import { fill, gettext, pieces } from "../words.js";
import { Checker } from "./checker.js";
import { Unreadable, at, readDraft } from "./draft.js";
import { clearProblems, fieldOf, goTo, showProblems } from "./problems.js";
import { watchRows } from "./rows.js";
import { showSecrets, watchRenewal } from "./secrets.js";
import { watchTabs } from "./tabs.js";
import { Talk } from "./talk.js";

const page = document.getElementById("bot");
const form = document.getElementById("bot-form");
const part = (name) => page.querySelector(`[data-part="${name}"]`);
const { kind } = page.dataset;
const botId = page.dataset.bot ?? "";
let version = Number(page.dataset.version ?? 0);
let isSaving = false;

const NOT_SAVED = gettext("Not saved");
let leaves = false;

/** All that stands in the form, to be compared with what is stored. */
const typed = () => JSON.stringify([...new FormData(form)]);
let stored = typed();

addEventListener("beforeunload", (event) => {
  if (!leaves && typed() !== stored) event.preventDefault();
});

// Checking and trying

const checker = part("editor") && new Checker(page, { kind, draft: () => readDraft(form) });
const talk = new Talk(document.getElementById("talk"), {
  path: () => (botId ? `/ws/bots/${botId}/console/` : "/ws/bots/console/"),
  draft() {
    const { enabled, ...draft } = readDraft(form);
    return { kind, ...draft };
  },
  onError: show,
  onState: (state) => checker?.preview.mark(state.node ?? ""),
});

const tabs = part("tabs");
if (tabs) watchTabs(tabs);
watchRows(form, changed);
form.addEventListener("input", changed);

function changed() {
  const isChanged = typed() !== stored;
  if (isChanged) setText(part("saved"), NOT_SAVED);
  else if (part("saved").textContent === NOT_SAVED) setText(part("saved"), "");
  talk.changed();
  checker?.soon();
}

/** Shows what a finding is about. */
function show(finding) {
  if (finding.line && checker) {
    checker.editor.goTo(finding.line);
    return;
  }
  const field = fieldOf(form, finding.field);
  if (field) goTo(field);
}

// Saving

form.addEventListener("submit", (event) => {
  event.preventDefault();
  save();
});
addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") {
    event.preventDefault();
    save();
  }
});

async function save() {
  if (isSaving) return;
  isSaving = true;
  clearProblems(form);
  setHidden(part("alert"), true);
  try {
    const draft = readDraft(form);
    const sent = typed();
    const bot = botId ? await request("PATCH", `bots/${botId}/`, { ...draft, version }) : await request("POST", "bots/", { kind, ...draft });
    stored = sent;
    settle(bot);
    taken(bot);
  } catch (error) {
    await refused(error);
  } finally {
    isSaving = false;
  }
}

/** Brings the form to what is stored: empty numbers have their defaults, secrets are gone from it. */
function settle(bot) {
  const isUntouched = typed() === stored;
  for (const field of form.elements) {
    if (field.type === "number" && field.value === "") field.value = at(bot, field.name) ?? "";
    if (field.name.startsWith("secrets.")) field.value = "";
    if (field.name.startsWith("remove.")) field.checked = false;
  }
  if (isUntouched) stored = typed();
}

function taken(bot) {
  if (!botId) {
    leaves = true;
    showSecrets(part("secrets"), bot.madeSecrets, () => location.replace(`/bots/${bot.id}/`));
    return;
  }
  version = bot.version;
  setText(part("version"), String(version));
  setText(part("heading"), bot.name);
  document.title = `${bot.name} · Call Hub`;
  const now = localTime(new Date(serverNow()).toISOString(), { seconds: true });
  setText(part("saved"), typed() === stored ? fill(gettext("Saved at %(time)s"), { time: now }) : NOT_SAVED);
  for (const place of form.querySelectorAll("[data-secret]")) {
    const isStored = bot.secretsSet.includes(place.dataset.secret);
    for (const node of place.querySelectorAll("[data-stored]")) setHidden(node, !isStored);
    for (const node of place.querySelectorAll("[data-missing]")) setHidden(node, isStored);
  }
  showSecrets(part("secrets"), bot.madeSecrets, () => {});
}

// What keeps it from being saved

async function refused(error) {
  if (error.code === "version_conflict") {
    await conflict();
  } else if (error.isSignedOut) {
    const link = el("a", { href: "/login/", target: "_blank" }, gettext("Sign in in another tab"));
    complain(...pieces(gettext("Your session has ended, and nothing is saved yet. %(link)s, then save again: what you typed is still here."), { link }));
  } else if (error.status === 404) {
    const link = el("a", { href: `/bots/new/${kind}/`, target: "_blank" }, gettext("make a new bot"));
    complain(...pieces(gettext("Somebody deleted this bot. What you typed is still here: copy it, then %(link)s."), { link }));
  } else if (error instanceof Unreadable || error.status === 422) {
    await wrong(error.errors);
  } else if (error instanceof Refused) {
    complain(fill(gettext("Nothing is saved yet. %(reason)s"), { reason: error.message }));
  } else {
    throw error;
  }
}

async function wrong(errors) {
  const inMenu = errors.filter((error) => checker && error.field === "document");
  const homeless = showProblems(form, errors.filter((error) => !inMenu.includes(error)));
  complain(gettext("Nothing is saved yet. Mend what is marked and save again."), ...homeless.map((error) => ` ${error.detail}`));
  if (inMenu.length) await checker.now();
  if (inMenu.length === errors.length) checker?.goToFirst();
}

function complain(...content) {
  part("alert").querySelector("[data-text]").replaceChildren(...content);
  setHidden(part("alert"), false);
  part("alert").scrollIntoView({ block: "nearest" });
}

async function conflict() {
  const [theirs] = (await request("GET", `bots/${botId}/versions/`)).results;
  const mine = el("button", { type: "button", class: "tiny" }, fill(gettext("Save mine as version %(version)s"), { version: theirs.version + 1 }));
  mine.addEventListener("click", () => {
    version = theirs.version;
    save();
  });
  const look = el("a", { href: `/bots/${botId}/versions/${theirs.version}/`, target: "_blank" }, fill(gettext("See version %(version)s"), { version: theirs.version }));
  const take = el("a", { href: `/bots/${botId}/` }, gettext("Go on with theirs"));
  const happened = gettext("%(name)s saved version %(version)s at %(time)s, after you opened this page. Nothing of yours is stored yet, and nothing is lost: theirs stays among the versions.");
  complain(
    el("p", {}, fill(happened, { name: theirs.by, version: theirs.version, time: localTime(theirs.at) })),
    el("p", { class: "row" }, mine, look, take),
  );
  mine.focus();
}

watchRenewal(page, {
  async renew(name) {
    taken(await request("PATCH", `bots/${botId}/`, { secrets: { [name]: null }, version }));
  },
  onRefused: refused,
});
