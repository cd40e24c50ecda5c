"""A summary without a language model: the lines themselves, those that say most of what people want to know afterwards.

How this works
    Each line is scored for each kind by its cues (`cues`), by its place (a reason comes early), by dates and sums, and by
    its neighbours: an offer that the other side accepts is agreed, a question that gets no answer stays open. A line
    stands for one kind, the one that it scores highest for; the best few of each kind are chosen, in the order of the
    call. A language without cues gets what place and length can tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from operator import itemgetter

from calls.summary import cues_en, cues_fr
from calls.summary.cues import Cues, score
from calls.summary.lines import Item, Kind, Line, Summary
from calls.summary.plain import plain, sentences, shortened

CUES = {"en": cues_en.CUES, "fr": cues_fr.CUES}  # of other languages only places and lengths are known
MOST: dict[Kind, int] = {"reason": 1, "agreed": 4, "next_steps": 5, "open_questions": 3}
ENOUGH: dict[Kind, float] = {"reason": 2.0, "agreed": 2.5, "next_steps": 2.5, "open_questions": 2.5}
SHARE = 0.4  # of the lines, at most; of short calls a little more
SHORTEST = 4  # words of a line that can stand alone
LONG = 7  # words of one that says something, where only its length can tell
MAX_TEXT = 400  # characters of an item
EARLY = 0.35  # of the call: where its reason is told
ALIKE = 0.6  # two lines that share so much of their words say the same
SAYS_SOMETHING = 2  # words with a meaning: an answer with fewer is told by its question
NEAR = 2  # lines between an offer and its acceptance
WHEN, ACCEPTED = 0.75, 0.5  # what a date or a sum, and the other side's yes, add
AT_ONCE, ASKED = 3.0, 2.0  # what is taken off: it is done while they speak; it is asked, not told


class Scored:
    """A line, and what is known of it."""

    def __init__(self, line: Line, place: int, cues: Cues, language: str) -> None:
        self.line, self.place, self.cues = line, place, cues
        self.text = plain(line.text, language)
        self.words = self.text.split()
        self.kinds: dict[Kind, float] = {}
        self.question = ""

    @cached_property
    def content(self) -> frozenset[str]:
        return frozenset(self.words) - self.cues.empty_words

    @cached_property
    def is_question(self) -> bool:
        return any(cue.search(self.text) for cue in (self.cues.question, self.cues.asks)) or self.text.endswith("?")

    @cached_property
    def is_courtesy(self) -> bool:
        return bool(self.cues.courtesy.search(self.text))

    @property
    def best(self) -> float:
        return max(self.kinds.values(), default=0.0)


def summarize(lines: Sequence[Line], language: str = "en") -> Summary:
    """`language`: its primary subtag. Lines in the order of the call. Empty where nothing that was said stands out."""
    lines = [part for line in lines for part in _sentences(line) if part.text.strip()]
    cues = CUES.get(language)
    if cues is None:
        return by_place(lines, language)
    scored = [Scored(line, place, cues, language) for place, line in enumerate(lines)]
    for each in scored:
        _score(each, scored, cues)
    return _choose(scored)


def _sentences(line: Line) -> list[Line]:
    """A recogniser that writes punctuation may put several into a segment."""
    texts = sentences(line.text)
    return [line] if len(texts) == 1 else [Line(line.id, line.track, line.start_ms, text) for text in texts]


def _score(each: Scored, lines: Sequence[Scored], cues: Cues) -> None:
    if len(each.words) < SHORTEST:
        return
    side = 1 if each.line.by_customer else 0
    if (each.place / len(lines) < EARLY or each.place < 8) and (reason := _reason(each, lines, cues)):
        each.kinds["reason"] = reason
    if unknown := score(cues.unknown, each.text):
        asked = _asked_before(each, lines)
        if asked and len(each.content) < SAYS_SOMETHING:
            asked.kinds["open_questions"] = unknown + 1
        else:
            each.question = asked.line.text if asked else ""
            each.kinds["open_questions"] = unknown + (1 if asked else 0)
    if each.is_courtesy or not each.content:
        return
    more = WHEN if cues.when.search(each.text) else 0.0
    less = AT_ONCE if cues.at_once.search(each.text) else 0.0
    if each.is_question:
        less += ASKED
    if agreed := score(cues.agreed[side], each.text):
        each.kinds["agreed"] = agreed + more - less + (ACCEPTED if _is_accepted(each, lines) else 0.0)
    if following := score(cues.next_steps[side], each.text):
        each.kinds["next_steps"] = following + more - less


def _reason(each: Scored, lines: Sequence[Scored], cues: Cues) -> float:
    """The first long thing that the customer says, unless a later one says more plainly what it is about."""
    if not each.line.by_customer:
        return score(cues.calls_out, each.text)
    cue = score(cues.reason, each.text)
    if len(each.content) < (SAYS_SOMETHING if cue else SHORTEST):
        return 0.0
    before = sum(len(other.content) >= SHORTEST for other in lines[: each.place] if other.line.by_customer)
    return (2 + cue + min(len(each.content), 12) / 12) * (1 - 0.15 * min(before, 5))


def _is_accepted(each: Scored, lines: Sequence[Scored]) -> bool:
    after = lines[each.place + 1 : each.place + 1 + NEAR]
    answer = next((other for other in after if other.line.by_customer != each.line.by_customer), None)
    return answer is not None and bool(answer.cues.accepts.search(answer.text)) and not answer.is_question


def _asked_before(each: Scored, lines: Sequence[Scored]) -> Scored | None:
    for other in reversed(lines[max(0, each.place - 2) : each.place]):
        if other.is_question and other.line.by_customer != each.line.by_customer:
            return other
    return None


def _choose(lines: Sequence[Scored]) -> Summary:
    most = max(4, round(len(lines) * SHARE))
    chosen: dict[Kind, list[Scored]] = {kind: [] for kind in MOST}
    ranked = sorted((each for each in lines if each.kinds), key=lambda each: each.best, reverse=True)
    for each in ranked:
        taken = [other for group in chosen.values() for other in group]
        if len(taken) == most or any(_alike(each, other) for other in taken):
            continue
        for kind, value in sorted(each.kinds.items(), key=itemgetter(1), reverse=True):
            if value >= ENOUGH[kind] and len(chosen[kind]) < MOST[kind]:
                chosen[kind].append(each)
                break
    items = {
        kind: tuple(_item(each, kind) for each in sorted(group, key=lambda each: each.place))
        for kind, group in chosen.items()
    }
    return Summary(**items)


def _item(each: Scored, kind: Kind) -> Item:
    question = each.question if kind == "open_questions" else ""
    return Item(shortened(each.line.text, MAX_TEXT), each.line, shortened(question, MAX_TEXT))


def _alike(one: Scored, other: Scored) -> bool:
    either = one.content | other.content
    return bool(either) and len(one.content & other.content) / len(either) > ALIKE


def by_place(lines: Sequence[Line], language: str) -> Summary:
    """Without cues: the first long thing that the customer says, and the last that the other side does."""
    long = [line for line in lines if _length(plain(line.text, language)) >= LONG]
    reason = next((line for line in long if line.by_customer), None)
    ending = [line for line in long[len(long) // 2 :] if not line.by_customer and line is not reason]
    return Summary(
        reason=(Item(shortened(reason.text, MAX_TEXT), reason),) if reason else (),
        next_steps=tuple(Item(shortened(line.text, MAX_TEXT), line) for line in ending[-1:]),
    )


def _length(text: str) -> int:
    """In words, also where no spaces part them."""
    return max(len(text.split()), len(text) // 8)
