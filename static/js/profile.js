// The profile's form.

import "./form.js";

const form = document.getElementById("profile");

// Of the recognisers' notes, only the chosen one's is of interest.
const recognizer = form.querySelector('[name="recognizer"]');
const notes = form.querySelectorAll("[data-recognizer]");
const showNote = () => notes.forEach((note) => (note.hidden = note.dataset.recognizer !== recognizer.value));
recognizer.addEventListener("change", showNote);
showNote();
