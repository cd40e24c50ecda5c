// The REST API, asked with the page's own session, or in the iFrame with a bearer and without cookies.

import { gettext } from "./words.js";

/** What the hub refused: `status` (0: it could not be reached), and the problem's `code`, `message` and `errors`. */
export class Refused extends Error {
  constructor(status, problem) {
    super(problem.code === "not_authenticated" && bearer === null ? gettext("Your session has ended. Sign in again in another tab, then try again: what you typed stays here.") : (problem.detail ?? gettext("The hub could not do it. Try again in a moment.")));
    Object.assign(this, { status, code: problem.code ?? "", errors: problem.errors ?? [] });
  }

  /** The session is over: what was typed is still here, and can be sent once somebody has signed in elsewhere. */
  get isSignedOut() {
    return this.status === 401 || this.code === "csrf_failed";
  }
}

let bearer = null;

/** From now on, what is asked is asked with this bearer. */
export function useBearer(token) {
  bearer = token;
}

function csrfToken() {
  return /(?:^|; )hub_csrf=([^;]+)/.exec(document.cookie)?.[1] ?? "";
}

async function send(method, path, { headers, ...options }) {
  const credential = bearer === null ? { "X-CSRFToken": csrfToken() } : { Authorization: `Bearer ${bearer}` };
  try {
    return await fetch(`/api/v1/${path}`, {
      method,
      headers: { ...headers, ...credential },
      credentials: bearer === null ? "same-origin" : "omit",
      cache: "no-store",
      ...options,
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused(0, { detail: gettext("The hub can't be reached at the moment. Try again.") });
  }
}

/** The answer's JSON, null where there is none. Throws `Refused`, and `AbortError` where `signal` says so. */
export async function request(method, path, body, { signal, headers = {} } = {}) {
  const isFile = body instanceof Blob; // brings its own type
  if (body !== undefined && !isFile) headers = { ...headers, "Content-Type": "application/json" };
  const answer = await send(method, path, { headers, body: isFile ? body : JSON.stringify(body), signal });
  const told = answer.status === 204 ? null : await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refused(answer.status, told ?? {});
  return told;
}

/** Gives `onLine` each line of an answer that comes line by line, as it comes. Ends with the answer. Throws `Refused`. */
export async function followed(method, path, onLine) {
  const answer = await send(method, path, { headers: { Accept: "application/x-ndjson" } });
  if (!answer.ok) throw new Refused(answer.status, await answer.json().catch(() => ({})));
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read().catch(() => ({ done: true }));
    if (done) return;
    const lines = (text + value).split("\n");
    text = lines.pop();
    for (const line of lines) onLine(JSON.parse(line));
  }
}
