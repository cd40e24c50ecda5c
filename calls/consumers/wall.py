"""`/ws/dashboard/`: the wall of live calls, of which everybody sees what is theirs.

An event tells of one call. Whose it is, the call's own events say, and for the others `Watch.calls` remembers it, for
all walls of the process.
"""

from __future__ import annotations

from uuid import UUID

import msgspec
from channels.db import database_sync_to_async
from django.db.models import F, QuerySet, Window
from django.db.models.functions import RowNumber

from calls import live, shapes
from calls.consumers.browser import BrowserConsumer, read_seq
from calls.consumers.presence import Watchers, may_know
from calls.consumers.viewer import find_viewer
from calls.consumers.watch import get_watch
from calls.models import Call, Segment, User
from calls.models.calls import State
from calls.services import reading
from calls.shape import encode
from calls.transcript_shapes import SegmentShape, segment_shape


class _StreamFacts(msgspec.Struct, rename="camel"):
    agent_id: str | None = None


class _CallFacts(msgspec.Struct, rename="camel"):
    profile: UUID | None = None
    agent_id: str | None = None
    streams: list[_StreamFacts] = []


class _CallEvent(msgspec.Struct):
    call: _CallFacts | None = None


_read_call = msgspec.json.Decoder(_CallEvent).decode


class DashboardConsumer(BrowserConsumer):
    user: User

    async def admit(self) -> None:
        await database_sync_to_async(self.find)()
        self.seqs: dict[str, int] = {}  # of snapshots whose earlier events may still be on their way

    def find(self) -> None:
        self.user, self.identity, self.access, by = find_viewer(self.scope)
        reading.note_wall(by=by)

    async def begin(self) -> None:
        await self.join(live.WALL)
        self.wanted.add(None)

    async def send_snapshot(self, wanted: set[UUID | None]) -> None:
        ids = None if None in wanted else {call_id for call_id in wanted if call_id is not None}
        live_ids = await database_sync_to_async(live_call_ids)(Call.objects.visible_to(self.user), ids)
        seqs = await live.current_seqs(live_ids)
        calls = await database_sync_to_async(wall_snapshot)(seqs)
        if ids is None:
            self.seqs = seqs
            self.put('{"type":"snapshot","calls":[' + ",".join(calls.values()) + "]}")
        else:
            self.seqs |= seqs
            for call_id in map(str, ids):
                self.put(f'{{"type":"snapshot","callId":"{call_id}","calls":[{calls.get(call_id, "")}]}}')
        self.had_snapshot = True
        shown = get_watch().presence.shown
        self.put_watchers({call_id: shown[call_id] for call_id in calls if call_id in shown})

    def show_watchers(self, calls: Watchers) -> None:
        holds, facts = self.access.scope.holds, get_watch().calls
        if not self.access.scope.everything:
            calls = {call_id: names for call_id, names in calls.items() if call_id in facts and holds(facts[call_id])}
        self.put_watchers(calls)

    def put_watchers(self, calls: Watchers) -> None:
        """Of calls that are this person's to see."""
        if calls and self.had_snapshot and may_know(self.identity, self.access):
            self.put({"type": "presence", "calls": calls})

    async def on_batch(self, events: list[list[str]]) -> None:
        if not self.access.scope.everything:
            events = await self.visible(events)
        fresh = [text for call_id, text in events if call_id not in self.seqs or self.is_fresh(call_id, text)]
        if fresh:
            self.put('{"type":"batch","events":[' + ",".join(fresh) + "]}")

    async def visible(self, events: list[list[str]]) -> list[list[str]]:
        watch = get_watch()
        for call_id, text in events:
            if '"type":"call.' in text[:120] and (call := _read_call(text).call) is not None:
                agents = {agent for agent in (call.agent_id, *(stream.agent_id for stream in call.streams)) if agent}
                watch.note_call(call_id, call.profile, agents)
        unknown = {call_id for call_id, _ in events} - watch.calls.keys()
        if unknown:
            await watch.learn_calls(unknown)
        holds = self.access.scope.holds
        return [event for event in events if (facts := watch.calls.get(event[0])) is not None and holds(facts)]

    def is_fresh(self, call_id: str, text: str) -> bool:
        if read_seq(text).seq <= self.seqs[call_id]:
            return False
        del self.seqs[call_id]  # a call's events come in order: the later ones are fresh too
        return True

    def on_event(self, text: str) -> None:
        """The wall joins no call's group."""


# Blocking reads


def live_call_ids(calls: QuerySet[Call], only: set[UUID] | None) -> list[str]:
    calls = calls.filter(state=State.LIVE)
    if only is not None:
        calls = calls.filter(id__in=only)
    return [str(call_id) for call_id in calls.order_by("started_at").values_list("id", flat=True)]


def wall_snapshot(seqs: dict[str, int]) -> dict[str, str]:
    """JSON of each call with its newest segment a track, in a constant number of queries."""
    newest = Window(RowNumber(), partition_by=[F("call"), F("track")], order_by=[F("start_ms").desc(), F("id").desc()])
    last: dict[str, dict[str, SegmentShape]] = {}
    segments = Segment.objects.filter(call__in=list(seqs)).annotate(rank=newest).filter(rank=1)
    for segment in segments.defer("words"):
        segment.words = []  # a card shows none, and with hundreds of calls they weigh
        last.setdefault(str(segment.call_id), {})[segment.track] = segment_shape(segment)
    calls = Call.objects.for_display().filter(id__in=list(seqs))
    return {
        call_id: encode({"seq": seqs[call_id], "call": shapes.call_shape(call), "last": last.get(call_id, {})}).decode()
        for call_id, call in ((str(call.id), call) for call in calls.order_by("started_at", "id"))
    }
