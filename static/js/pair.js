// The code that an iFrame's link brings along stands in the fragment, which no server and no Referer gets to see.

const field = document.getElementById("code");

function takeCode() {
  const code = decodeURIComponent(location.hash.slice(1)).toUpperCase();
  if (!/^[A-Z]{4}-?[A-Z]{4}$/.test(code)) return;
  field.value = code;
  history.replaceState(null, "", location.pathname);
}

takeCode();
addEventListener("hashchange", takeCode);
