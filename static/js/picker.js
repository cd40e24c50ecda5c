// A list of check boxes that a field narrows: the arrow keys go through what is left, all that is ticked is sent.

for (const picker of document.querySelectorAll("[data-picker]")) {
  const find = picker.querySelector("input[type=search]");
  const rows = [...picker.querySelectorAll(".picker-list label")];
  const none = picker.querySelector(".picker-none");
  const shown = () => rows.filter((row) => !row.hidden).map((row) => row.querySelector("input"));
  picker.querySelector(".picker-find").hidden = rows.length < 6;
  find.addEventListener("input", () => {
    const words = find.value.toLowerCase().split(/\s+/);
    for (const row of rows) row.hidden = !words.every((word) => row.textContent.toLowerCase().includes(word));
    none.hidden = shown().length > 0;
  });
  picker.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.target === find && event.key === "Enter") event.preventDefault(); // the form is sent by its button
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
    const places = [find, ...shown()];
    const next = places[places.indexOf(event.target) + step];
    if (!next) return;
    event.preventDefault();
    next.focus();
  });
}
