// The history of calls: slash goes to its search, live calls grow older.

import "./days.js";
import { clock, serverNow } from "./time.js";

const search = document.getElementById("q");

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, select, textarea")) return;
  event.preventDefault();
  search.focus();
  search.select();
});

const live = document.querySelectorAll("[data-since]");
if (live.length) {
  setInterval(() => {
    for (const cell of live) cell.textContent = clock(serverNow() - Date.parse(cell.dataset.since));
  }, 1000);
}
