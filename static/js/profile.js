// The profile's form: nothing typed is lost by accident, and the first wrong field is at hand.

const form = document.getElementById("profile");
const initial = new URLSearchParams(new FormData(form)).toString();
const cameWithErrors = document.getElementById("errors") !== null || document.querySelector('[role="alert"]') !== null;
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

// Of the recognisers' notes, only the chosen one's is of interest.
const recognizer = form.querySelector('[name="recognizer"]');
const notes = form.querySelectorAll("[data-recognizer]");
const showNote = () => notes.forEach((note) => (note.hidden = note.dataset.recognizer !== recognizer.value));
recognizer.addEventListener("change", showNote);
showNote();
