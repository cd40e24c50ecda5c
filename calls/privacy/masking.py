"""Follows what is said in a call and tells what of it must not be seen: a number may come in several pieces.

How this works
    A piece is what a recogniser calls a final. The newest pieces of one speaker are read as one text.
    What is found in it is hidden in each piece that has a part of it, also in those that were shown before: whoever
    shows them is told which places of which pieces are to be hidden now.

    A number that stands at the end is not decided yet, so it is hidden too (a `Place` without a kind). It is shown when
    the speaker goes on with other words, or says nothing for `PATIENCE_SECONDS`.

    What one speaker asks for counts for the others for `ASKED_SECONDS`.

Times are seconds of any clock that the caller has; nothing here reads one.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from math import inf
from typing import Any, NamedTuple

from calls.privacy.finding import Kind, Question, Reading
from calls.privacy.hiding import Place
from calls.privacy.reading import has_numbers
from calls.privacy.topics import Topic

WINDOW_SECONDS = 60.0
WINDOW_PIECES = 40
WINDOW_WORDS = 100  # longer than any number with what was said before it
PATIENCE_SECONDS = 8.0
ASKED_SECONDS = 45.0

Changes = Mapping[Any, list[Place]]  # by id of the piece: all places of it that are to be hidden


class _Piece:
    def __init__(self, id: Hashable, text: str, at: float, asked: int) -> None:
        self.id, self.text, self.at = id, text, at
        self.asked = asked  # the number of the newest question before it
        self.words = text.count(" ") + 1
        self.found: list[Place] = []  # for good
        self.shown: list[Place] = []  # as it was told last


class _Asked(NamedTuple):
    number: int
    speaker: str
    at: float
    topics: frozenset[Topic]


class Masker:
    """For one stream of a call."""

    def __init__(self, kinds: Collection[Kind], language: str) -> None:
        self.kinds, self.language = kinds, language
        self.pieces: dict[str, list[_Piece]] = {}  # by speaker, in order
        self.asked: list[_Asked] = []
        self.count = 0  # of questions
        self.open: dict[str, float] = {}  # speakers with something undecided, and when they said it

    def final(self, speaker: str, id: Hashable, text: str, now: float) -> Changes:
        """A new piece. Always tells of it, and of earlier ones where their places changed."""
        pieces = self.pieces.setdefault(speaker, [])
        self._drop_old(pieces, now)
        piece = _Piece(id, text, now, self._question_for(speaker, now))
        pieces.append(piece)
        changes = self._read(speaker, now)
        self._note_question(speaker, text, now)
        return {id: piece.shown, **changes}

    def interim(self, speaker: str, text: str, now: float) -> list[Place]:
        """What is to be hidden of something that the speaker seems to be saying, after all the pieces."""
        if not has_numbers(text, self.language):
            return []
        pieces = self.pieces.get(speaker, [])
        self._drop_old(pieces, now)
        passing = _Piece(None, text, now, self._question_for(speaker, now))
        places = self._places([*pieces, passing], now)[-1]
        if places and speaker in self.open:  # the number goes on
            pieces[-1].at = self.open[speaker] = now
        return places

    def tick(self, now: float) -> Changes:
        """Shows what nothing followed."""
        changes: dict[Any, list[Place]] = {}
        for speaker, at in list(self.open.items()):
            if now - at >= PATIENCE_SECONDS:
                changes |= self._read(speaker, now)
        return changes

    def finish(self) -> Changes:
        """Nothing more is said: what was undecided is shown."""
        return self.tick(inf)

    # Reading

    def _read(self, speaker: str, now: float) -> Changes:
        pieces = self.pieces[speaker]
        changes = {}
        self.open.pop(speaker, None)
        for piece, places in zip(pieces, self._places(pieces, now), strict=True):
            piece.found = [place for place in places if place.kind is not None]
            if len(piece.found) < len(places):
                self.open[speaker] = piece.at  # the newest
            if places != piece.shown:
                piece.shown = places
                changes[piece.id] = places
        return changes

    def _places(self, pieces: list[_Piece], now: float) -> list[list[Place]]:
        """For each piece, from reading all of them as one text."""
        if not any(has_numbers(piece.text, self.language) for piece in pieces):
            return [piece.found for piece in pieces]
        starts, at = [], 0
        for piece in pieces:
            starts.append(at)
            at += len(piece.text) + 1
        reading = Reading("\n".join(piece.text for piece in pieces), self.language, self._questions(pieces, starts))
        found = [Place(*place) for place in reading.find(self.kinds)]
        undecided = []
        for start, end in reading.open(self.kinds):
            newest = pieces[bisect_left(starts, end) - 1]
            if now - newest.at < PATIENCE_SECONDS:
                undecided.append(Place(None, start, end))
        return [
            _hidden(piece, [*self._within(piece, start, found)], [*self._within(piece, start, undecided)])
            for piece, start in zip(pieces, starts, strict=True)
        ]

    def _within(self, piece: _Piece, start: int, places: Iterable[Place]) -> Iterator[Place]:
        """The parts of places that lie in a piece which begins at `start`; not the "uh" between two of a number."""
        for place in places:
            low, high = max(0, place.start - start), min(len(piece.text), place.end - start)
            if low < high and (place.kind == "iban" or has_numbers(piece.text[low:high], self.language)):
                yield Place(place.kind, low, high)

    def _drop_old(self, pieces: list[_Piece], now: float) -> None:
        words = sum(piece.words for piece in pieces)
        while pieces and (now - pieces[0].at > WINDOW_SECONDS or len(pieces) >= WINDOW_PIECES or words > WINDOW_WORDS):
            words -= pieces[0].words
            del pieces[0]

    # Questions

    def _note_question(self, speaker: str, text: str, now: float) -> None:
        topics = Reading(text, self.language).topics
        if topics:
            self.count += 1
            self.asked = [old for old in self.asked if now - old.at <= WINDOW_SECONDS + ASKED_SECONDS]
            self.asked.append(_Asked(self.count, speaker, now, topics))

    def _question_for(self, speaker: str, now: float) -> int:
        """The newest that somebody else asked; 0: none."""
        others = (asked for asked in reversed(self.asked) if asked.speaker != speaker)
        return next((asked.number for asked in others if now - asked.at <= ASKED_SECONDS), 0)

    def _questions(self, pieces: list[_Piece], starts: list[int]) -> list[Question]:
        topics = {asked.number: asked.topics for asked in self.asked}
        questions, last = [], 0
        for piece, start in zip(pieces, starts, strict=True):
            if piece.asked != last:
                questions.append(Question(start, topics.get(piece.asked, frozenset())))
                last = piece.asked
        return questions


def _hidden(piece: _Piece, found: Sequence[Place], undecided: Sequence[Place]) -> list[Place]:
    """In order, none over another: all that was ever found in it, and what of the undecided is left beside that."""
    places: list[Place] = []
    for place in sorted([*piece.found, *found], key=lambda place: (place.start, -place.end)):
        if places and place.start < places[-1].end:
            places[-1] = places[-1]._replace(end=max(places[-1].end, place.end))
        else:
            places.append(place)
    for place in undecided:
        start = place.start
        for other in sorted(places, key=lambda place: place.start):
            if start < other.end and other.start < place.end:
                if piece.text[start : other.start].strip():
                    places.append(Place(None, start, other.start))
                start = max(start, other.end)
        if piece.text[start : place.end].strip():
            places.append(Place(None, start, place.end))
    return sorted(places, key=lambda place: place.start)
