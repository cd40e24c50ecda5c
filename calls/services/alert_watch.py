"""Applying the rules: to what was said, when it is committed, and to what lasts, by the clock.

Nothing is remembered between two looks but rows, so that any process may take the next one.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from functools import reduce
from operator import or_
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from calls.alerts.matching import Passage
from calls.alerts.measures import WINDOW_MS, Said, mean_confidence, silent_ms
from calls.alerts.mood import smoothed_mood
from calls.models import Alert, Call, Segment, Stream
from calls.models.calls import TEST, State
from calls.search.words import words
from calls.services.alert_book import Watched, rules_of
from calls.services.alerts import JOIN_MS, end_alert, is_too_much, raise_alert
from calls.services.calls import LEASE

log = logging.getLogger(__name__)

MAX_TEXT = 300
LONGEST_MS = 60_000  # of a segment, as far as it counts
BETTER_BY = {"confidence": 0.05, "mood": 0.1}  # beyond its threshold a state must get before it is over


def watch_segments(segments: Sequence[Segment]) -> None:
    """Looks at what was just committed. Whatever goes wrong here, the transcript is stored: it is logged."""
    try:
        if segments and (rules := rules_of("phrase", "confidence", "mood")):
            _Round(segments, rules).run()
    except Exception:
        log.exception("%d segments could not be watched", len(segments))


class _Round:
    """Some segments, and the rules that may concern them. Costs the same queries however many there are, until something
    is found."""

    def __init__(self, segments: Sequence[Segment], rules: Sequence[Watched]) -> None:
        self.segments = segments
        self.phrases = [rule for rule in rules if rule.matcher is not None]
        self.states = [rule for rule in rules if rule.matcher is None]

    def run(self) -> None:
        likely = [(segment, rules) for segment in self.segments if (rules := self.likely_rules(segment))]
        concerned = self.segments if self.states else [segment for segment, _ in likely]
        if not concerned:
            return
        calls = Call.objects.without_tests().filter(id__in={segment.call_id for segment in concerned})
        found = calls.only("id", "profile", "state").in_bulk()
        self.watch_phrases(likely, found)
        if self.states:
            self.watch_states([call for call in found.values() if call.state == State.LIVE])

    def likely_rules(self, segment: Segment) -> list[Watched]:
        said = words(segment.text)
        return [
            rule for rule in self.phrases if rule.hears(segment.track) and rule.matcher and rule.matcher.may_match(said)
        ]

    def watch_phrases(self, likely: Sequence[tuple[Segment, list[Watched]]], calls: Mapping[UUID, Call]) -> None:
        likely = [
            (segment, [rule for rule in rules if rule.watches(calls[segment.call_id].profile_id)])
            for segment, rules in likely
            if segment.call_id in calls
        ]
        looking_back = (
            segment for segment, rules in likely if any(rule.matcher and rule.matcher.looks_back for rule in rules)
        )
        before = said_before(list(looking_back))
        for segment, rules in likely:
            passage = Passage(segment.text, before.get(segment.id, ""))
            for rule in rules:
                look_for_phrase(segment, passage, rule)

    def watch_states(self, calls: Sequence[Call]) -> None:
        now_ms: dict[UUID, int] = {}
        for segment in self.segments:
            now_ms[segment.call_id] = max(segment.end_ms, now_ms.get(segment.call_id, 0))
        said = said_lately({call.id: now_ms[call.id] for call in calls})
        opened = open_states((call.id for call in calls), "confidence", "mood")
        for call in calls:
            for rule in self.states:
                if rule.watches(call.profile_id):
                    value = self.measured(rule, said.get(call.id, []), now_ms[call.id])
                    settle(
                        rule,
                        opened.get((call.id, rule.id)),
                        call_id=call.id,
                        begins=value is not None and value < rule.threshold,
                        ends=value is not None and value >= rule.threshold + BETTER_BY[rule.kind],
                        at_ms=now_ms[call.id],
                        value=round(value or 0, 3),
                    )

    def measured(self, rule: Watched, said: Sequence[Said], now_ms: int) -> float | None:
        return smoothed_mood(said, now_ms) if rule.kind == "mood" else mean_confidence(said, rule.track, now_ms)


def look_for_phrase(segment: Segment, passage: Passage, rule: Watched) -> None:
    found = rule.matcher.match(passage) if rule.matcher else None
    if found is None or is_too_much(call_id=segment.call_id, rule_id=rule.id):
        return
    raise_alert(
        Alert(
            call_id=segment.call_id,
            rule_id=rule.id,
            name=rule.name,
            kind=rule.kind,
            track=segment.track,
            at_ms=segment.start_ms,
            text=found if len(found) <= MAX_TEXT else f"{found[: MAX_TEXT - 1]}…",
            segment_id=segment.id,
        )
    )


def said_before(segments: Sequence[Segment]) -> dict[UUID, str]:
    """By segment: what the same speaker said right before it, where that was anything."""
    if not segments:
        return {}
    earliest: dict[UUID, int] = {}
    for segment in segments:
        earliest[segment.call_id] = min(segment.start_ms, earliest.get(segment.call_id, segment.start_ms))
    rows = Segment.objects.filter(_since({call_id: ms - JOIN_MS for call_id, ms in earliest.items()}))
    spoken: dict[tuple[UUID, str], list[tuple[int, int, str]]] = {}
    fields = ("stream", "track", "start_ms", "end_ms", "text")
    for stream_id, track, start_ms, end_ms, text in rows.order_by("start_ms", "id").values_list(*fields):
        spoken.setdefault((stream_id, track), []).append((start_ms, end_ms, text))
    found = {}
    for segment in segments:
        first, last = segment.start_ms - JOIN_MS, segment.start_ms
        by_speaker = spoken.get((segment.stream_id, segment.track), [])
        if texts := [text for start_ms, end_ms, text in by_speaker if start_ms < last and end_ms >= first]:
            found[segment.id] = " ".join(texts)
    return found


def said_lately(now_ms: Mapping[UUID, int]) -> dict[UUID, list[Said]]:
    """By call, of which the present is given: what is measured."""
    rows = Segment.objects.filter(_since({call_id: ms - WINDOW_MS for call_id, ms in now_ms.items()}))
    found: dict[UUID, list[Said]] = {}
    for call_id, *fields in rows.values_list("call", "track", "end_ms", "text", "language", "confidence", "words"):
        found.setdefault(call_id, []).append(Said(*fields))
    return found


def _since(moments: Mapping[UUID, int]) -> Q:
    """Segments of each call that may end at its moment or later: by their start, which is indexed."""
    conditions = (Q(call=call_id, start_ms__gte=ms - LONGEST_MS) for call_id, ms in moments.items())
    return reduce(or_, conditions, Q(pk__in=[]))


def open_states(call_ids: Iterable[UUID], *kinds: str) -> dict[tuple[UUID, UUID | None], Alert]:
    """Of these calls: the states that last, by call and rule."""
    rows = Alert.objects.filter(call__in=list(call_ids), kind__in=kinds, ended_at=None)
    return {(alert.call_id, alert.rule_id): alert for alert in rows}


def settle(
    rule: Watched, opened: Alert | None, *, call_id: UUID, begins: bool, ends: bool, at_ms: int, value: float
) -> bool:
    """Brings a state's alert in line with what was measured. Returns whether that took a change."""
    if opened is None and begins:
        alert = Alert(rule_id=rule.id, call_id=call_id, name=rule.name, kind=rule.kind, track=rule.track)
        alert.at_ms, alert.value = max(0, at_ms), value
        return raise_alert(alert)
    if opened is not None and ends:
        end_alert(opened)
        return True
    return False


def watch_clock() -> int:
    """Looks at live calls: how old they are, how long nobody has spoken. Returns how many alerts were raised or ended."""
    return _watch_age(rules_of("long")) + _watch_silence(rules_of("silence"))


def _watch_age(rules: Sequence[Watched]) -> int:
    now, changed = timezone.now(), 0
    for rule in rules:
        old = Call.objects.live().without_tests().filter(started_at__lte=now - timedelta(seconds=rule.threshold))
        if rule.profiles is not None:
            old = old.filter(profile__in=rule.profiles)
        told = Alert.objects.filter(call=OuterRef("pk"), rule=rule.id)
        for call in old.exclude(Exists(told)).only("id", "started_at", "audio_started_at").order_by()[:500]:
            age = (now - call.started_at).total_seconds()
            begun = call.audio_started_at or call.started_at
            at_ms = round(((now - begun).total_seconds() - (age - rule.threshold)) * 1000)
            changed += settle(rule, None, call_id=call.id, begins=True, ends=False, at_ms=at_ms, value=round(age))
    return changed


def _watch_silence(rules: Sequence[Watched]) -> int:
    """By what each stream reported last. A call of which a stream has not reported yet is not judged."""
    if not rules:
        return 0
    streams = Stream.objects.filter(state=State.LIVE, call__state=State.LIVE).exclude(call__direction=TEST)
    calls: dict[UUID, list[Stream]] = {}
    for stream in streams.select_related("call").only(
        "health", "lease_until", "call__profile", "call__audio_started_at"
    ):
        calls.setdefault(stream.call_id, []).append(stream)
    opened = open_states(calls, "silence")
    changed = 0
    for call_id, held in calls.items():
        call = held[0].call
        if call.audio_started_at is None or not all(stream.health for stream in held):
            continue
        reported_at = max(stream.lease_until for stream in held) - LEASE
        now_ms = round((reported_at - call.audio_started_at).total_seconds() * 1000)
        silence = [stream.health["silenceMs"] for stream in held]
        for rule in rules:
            if not rule.watches(call.profile_id):
                continue
            ms = silent_ms(silence, rule.track)
            is_silent = ms is not None and ms >= rule.threshold * 1000
            changed += settle(
                rule,
                opened.get((call_id, rule.id)),
                call_id=call_id,
                begins=is_silent,
                ends=not is_silent,
                at_ms=now_ms - (ms or 0),
                value=round((ms or 0) / 1000, 1),
            )
    return changed
