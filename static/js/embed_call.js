// One call in the iFrame: what is said and, for a person who may, what can be done.

import { ActionBar } from "./actions.js";
import { Alerts } from "./alerts.js";
import { request } from "./api.js";
import { followCall } from "./call_state.js";
import { setClass, setHidden, setText } from "./dom.js";
import { Help } from "./help.js";
import { Listening } from "./listen.js";
import { Receipts } from "./receipts.js";
import { LiveSocket } from "./socket.js";
import { clock, serverNow } from "./time.js";
import { Transcript } from "./transcript.js";
import { gettext } from "./words.js";

const STATES = { live: gettext("Live"), ended: gettext("Ended"), interrupted: gettext("Interrupted") };

export class EmbedCall {
  /**
   * `address` is that of the call's socket. Of a paired iFrame `person` is told (`user`, `mayControl`), and
   * `listenAddress(path)`; of an agent's, `asAgent` is how it asks the API for help.
   */
  constructor(page, { address, sign, onFail, person = null, listenAddress = null, asAgent = null }) {
    this.part = (name) => page.querySelector(`[data-part="${name}"]`);
    Object.assign(this, { person, listenAddress, asAgent, onFail, call: null, bar: null, receipts: null, listening: null, help: null, alerts: null });
    setHidden(this.part("call"), false);
    this.transcript = new Transcript(page);
    setInterval(() => this.showDuration(), 1000);
    const follow = followCall(this, () => this.socket.send({ type: "snapshot" }));
    this.socket = new LiveSocket({
      address,
      onMessage: (message) => {
        if (message.type === "waiting") setText(this.transcript.empty, gettext("Waiting for the call to start…"));
        else follow(message);
      },
      onState: (state, facts) => {
        sign(state, facts);
        if (state !== "connecting") this.bar?.connected(state === "open");
        if (state === "stopped") this.fail(facts.error.message);
      },
    });
  }

  onCall(call) {
    if (this.call === null) this.equip(call);
    this.call = call;
    if (call.state !== "live") this.transcript.clearInterims();
    this.receipts?.follow(call);
    this.listening?.follow(call);
    this.help?.follow(call);
    this.alerts?.follow(call);
    this.show();
  }

  onAlerts(alerts) {
    this.alerts?.reset(alerts);
  }

  onAlert(alert) {
    this.alerts?.put(alert);
  }

  onCommand(command, isNews) {
    this.receipts?.put(command, isNews);
  }

  onHealth() {}

  /** With the call's first news it is known which call this is. */
  equip(call) {
    const { part, person } = this;
    const path = `calls/${call.id}/help/`;
    if (person === null) {
      this.help = new Help(part("help"), { mayAsk: true, mayResolve: false, send: (method, body) => this.asAgent(method, path, body) });
      return;
    }
    this.help = new Help(part("help"), { mayAsk: false, mayResolve: person.mayControl, send: (method, body) => request(method, path, body) });
    const { transcript } = this;
    this.alerts = new Alerts(part("alerts"), { callId: call.id, transcript, mayAct: person.mayControl, onJump: (ms) => transcript.goTo(ms) });
    if (!person.mayControl) return;
    const vendors = JSON.parse(part("cards").dataset.vendors);
    this.receipts = new Receipts(part("receipts"), { user: person.user, vendor: vendors[call.vendor] ?? call.vendor });
    const alsoKeys = { l: { label: () => this.listening.label(), run: () => this.listening.toggle() } };
    this.bar = new ActionBar(part("actions"), { callId: call.id, user: person.user, receipts: this.receipts, list: part("keys"), alsoKeys });
    this.listening = new Listening(part("listen"), { callId: call.id, address: this.listenAddress });
  }

  show() {
    const { part, call } = this;
    const badge = part("state");
    setHidden(badge, false);
    if (part("pairing").hidden) setText(part("title"), call.from ?? gettext("Transcript"));
    setText(badge, STATES[call.state]);
    setClass(badge, "live", call.state === "live");
    setClass(badge, "warn", call.state === "interrupted");
    setClass(part("connection"), "over", call.state !== "live");
    setText(this.transcript.empty, call.state === "live" ? gettext("Nothing was said yet. Words appear here as they are spoken.") : gettext("Nothing was understood in this call."));
    this.bar?.follow(call, { isPaused: call.health.bot?.state === "paused" });
    this.showDuration();
  }

  showDuration() {
    const { call } = this;
    if (call) setText(this.part("duration"), clock(call.durationMs ?? serverNow() - Date.parse(call.startedAt)));
  }

  fail(text) {
    setText(this.transcript.empty, "");
    this.onFail(text);
  }
}
