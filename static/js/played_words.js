// Words of the transcript and the recording: a click on a word plays from it, and the word that sounds is marked. No word
// has an element of its own: a long call has tens of thousands.

import { places } from "./transcript_line.js";

const MARK = "played-word";

/** The text node of `root` in which the character `at` lies, and its place there. */
function nodeAt(root, at) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    if (at <= walker.currentNode.length) return [walker.currentNode, at];
    at -= walker.currentNode.length;
  }
  return null;
}

/** The characters `from` to before `to` of what an element shows; null where it doesn't show as many. */
export function rangeOf(root, from, to) {
  const [begin, end] = [nodeAt(root, from), nodeAt(root, to)];
  if (!begin || !end) return null;
  const range = document.createRange();
  range.setStart(...begin);
  range.setEnd(...end);
  return range;
}

export class PlayedWords {
  constructor(transcript, player) {
    Object.assign(this, { transcript, player });
    transcript.log.addEventListener("click", (event) => this.click(event));
  }

  click(event) {
    const words = event.target.closest(".words");
    if (!words || !this.player.isReady || !getSelection().isCollapsed) return;
    const { segment } = this.transcript.rowOf(words) ?? {};
    const caret = document.caretPositionFromPoint?.(event.clientX, event.clientY);
    if (!segment || !caret || !words.contains(caret.offsetNode)) return;
    const range = document.createRange();
    range.setStart(words, 0);
    range.setEnd(caret.offsetNode, caret.offset);
    const at = range.toString().length;
    const [, , word] = places(segment, words.textContent).findLast(([from]) => from <= at) ?? [];
    if (word) this.player.seek(word.startMs);
  }

  /** `ms`: what is being played; null for nothing. */
  mark(ms) {
    if (!window.CSS?.highlights) return;
    const ranges = [];
    for (const { segment, node } of ms === null ? [] : this.transcript.rowsAt(ms)) {
      const words = node?.querySelector(".words");
      if (!words) continue;
      const [from, to] = places(segment, words.textContent).findLast(([, , word]) => word.startMs <= ms) ?? [];
      if (from !== undefined) ranges.push(rangeOf(words, from, to));
    }
    CSS.highlights.set(MARK, new Highlight(...ranges.filter(Boolean)));
  }
}
