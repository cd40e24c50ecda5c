// One call as its socket tells it: keeps snapshot and events in step, for the call page and the embed.

import { withWords } from "./capabilities.js";

/**
 * Returns what to give each message to. `view` has `onCall(call)`, `onHealth(message)`, a `transcript` and, where it shows
 * what was asked of the call, `onCommand(command, isNews)`, where it shows who else is there `onWatching(names)`; `askAgain()` asks the server for another snapshot.
 */
export function followCall(view, askAgain) {
  let seq = null;
  let asked = false;
  return (message) => {
    if (message.type === "snapshot") {
      seq = message.seq;
      asked = false;
      view.transcript.reset(message.segments, message.gaps);
      view.onCall(withWords(message.call));
      for (const command of message.commands) view.onCommand?.(command, false);
      view.onAlerts?.(message.alerts ?? []);
      view.onWritten?.(message);
      return;
    }
    if (message.type === "presence") {
      view.onWatching?.(message.watching);
      return;
    }
    if (seq === null || typeof message.seq !== "number" || message.seq <= seq) return;
    if (message.seq > seq + 1 && !asked) {
      asked = true; // an event was lost on the way; what follows is still true
      askAgain();
    }
    seq = message.seq;
    switch (message.type) {
      case "segment.final":
        view.transcript.final(message.segment);
        break;
      case "segment.interim":
        view.transcript.interim(message.segment);
        break;
      case "command.updated":
        view.onCommand?.(message.command, true);
        break;
      case "alert":
        view.onAlert?.(message.alert);
        break;
      case "note.updated":
      case "tags.updated":
      case "summary.ready":
        view.onWritten?.(message);
        break;
      case "health":
        view.onHealth(message);
        break;
      case "call.started":
      case "call.updated":
      case "call.ended":
        view.onCall(withWords(message.call));
        break;
    }
  };
}
