// A classic script in <head>, so that the reader's own choice of light or dark holds before the first paint.
(() => {
  try {
    const theme = localStorage.getItem("hub-theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // Storage is blocked: the system's scheme holds.
  }
})();
