// A page that shows something once, as the answer to a form: loading it again leads on instead of sending the form anew.

history.replaceState(null, "", document.querySelector("[data-instead]").dataset.instead);
