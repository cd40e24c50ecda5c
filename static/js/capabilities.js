// What can be done to a call, in the reader's language: the hub tells it in English.

import { gettext } from "./words.js";

const inWords = (capability) => ({
  ...capability,
  label: gettext(capability.label),
  reason: capability.reason && gettext(capability.reason),
  parameters: capability.parameters.map((parameter) => ({ ...parameter, label: gettext(parameter.label) })),
});

export const withWords = (call) => ({
  ...call,
  capabilities: Object.fromEntries(Object.entries(call.capabilities).map(([type, capability]) => [type, inWords(capability)])),
});

/** A value that a parameter may have, as people read it. */
export const choiceLabel = (choice) => gettext(choice);
