"""What a stream says is masked before it is stored and published; what is known later is written again."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
from channels.db import database_sync_to_async

from calls import live
from calls.models import Call, Segment, SkippedPassage
from calls.privacy.finding import KINDS
from calls.privacy.masking import PATIENCE_SECONDS
from calls.session.masking import MaskedWriter
from calls.session.writer import TranscriptWriter
from calls.transcript_shapes import InterimShape
from tests.conftest import MakeCall

pytestmark = pytest.mark.django_db(transaction=True)

PART = "one one one one one one one one"


class Line:
    """A stream's way to the database, with what browsers were sent."""

    def __init__(self, call: Call, stream_id: uuid.UUID, published: list[tuple[str, Any]]) -> None:
        self.call, self.stream_id, self.published = call, stream_id, published
        self.writer = TranscriptWriter()
        self.now = 1000.0
        self.writer.clock = lambda: self.now
        self.masked = MaskedWriter(self.writer, KINDS, "en-US")

    def says(self, text: str, track: str = "customer", *, words: bool = True) -> Segment:
        self.now += 3
        start = round(self.now * 1000)
        spread = [[word, start + 100 * i, start + 100 * i + 90, 0.9] for i, word in enumerate(text.split())]
        segment = Segment(
            call_id=self.call.id,
            stream_id=self.stream_id,
            track=track,
            start_ms=start,
            end_ms=start + 2900,
            text=text,
            words=spread if words else [],
        )
        self.masked.add(segment)
        return segment

    def seems_to_say(self, text: str) -> str:
        interim = InterimShape(stream_id=self.stream_id, track="customer", start_ms=0, text=text)
        self.masked.show(self.call.id, interim)
        shown: str = self.published[-1][1].text
        return shown

    async def stored(self) -> list[str]:
        while self.writer.task is not None and not self.writer.task.done():
            await self.writer.task
        return await database_sync_to_async(list)(Segment.objects.order_by("start_ms").values_list("text", flat=True))

    @property
    def published_texts(self) -> list[str]:
        return [segment.text for _, segment in self.published]


@pytest.fixture
async def line(make_call: MakeCall, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Line]:
    published: list[tuple[str, Any]] = []
    monkeypatch.setattr(live, "publish", lambda call_id, kind, *, segment: published.append((kind, segment)))
    call = await database_sync_to_async(make_call)(state="live")
    stream = await call.streams.aget()
    line = Line(call, stream.id, published)
    yield line
    await line.writer.close()


async def test_a_number_in_one_piece_is_never_stored_or_published(line: Line) -> None:
    line.says(f"it is four one one one one one one one {PART} thanks")
    assert await line.stored() == ["it is [card number] thanks"]
    segment = await Segment.objects.aget()
    assert [word[0] for word in segment.words] == ["it", "is", "[card number]", "thanks"]
    ((kind, start, end),) = segment.masked
    assert (kind, start - segment.start_ms, end - segment.start_ms) == ("card", 200, 1790)
    (published,) = [segment for kind, segment in line.published if kind == "segment.final"]
    assert (published.id, published.text) == (segment.id, "it is [card number] thanks")
    assert (published.masked[0].kind, published.masked[0].start_ms) == ("card", start)
    assert [word.text for word in published.words] == ["it", "is", "[card number]", "thanks"]


async def test_its_first_part_is_written_again_with_the_same_id(line: Line) -> None:
    first = line.says("it is four one one one one one one one")
    assert await line.stored() == ["it is • • • • • • • •"]
    assert (await Segment.objects.aget()).masked[0][0] == "open"
    line.says(PART)
    assert await line.stored() == ["it is [card number]", "[card number]"]
    assert (await Segment.objects.aget(id=first.id)).masked[0][0] == "card"
    ids = [segment.id for kind, segment in line.published if kind == "segment.final"]
    assert ids.count(first.id) == 2 and ids[0] == ids[-1] == first.id
    assert not any("one" in text.split() for text in line.published_texts)
    assert not any(word.text == "one" for _, segment in line.published for word in segment.words)


async def test_what_is_harmless_comes_back(line: Line) -> None:
    line.says("it was five five five one two three four")
    line.says("in the second row")
    assert await line.stored() == ["it was five five five one two three four", "in the second row"]
    segment = await Segment.objects.order_by("start_ms").afirst()
    assert segment is not None and segment.masked == []
    assert [word[0] for word in segment.words][-1] == "four"


async def test_it_comes_back_when_nothing_follows(line: Line) -> None:
    line.says("five five five one two three four")
    line.masked.tick()
    assert await line.stored() == ["• • • • • • •"]
    line.now += PATIENCE_SECONDS
    line.masked.tick()
    assert await line.stored() == ["five five five one two three four"]


async def test_it_comes_back_when_the_stream_ends_and_so_does_what_comes_late(line: Line) -> None:
    line.says("five five five one two three four")
    line.masked.finish()
    line.says("nine eight seven six five")
    assert await line.stored() == ["five five five one two three four", "nine eight seven six five"]


async def test_interims(line: Line) -> None:
    assert line.seems_to_say("i want to") == "i want to"
    assert line.seems_to_say("it is four one one one") == "it is • • • •"
    assert line.seems_to_say(f"it is four one one one one one one one {PART}") == "it is [card number]"
    assert "one" not in line.published_texts


async def test_keys_that_form_a_number(line: Line) -> None:
    for key in "4111111111111111":
        line.says(f"[keys: {key}]", words=False)
        line.now -= 2.5
    texts = await line.stored()
    assert texts == ["[keys: •]"] * 16
    line.masked.finish()
    assert await line.stored() == ["[keys: •]"] * 16
    assert {segment.masked[0][0] async for segment in Segment.objects.all()} == {"card"}


async def test_keys_of_a_menu(line: Line) -> None:
    line.says("for sales press one for support press two", "bot")
    line.says("[keys: 2]", words=False)
    assert await line.stored() == ["for sales press one for support press two", "[keys: 2]"]


async def test_keys_that_were_asked_for(line: Line) -> None:
    line.says("Please enter the security code of your card", "bot", words=False)
    line.says("[keys: 902]", words=False)
    assert (await line.stored())[1] == "[keys: •••]"


async def test_what_the_bot_repeats(line: Line) -> None:
    line.says("You said 4111 1111 1111 1111, is that right?", "bot", words=False)
    assert await line.stored() == ["You said [card number], is that right?"]
    segment = await Segment.objects.aget()
    assert segment.masked == [["card", segment.start_ms, segment.end_ms]]


async def test_passages_pass(line: Line) -> None:
    line.masked.add(
        SkippedPassage(
            call_id=line.call.id, stream_id=line.stream_id, track="agent", start_ms=0, end_ms=5, reason="overload"
        )
    )
    await line.stored()
    assert await SkippedPassage.objects.acount() == 1


async def test_what_is_written_again_of_a_deleted_call_harms_nobody(line: Line) -> None:
    line.says("four one one one")
    await line.stored()
    await database_sync_to_async(Call.objects.all().delete)()
    line.says("one one one one")
    line.masked.finish()
    assert await line.stored() == []
