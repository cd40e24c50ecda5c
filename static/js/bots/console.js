// The page of the console alone: the bot as it is saved.

import { Talk } from "./talk.js";

const page = document.getElementById("talk");
new Talk(page, {
  path: () => `/ws/bots/${page.dataset.bot}/console/`,
  onError: () => (location.href = page.dataset.editor),
});
page.querySelector('[data-act="start"]').focus();
