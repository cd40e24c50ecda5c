// One call as its socket tells it: keeps snapshot and events in step, for the call page and the embed.

/**
 * Returns what to give each message to. `view` has `onCall(call)`, `onHealth(message)` and a `transcript`;
 * `askAgain()` asks the server for another snapshot.
 */
export function followCall(view, askAgain) {
  let seq = null;
  let asked = false;
  return (message) => {
    if (message.type === "snapshot") {
      seq = message.seq;
      asked = false;
      view.transcript.reset(message.segments, message.gaps);
      view.onCall(message.call);
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
      case "health":
        view.onHealth(message);
        break;
      case "call.started":
      case "call.updated":
      case "call.ended":
        view.onCall(message.call);
        break;
    }
  };
}
