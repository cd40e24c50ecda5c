// A form that narrows a list by days: they are the reader's own, and what was left empty stays out of the
// address.

const zone = document.querySelector("input[name=zone]");
const { form } = zone;

// An address may come from somebody in another zone, or name none: then the days in it are that zone's, or UTC's.
const own = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
const areGiven = form.elements.from.value || form.elements.to.value;
if (!areGiven) zone.value = own;
else if (!zone.value) zone.value = "UTC";
for (const name of form.querySelectorAll("[data-part=zone]")) {
  name.textContent = `(${zone.value})`;
  name.hidden = zone.value === own;
}
form.addEventListener("formdata", ({ formData }) => {
  for (const [name, value] of [...formData]) if (!value) formData.delete(name);
  if (!formData.has("from") && !formData.has("to")) formData.delete("zone");
});
