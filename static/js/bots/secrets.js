// Secrets that the hub makes: shown once, and made anew on demand.

import { el } from "../dom.js";
import { gettext } from "../words.js";

/** Shows what was just made, if anything was; `then` runs when it was copied, or at once. */
export function showSecrets(dialog, made, then) {
  const secrets = Object.values(made);
  if (secrets.length === 0) {
    then();
    return;
  }
  const boxes = secrets.map((secret) =>
    el("div", { class: "copy" }, el("code", {}, secret), el("button", { type: "button", "data-copy": true, "aria-label": gettext("Copy the secret") }, el("span", { "data-label": true, "aria-live": "polite" }, gettext("Copy")))),
  );
  dialog.querySelector('[data-part="secret-list"]').replaceChildren(...boxes);
  dialog.addEventListener("cancel", (event) => event.preventDefault(), { once: true }); // Esc comes too easily
  dialog.addEventListener("close", () => {
    dialog.querySelector('[data-part="secret-list"]').replaceChildren();
    then();
  }, { once: true });
  dialog.showModal();
}

/** `renew(name)` makes a new secret; what it throws goes to `onRefused`. */
export function watchRenewal(page, { renew, onRefused }) {
  const dialog = page.querySelector('[data-part="renew"]');
  let name = "";
  page.addEventListener("click", async (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.renew) {
      name = button.dataset.renew;
      dialog.showModal();
    } else if ("close" in button.dataset) {
      button.closest("dialog").close();
    } else if (button.dataset.part === "renew-yes") {
      dialog.close();
      await renew(name).catch(onRefused);
    }
  });
}
