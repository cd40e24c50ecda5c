// What is written about a call: its summary, tags and notes. Keeps the three panels in step with the socket.

import { request } from "./api.js";
import { Notes } from "./notes.js";
import { Summary } from "./summary.js";
import { Tags } from "./tags.js";

export class Writing {
  /** `onJump(ms)` shows the moment; `position()` is the one that the reader is at. */
  constructor(page, { callId, onJump, position }) {
    const part = (name) => page.querySelector(`[data-part="${name}"]`);
    const send = (method, path, body) => request(method, `calls/${callId}/${path}`, body);
    this.summary = new Summary(part("summary"), { send });
    this.tags = new Tags(part("tags"), { send });
    this.notes = new Notes(part("notes"), { send, position });
    page.addEventListener("click", (event) => {
      const link = event.target.closest("a[data-moment]");
      if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      history.replaceState(null, "", link.href); // the address can be passed on
      onJump(Number(link.dataset.moment));
    });
  }

  follow(call) {
    this.summary.follow(call);
    this.notes.follow(call);
  }

  /** A snapshot, or news of one of the three. */
  take(message) {
    switch (message.type) {
      case "snapshot":
        this.summary.show(message.summary);
        this.tags.show(message.tags);
        this.notes.reset(message.notes);
        break;
      case "summary.ready":
        this.summary.show(message.summary, { isNews: true });
        break;
      case "tags.updated":
        this.tags.show(message.tags);
        break;
      case "note.updated":
        this.notes.put(message.noteId, message.note);
        break;
    }
  }
}
