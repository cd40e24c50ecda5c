// What lets the iFrame in, without a cookie: a profile's embed key, for one call, or a pairing with somebody's own log-in.
// Either is worth a ticket for each socket.

import { Refused, request, useBearer } from "./api.js";
import { socketUrl } from "./socket.js";
import { serverNow } from "./time.js";
import { gettext } from "./words.js";

const RENEW_BEFORE = 60_000; // ms before a session's end
const STORED = "hub-pairing";

/** An error after which no more attempts are made. */
function final(message) {
  return Object.assign(new Error(message), { final: true });
}

const isFinal = (error) => error.status >= 400 && error.status < 500 && error.status !== 429;

/** With an embed key: the call that the address names, to look at. */
export class KeyAccess {
  constructor(key, callId) {
    Object.assign(this, { key, callId, session: null });
  }

  async openSession() {
    if (this.session && Date.parse(this.session.expiresAt) - serverNow() > RENEW_BEFORE) return;
    useBearer(null);
    try {
      this.session = await request("POST", "embed/sessions/", { key: this.key, callId: this.callId });
    } catch (error) {
      throw isFinal(error) ? final(error.message) : error;
    }
    useBearer(this.session.token);
  }

  address = async () => {
    await this.openSession();
    try {
      const { ticket } = await request("POST", "embed/tickets/", {});
      return socketUrl(`/ws/embed/?ticket=${encodeURIComponent(ticket)}`);
    } catch (error) {
      if (error.isSignedOut || error.status === 403) this.session = null;
      throw error;
    }
  };

  /** As `request` of the API, with a session that is renewed in time. */
  request = async (...asked) => {
    await this.openSession();
    return request(...asked);
  };
}

/** With a pairing: whatever its person may. The bearer is kept for this tab, and across a reload where storage is
 * blocked, as in other sites' pages. */
export class Pairing {
  constructor(token) {
    this.token = token;
    useBearer(token);
  }

  static kept() {
    let token = history.state?.pairing ?? null;
    try {
      token ??= sessionStorage.getItem(STORED);
    } catch {
      // Blocked.
    }
    return token ? new Pairing(token) : null;
  }

  keep() {
    history.replaceState({ pairing: this.token }, "");
    try {
      sessionStorage.setItem(STORED, this.token);
    } catch {
      // The entry of the history has it.
    }
  }

  forget() {
    useBearer(null);
    history.replaceState(null, "");
    try {
      sessionStorage.removeItem(STORED);
    } catch {
      // It was not there.
    }
  }

  /** Another page of the iFrame. */
  open(path) {
    history.pushState({ pairing: this.token }, "", path);
    location.reload();
  }

  /** How it stands: `state`, `user`, `mayControl`, `expiresAt`. Null where it has ended. Throws where nobody can tell. */
  async look() {
    try {
      return await request("GET", "embed/pairings/");
    } catch (error) {
      if (error instanceof Refused && error.status === 401) return null;
      throw error;
    }
  }

  end() {
    return request("DELETE", "embed/pairings/");
  }

  /** The address of a socket, for a `LiveSocket`. `callId` is the vendor's, for `/ws/embed/` only. */
  socket(path, callId) {
    return async () => {
      try {
        const { ticket } = await request("POST", "embed/tickets/", callId ? { callId } : {});
        return socketUrl(`${path}?ticket=${encodeURIComponent(ticket)}`);
      } catch (error) {
        throw error.status === 401 ? final(gettext("This iFrame is not connected any more. Reload it to connect it again.")) : error;
      }
    };
  }
}
