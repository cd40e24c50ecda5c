// A form that is filled in at length: nothing typed is lost by accident, and the first wrong field is at hand.

const form = document.querySelector("form[data-keep]");
const initial = new URLSearchParams(new FormData(form)).toString();
const cameWithErrors = document.querySelector('[role="alert"]:not([hidden])') !== null;
let isSent = false;

form.addEventListener("submit", () => (isSent = true));
addEventListener("pageshow", () => (isSent = false));
addEventListener("beforeunload", (event) => {
  const isChanged = cameWithErrors || new URLSearchParams(new FormData(form)).toString() !== initial;
  if (isChanged && !isSent) event.preventDefault();
});

const wrong = form.querySelector('[aria-invalid="true"]');
if (wrong) {
  wrong.closest("details")?.setAttribute("open", "");
  wrong.focus();
}
