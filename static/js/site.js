// What every page does: the choice of light or dark, copy buttons, times in the reader's own zone.

import { localTime } from "./time.js";
import { gettext } from "./words.js";

const toggle = document.getElementById("theme");
if (toggle) {
  const root = document.documentElement;
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches);
  const name = () => toggle.setAttribute("aria-label", isDark() ? gettext("Switch to light colours") : gettext("Switch to dark colours"));
  toggle.hidden = false;
  name();
  toggle.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    name();
    try {
      localStorage.setItem("hub-theme", root.dataset.theme);
    } catch {
      // Storage is blocked: the choice holds for this page.
    }
  });
}

for (const time of document.querySelectorAll("time[data-local]")) {
  time.title = `${time.textContent.trim()}`;
  time.textContent = localTime(time.dateTime, { seconds: time.dataset.local === "seconds" });
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-copy]");
  if (!button) return;
  const source = button.closest(".copy").querySelector("code, pre");
  const label = button.querySelector("[data-label]");
  try {
    await navigator.clipboard.writeText(source.textContent);
    label.textContent = gettext("Copied");
  } catch {
    getSelection().selectAllChildren(source); // no right to the clipboard (plain http): ready for Ctrl-C
    label.textContent = gettext("Press Ctrl-C");
  }
  setTimeout(() => (label.textContent = gettext("Copy")), 2500);
});
