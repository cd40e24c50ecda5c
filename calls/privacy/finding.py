"""Decides which numbers are sensitive.

How this works
    A checksum and the form are the proof: card numbers by Luhn and issuer, IBANs by their check digits and country, both
    whatever is said around them. What was asked for stands in where there is no proof: a security code has none, and a
    card number that the recogniser misheard by a digit fails its own. The nearest topic before a number counts; one
    that names another kind of number (`other`) takes it off the list.

    What is still being said can't be decided. `open` tells which numbers may yet become sensitive with the next words.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence, Set
from functools import cached_property
from itertools import accumulate
from typing import Literal, NamedTuple

from calls.privacy.checks import CARD_LENGTHS, IBAN_LENGTHS, has_issuer, is_iban, is_ssn, luhn
from calls.privacy.numerals import SPELLED, Numerals, numerals_of
from calls.privacy.reading import Group, Run, Token, groups_of, runs_of, tokens_of
from calls.privacy.topics import Mention, Topic, mentions

Kind = Literal["card", "iban", "ssn", "code"]
KINDS: tuple[Kind, ...] = ("card", "iban", "ssn", "code")

NEAR = 15  # tokens from a topic to its number
AFTER = 5  # tokens from a number to its topic: "… is my security code"
MISHEARD_LENGTHS = range(8, 25)  # of a card number that was asked for, with digits too many or too few
LIKELY = 12  # digits: so many are a card number even where the first was misheard
MISHEARD_IBAN = 12  # characters
TRAILING = (3, 4, 6, 7, 8)  # digits that follow a card number in one breath: expiry, code
PAUSE_WORDS = 8  # tokens between parts of one card number: "hold on … and then"
GROUPINGS = {(4, 4, 4, 4), (4, 6, 5), (4, 6, 4), (4, 4, 4, 4, 3)}
OPEN_DIGITS = 4  # a run of so many may be the beginning of something, whatever is talked about
OPEN_OTHER_DIGITS = 12  # where another kind of number is talked about: longer than phone numbers are
OPEN_IBAN = 6  # characters
LONGEST = 24  # digits: more are no number of ours

_SSN = re.compile(r"(?<![\w-])(\d{3})([-–])(\d{2})\2(\d{4})(?![\w-])")
_YEAR = re.compile(r"19\d\d|20\d\d")
_CURRENCY = re.compile(r"[$€£¥]\s?$")


class Found(NamedTuple):
    kind: Kind
    start: int  # characters
    end: int


class Question(NamedTuple):
    """What others asked for before the text went on at `start` (characters)."""

    start: int
    topics: Set[Topic]


class Reading:
    """A text, read once. `asked`: what others asked for, in the order of the text."""

    def __init__(self, text: str, language: str, asked: Sequence[Question] = ()) -> None:
        self.text, self.asked = text, asked
        self.numerals: Numerals = numerals_of(language)
        self.tokens: Sequence[Token] = tokens_of(text)
        self.mentions: Sequence[Mention] = mentions(self.tokens, language)
        self.groups: Sequence[Group] = groups_of(self.tokens, self.numerals)
        breaks = [question.start for question in asked if question.topics and "card" not in question.topics]
        self.runs: Sequence[Run] = runs_of(text, self.tokens, self.groups, self.numerals, breaks)

    @property
    def topics(self) -> frozenset[Topic]:
        """What is asked for at the end of the text, among them `other` where that came last."""
        last = self.mentions[-1].topic if self.mentions else None
        return frozenset([last]) if last == "other" else frozenset(mention.topic for mention in self.mentions)

    # Findings

    def find(self, kinds: Collection[Kind] = KINDS) -> list[Found]:
        """In the order of the text, none over another."""
        if not self.groups:
            return []
        taken: list[Found] = []
        for finder in (self.ibans, self.cards, self.ssns, self.codes):
            for found in list(finder()):
                if all(found.end <= other.start or found.start >= other.end for other in taken):
                    taken.append(found)
        return sorted((found for found in taken if found.kind in kinds), key=lambda found: found.start)

    def found(self, kind: Kind, first: int, last: int) -> Found:
        return Found(kind, self.tokens[first].start, self.tokens[last].end)

    def cards(self) -> Iterator[Found]:
        for run in self.runs:
            if run.international or len(run.digits) < MISHEARD_LENGTHS[0]:
                continue
            topic = self.topic_of(run)
            window = self.card_window(run, topic)
            if topic == "card" and self.is_misheard(run.digits):
                yield self.found("card", run.first, run.last)  # whatever else was said in the same breath
            elif window is not None:
                first, last = window
                rest = "".join(group.digits for group in run.groups[last + 1 :])
                if rest and len(rest) <= TRAILING[-1] and not self.is_amount(run):
                    last = len(run.groups) - 1
                yield self.found("card", run.groups[first].first, run.groups[last].last)
            elif whole := self.misheard_ends(run):
                yield self.found("card", *whole)
        yield from self.paused_cards()

    def is_misheard(self, digits: str) -> bool:
        """Whether digits that answer the question for a card number are one, though they prove nothing."""
        return len(digits) in MISHEARD_LENGTHS and (digits[0] in "23456" or len(digits) >= LIKELY)

    def card_window(self, run: Run, topic: Topic | None) -> tuple[int, int] | None:
        """The groups of a run that are a card number, both inclusive."""
        count = len(run.groups)
        candidates: list[tuple[int, int, int]] = []
        for first in range(count):
            digits = ""
            for last in range(first, count):
                digits += run.groups[last].digits
                if len(digits) > CARD_LENGTHS[-1]:
                    break
                if len(digits) in CARD_LENGTHS and (rank := self.rank(run, first, last, digits, topic)) is not None:
                    candidates.append((rank, first, last))
        if not candidates:
            return None
        _, first, last = min(candidates)
        return first, last

    def rank(self, run: Run, first: int, last: int, digits: str, topic: Topic | None) -> int | None:
        """How good a candidate is, 0 the best; None: it is none."""
        if not (has_issuer(digits) or topic == "card") or not luhn(digits) or digits.count(digits[0]) == len(digits):
            return None
        groups = run.groups
        usual = len(digits) == 16 or (len(digits) == 15 and digits[:2] in ("34", "37"))
        if first == 0 and last == len(groups) - 1:
            return 0 if usual or topic != "other" else None
        if topic == "other":
            return None
        rest = sum(len(group.digits) for group in groups[last + 1 :])
        grouped = tuple(len(group.digits) for group in groups[first : last + 1]) in GROUPINGS or first == last
        begins = first == 0 or run.natural[first] or grouped
        ends = rest == 0 or rest in TRAILING or run.natural[last + 1] or grouped
        if not (topic == "card" or (begins and ends)):
            return None
        return (1 if first == 0 else 2) * 2 - usual

    def misheard_ends(self, run: Run) -> tuple[int, int] | None:
        """The first and last token of a card number whose first or last digit was heard as another word."""
        sounds = self.numerals.sounds_like
        before = self.tokens[run.first - 1].word if run.first else ""
        behind = self.tokens[run.last + 1].word if run.last + 1 < len(self.tokens) else ""
        for lead, trail in ((before, ""), ("", behind), (before, behind)):
            if (lead or trail) and all(word in sounds for word in (lead, trail) if word):
                digits = f"{sounds.get(lead, '')}{run.digits}{sounds.get(trail, '')}"
                if len(digits) in (15, 16) and has_issuer(digits) and luhn(digits):
                    return run.first - bool(lead), run.last + bool(trail)
        return None

    def paused_cards(self) -> Iterator[Found]:
        """A card number that came in parts, with a few words between them: it was asked for, or the parts are of the
        lengths that cards show."""
        for first, run in enumerate(self.runs):
            topic = self.topic_of(run)
            if run.international or topic == "other":
                continue
            digits = run.digits
            parts: tuple[int, ...] = (len(run.digits),)
            for last in range(first + 1, len(self.runs)):
                if self.runs[last].first - self.runs[last - 1].last > PAUSE_WORDS + 1 or len(digits) > 16:
                    break
                digits += self.runs[last].digits
                parts = (*parts, len(self.runs[last].digits))
                if len(digits) not in CARD_LENGTHS or (topic != "card" and not _are_shown_so(parts)):
                    continue
                if has_issuer(digits) and luhn(digits):
                    for part in self.runs[first : last + 1]:
                        yield self.found("card", part.first, part.last)
                    break

    def ssns(self) -> Iterator[Found]:
        for match in _SSN.finditer(self.text):
            if is_ssn(match[1] + match[3] + match[4]):
                yield Found("ssn", match.start(), match.end())
        for run in self.runs:
            topic = self.topic_of(run)
            if topic in ("ssn", "last4") and len(run.digits) == 9 and is_ssn(run.digits):
                yield self.found("ssn", run.first, run.last)
            elif topic in ("ssn", "last4") and len(run.digits) == 4 and self.is_asked("ssn") and self.is_asked("last4"):
                yield self.found("ssn", run.first, run.last)

    def codes(self) -> Iterator[Found]:
        for run in self.runs:
            if len(run.digits) in (3, 4) and self.topic_of(run) == "code" and not self.is_amount(run):
                if not self.is_mention(run):
                    yield self.found("code", run.first, run.last)

    # IBANs

    def ibans(self) -> Iterator[Found]:
        behind = 0
        for place, text, last in self.spelled_ibans:
            misheard = len(text) >= MISHEARD_IBAN and self.topic_at(place) == "iban"
            if place >= behind and (misheard or is_iban(text)):
                yield self.found("iban", place, last)
                behind = last + 1

    @cached_property
    def spelled_ibans(self) -> list[tuple[int, str, int]]:
        """What looks like an IBAN or the beginning of one: its first token, its text and its last token."""
        letters = [_letters(token.word) for token in self.tokens] + [""]
        found = []
        for place in range(len(self.tokens)):
            country = letters[place] if len(letters[place]) == 2 else letters[place] + letters[place + 1][:1]
            if country in IBAN_LENGTHS and (spelled := self.spell_iban(place)) is not None:
                found.append((place, *spelled))
        return found

    def spell_iban(self, place: int) -> tuple[str, int] | None:
        """The letters and digits that begin here with a country's code and two digits, no more than such an IBAN has,
        and the last token of them."""
        text, last = "", place - 1
        at, fillers = place, 0
        limit = max(IBAN_LENGTHS.values())
        while at < len(self.tokens):
            word = self.tokens[at].word
            group = self.group_at.get(at)
            if len(text) < 2 and not (word.isascii() and word.isalnum() and not word[0].isdigit()):
                break
            if word in SPELLED:
                piece, after = SPELLED[word], at + 1
            elif group is not None and not (len(text) < 2 and len(word) <= 2):
                piece, after = group.digits, group.last + 1
            elif (
                word.isascii()
                and word.isalnum()
                and (len(word) == 1 or len(word) <= 4 or any(c.isdigit() for c in word))
            ):
                if word in self.numerals.fillers and len(word) > 1:
                    fillers += 1
                    at += 1
                    if fillers > 3 or not text:
                        break
                    continue
                piece, after = word.upper(), at + 1
            else:
                break
            if len(text) + len(piece) > limit:
                break
            text += piece
            fillers = 0
            if len(text) >= 2:
                length = IBAN_LENGTHS.get(text[:2])
                if length is None or (len(text) >= 4 and not text[2:4].isdecimal()):
                    return None
                limit = length
            at, last = after, after - 1
            if len(text) == limit:
                break
        return (text, last) if len(text) >= 4 and sum(c.isdigit() for c in text) >= 2 else None

    @cached_property
    def group_at(self) -> dict[int, Group]:
        return {group.first: group for group in self.groups}

    # What is still being said

    def open(self, kinds: Collection[Kind] = KINDS) -> list[tuple[int, int]]:
        """Places (characters) of numbers that may yet turn out to be sensitive: they stand at the end of the text, or
        were asked for and are not whole."""
        places = []
        for run in self.runs:
            if not run.international and len(run.digits) <= LONGEST and self.is_open(run, kinds):
                places.append((self.tokens[run.first].start, self.tokens[run.last].end))
        if "iban" in kinds:
            places += self.open_ibans()
        return places

    def is_open(self, run: Run, kinds: Collection[Kind]) -> bool:
        topic, digits = self.topic_of(run), len(run.digits)
        if self.is_amount(run) or self.is_mention(run):
            return False
        if not self.ends_with(run.last):
            more = [other.first for other in self.runs if other.first > run.last]
            pause = (more[0] if more else len(self.tokens)) - run.last - 1
            return topic == "card" and "card" in kinds and OPEN_DIGITS <= digits < 16 and pause <= PAUSE_WORDS
        match topic:
            case "other":
                return "card" in kinds and digits >= OPEN_OTHER_DIGITS
            case "card" | "code" | "ssn":
                return topic in kinds
            case "last4":
                return "ssn" in kinds and self.is_asked("ssn")
            case _ if _YEAR.fullmatch(run.digits):
                return False
            case _:
                return digits >= OPEN_DIGITS and ("card" in kinds or "ssn" in kinds)

    def open_ibans(self) -> Iterator[tuple[int, int]]:
        for place, text, last in self.spelled_ibans:
            token = self.tokens[place]
            is_word = len(token.word) == 2 and self.text[token.start : token.end].islower()  # "is 12", not "GB 12"
            if is_word and self.topic_at(place) != "iban":
                continue
            if OPEN_IBAN <= len(text) < IBAN_LENGTHS[text[:2]] and self.ends_with(last):
                yield token.start, self.tokens[last].end
                return

    def ends_with(self, last: int) -> bool:
        """Whether a number that ends with a token may go on: nothing but fillers follows, and perhaps "double"."""
        goes_on = self.numerals.fillers | self.numerals.times.keys()
        return all(token.word in goes_on for token in self.tokens[last + 1 :])

    # What was asked for

    def topic_of(self, run: Run) -> Topic | None:
        """The topic that a number belongs to."""
        topic = self.topic_at(run.first, own_only=True)
        if topic is not None:
            return topic
        behind = [m for m in self.mentions if m.first > run.last and m.first - run.last <= AFTER]
        if behind and not any(run.last < other.first < behind[0].first for other in self.runs):
            return behind[0].topic
        return self.topic_at(run.first)

    def topic_at(self, place: int, *, own_only: bool = False) -> Topic | None:
        """What the speaker last spoke of before a token, unless somebody asked since; then what was asked for."""
        question = self.question_at(place)
        before = [mention for mention in self.mentions if mention.last < place and place - mention.last <= NEAR]
        if before and (question is None or self.tokens[before[-1].first].start >= question.start):
            return before[-1].topic
        if own_only or question is None:
            return None
        # Of several things that were asked for at once, the one that is hardest to prove.
        order: tuple[Topic, ...] = ("code", "last4", "ssn", "iban", "card", "other")
        return next((topic for topic in order if topic in question.topics), None)

    def question_at(self, place: int) -> Question | None:
        start = self.tokens[place].start
        return next((question for question in reversed(self.asked) if question.start <= start), None)

    def is_asked(self, topic: Topic) -> bool:
        return any(topic in question.topics for question in self.asked) or any(
            mention.topic == topic for mention in self.mentions
        )

    def is_mention(self, run: Run) -> bool:
        """Its digits belong to a topic's name: "the three digit code"."""
        return any(mention.first <= run.last and mention.last >= run.first for mention in self.mentions)

    def is_amount(self, run: Run) -> bool:
        behind = self.tokens[run.last].end
        after = self.tokens[run.last + 1].word if run.last + 1 < len(self.tokens) else ""
        return (
            after in self.numerals.units
            or bool(_CURRENCY.search(self.text, 0, self.tokens[run.first].start))
            or self.text[behind : behind + 2].strip()[:1] in ("$", "€", "£", "¥", "%")
        )


def _letters(word: str) -> str:
    """What a word begins an IBAN with: one letter, or the two of a country that stand alone or before digits."""
    if word in SPELLED:
        return SPELLED[word]
    if len(word) == 1 or (len(word) >= 2 and word[:2].isalpha() and (len(word) == 2 or word[2].isdecimal())):
        return word[:2].upper() if word[0].isalpha() else ""
    return ""


def _are_shown_so(parts: tuple[int, ...]) -> bool:
    """Whether parts of these lengths add up to groups as they are printed on cards, such as 4 and 12."""
    ends = set(accumulate(parts))
    return any(sum(grouping) in ends and ends <= set(accumulate(grouping)) for grouping in GROUPINGS)
