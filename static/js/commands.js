// Asks the hub to do something. One wish is one command: a request whose answer is lost is sent again under the same key.

import { Refused, request } from "./api.js";
import { gettext } from "./words.js";

const PATIENCE = 4000; // ms for one answer
const GIVE_UP = 9000; // ms; who waits longer has decided anew
const FIRST_WAIT = 300;
const LOST = gettext("The hub did not answer: nobody knows whether it arrived. Try again; it will not be done twice.");

/** A new `Idempotency-Key`. (`crypto.randomUUID` is missing on plain http.) */
export function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Whether a request was never answered: it may have arrived, and may be sent again. */
export function isLost({ status }) {
  return status === 0 || status === 429 || status >= 500;
}

/** What the hub answered, else throws `Refused`. `onWait` is called before each further try. */
export async function post(path, body, { key = null, onWait = () => {} } = {}) {
  const headers = key ? { "Idempotency-Key": key } : {};
  const until = performance.now() + GIVE_UP;
  for (let wait = FIRST_WAIT; ; wait *= 2) {
    try {
      return await request("POST", path, body, { headers, signal: AbortSignal.timeout(PATIENCE) });
    } catch (error) {
      if (!(error instanceof Refused) || !isLost(error)) throw error;
      if (performance.now() + wait > until) throw new Refused(0, { detail: LOST });
    }
    onWait();
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}
