"""The browser sockets over the test communicator: who gets in, what comes first, what comes after, who is cut off."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from channels.db import database_sync_to_async
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from calls import live, shapes
from calls.consumers import browser, wall, watch
from calls.consumers.browser import CallConsumer
from calls.models import Call, EmbedKey, Note, Segment
from calls.routing import browser_sockets
from calls.services import accounts, embeds, profiles
from calls.transcript_shapes import InterimShape, segment_shape

pytestmark = pytest.mark.django_db(transaction=True)
ORIGIN = (b"origin", b"http://testserver")
HOST = (b"host", b"testserver")
NOBODY = "01939f9e-0000-7000-8000-000000000000"


@pytest.fixture(autouse=True)
async def publisher():
    yield live.start()
    await live.close()


def cookie_of(user: Any) -> tuple[bytes, bytes]:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return (b"cookie", f"other=1; {settings.SESSION_COOKIE_NAME}={session.session_key}".encode())


@pytest.fixture
def cookie(viewer):
    return cookie_of(viewer)


class Socket(WebsocketCommunicator):
    """A browser's end."""

    def __init__(self, path: str, *headers: tuple[bytes, bytes]) -> None:
        super().__init__(URLRouter(browser_sockets()), path, headers=list(headers))
        self.scope["extensions"] = {"websocket.http.response": {}}

    async def status(self) -> int:
        """101 where it opens, else the status of the refusal."""
        await self.send_input({"type": "websocket.connect"})
        answer = await self.receive_output(2)
        if answer["type"] == "websocket.http.response.start":
            await self.receive_output(2)
            await self.wait(2)
            return int(answer["status"])
        assert answer["type"] == "websocket.accept"
        return 101

    async def open(self) -> Socket:
        assert await self.status() == 101
        return self

    async def next(self) -> Any:
        return json.loads(await self.receive_from(3))

    async def events(self) -> list[Any]:
        """Those of the wall's next batch."""
        message = await self.next()
        assert message["type"] == "batch"
        return list(message["events"])


def publish_final(call: Call, text: str = "hello") -> Segment:
    """Commits a segment, then publishes it, as a live session does."""
    segment = Segment(call=call, stream=call.streams.get(), track="agent", start_ms=0, end_ms=900, text=text)
    segment.save()
    live.publish(call.id, "segment.final", segment=segment_shape(segment))
    return segment


def publish_interim(call: Call, text: str, track: str = "agent") -> None:
    stream_id = call.streams.all()[0].id
    live.publish(
        call.id, "segment.interim", segment=InterimShape(stream_id=stream_id, track=track, start_ms=0, text=text)
    )


in_database = database_sync_to_async


class TestWhoGetsIn:
    async def test_a_session_on_our_own_page(self, cookie):
        assert await Socket("/ws/dashboard/", ORIGIN, HOST, cookie).status() == 101

    async def test_no_other_page_may_use_the_cookie(self, cookie):
        for origin in (
            b"https://evil.example",
            b"http://testserver.evil.example",
            b"http://testserver:8001",
            b"null",
            b"",
        ):
            assert await Socket("/ws/dashboard/", (b"origin", origin), HOST, cookie).status() == 403
        assert await Socket("/ws/dashboard/", HOST, cookie).status() == 403

    async def test_an_allowed_host_it_must_be(self, cookie):
        strange = (b"origin", b"http://strange.example"), (b"host", b"strange.example")
        assert await Socket("/ws/dashboard/", *strange, cookie).status() == 403

    async def test_behind_a_proxy_the_public_url_counts(self, cookie, settings):
        settings.HUB_PUBLIC_URL = "https://hub.example.com:443"
        origin = (b"origin", b"https://hub.example.com")
        assert await Socket("/ws/dashboard/", origin, (b"host", b"10.0.0.7:8000"), cookie).status() == 101

    async def test_nobody_without_a_session(self, db):
        assert await Socket("/ws/dashboard/", ORIGIN, HOST).status() == 401
        bad = (b"cookie", f"{settings.SESSION_COOKIE_NAME}=nonsense".encode())
        assert await Socket("/ws/dashboard/", ORIGIN, HOST, bad).status() == 401

    async def test_an_api_key_needs_no_origin(self, viewer):
        _, text = await in_database(accounts.create_api_key)(name="tests", owner=viewer, scope="read")
        assert await Socket("/ws/dashboard/", (b"authorization", f"Bearer {text}".encode())).status() == 101
        assert await Socket("/ws/dashboard/", (b"authorization", b"Bearer hub_wrong")).status() == 401

    async def test_a_wrong_key_is_not_mended_by_a_cookie(self, cookie):
        assert (
            await Socket("/ws/dashboard/", ORIGIN, HOST, cookie, (b"authorization", b"Bearer hub_wrong")).status()
            == 401
        )

    async def test_an_unknown_call_is_404(self, cookie):
        assert await Socket(f"/ws/calls/{NOBODY}/", ORIGIN, HOST, cookie).status() == 404

    async def test_who_is_thrown_out_loses_the_socket(self, cookie, viewer, monkeypatch):
        monkeypatch.setattr(watch, "LOOK_SECONDS", 0.1)
        socket = await Socket("/ws/dashboard/", ORIGIN, HOST, cookie).open()
        await socket.next()
        viewer.is_active = False
        await in_database(viewer.save)()
        assert (await socket.receive_output(3)) == {"type": "websocket.close", "code": 1008}


class TestOneCall:
    @pytest.fixture
    def call(self, make_call):
        return make_call(state="live", said=[("agent", 0, 900, "good morning")])

    @pytest.fixture
    async def socket(self, call, cookie):
        return await Socket(f"/ws/calls/{call.id}/", ORIGIN, HOST, cookie).open()

    async def test_a_snapshot_first_then_events_in_order(self, socket, call):
        snapshot = await socket.next()
        assert (snapshot["type"], snapshot["seq"]) == ("snapshot", 0)
        assert snapshot["call"]["id"] == str(call.id)
        assert [segment["text"] for segment in snapshot["segments"]] == ["good morning"]
        for number in range(5):
            await in_database(publish_final)(call, f"line {number}")
        events = [await socket.next() for _ in range(5)]
        assert [event["seq"] for event in events] == [1, 2, 3, 4, 5]
        assert [event["segment"]["text"] for event in events] == [f"line {n}" for n in range(5)]

    async def test_snapshot_plus_events_equals_a_fresh_snapshot(self, call, cookie):
        """Sockets that open while much happens end up knowing the same as one that opens afterwards."""

        async def speak() -> None:
            for number in range(40):
                await in_database(publish_final)(call, str(number))

        async def watch(delay: float) -> set[str]:
            await asyncio.sleep(delay)
            socket = await Socket(f"/ws/calls/{call.id}/", ORIGIN, HOST, cookie).open()
            message = await socket.next()
            known, seq = {segment["id"] for segment in message["segments"]}, message["seq"]
            while seq < 40:
                event = await socket.next()
                assert event["seq"] == seq + 1
                seq = event["seq"]
                known.add(event["segment"]["id"])
            return known

        speaking = asyncio.create_task(speak())
        seen = await asyncio.gather(*(watch(delay / 50) for delay in range(8)))
        await speaking
        ids = await in_database(lambda: {str(pk) for pk in call.segments.values_list("id", flat=True)})()
        assert all(known == ids for known in seen)

    async def test_another_snapshot_when_asked(self, socket, call):
        await socket.next()
        await in_database(publish_final)(call, "later")
        await socket.next()
        await socket.send_to('{"type":"snapshot"}')
        again = await socket.next()
        assert (again["type"], again["seq"], len(again["segments"])) == ("snapshot", 1, 2)

    async def test_snapshots_come_at_most_once_a_second(self, socket, call):
        await socket.next()
        for _ in range(50):
            await socket.send_to('{"type":"snapshot"}')
        assert (await socket.next())["type"] == "snapshot"
        assert await socket.receive_nothing(0.5)

    async def test_answers_a_ping(self, socket):
        await socket.next()
        await socket.send_to('{"type":"ping"}')
        assert await socket.next() == {"type": "pong"}

    @pytest.mark.parametrize(
        "text",
        ["", "nonsense", "[]", "{}", '{"type":7}', '{"type":"launch"}', '{"type":"snapshot","callId":"x"}', "x" * 5000],
    )
    async def test_nonsense_is_answered_and_harmless(self, socket, call, text):
        await socket.next()
        await socket.send_input({"type": "websocket.receive", "text": text})
        assert (await socket.next())["code"] == "bad_message"
        await in_database(publish_final)(call)
        assert (await socket.next())["type"] == "segment.final"

    async def test_bytes_are_nonsense_too(self, socket):
        await socket.next()
        await socket.send_input({"type": "websocket.receive", "bytes": b"\x00"})
        assert (await socket.next())["code"] == "bad_message"

    async def test_endless_nonsense_ends_the_socket(self, socket):
        await socket.next()
        for _ in range(browser.MAX_BAD_MESSAGES + 1):
            await socket.send_input({"type": "websocket.receive", "text": "nonsense"})
        codes = []
        while not codes:
            output = await socket.receive_output(2)
            codes += [output["code"]] if output["type"] == "websocket.close" else []
        assert codes == [1008]

    async def test_a_call_that_was_deleted_ends_it(self, socket, call):
        await socket.next()
        await in_database(call.delete)()
        await socket.send_to('{"type":"snapshot"}')
        assert (await socket.receive_output(3))["type"] == "websocket.close"

    async def test_leaves_its_group(self, socket, call):
        await socket.next()
        groups = live.get_channel_layer().groups  # Redis puts a prefix before the name
        assert any(name.endswith(live.call_group(call.id)) for name in groups)
        await socket.disconnect()
        assert not any(name.endswith(live.call_group(call.id)) for name in groups)


class TestASlowBrowser:
    async def test_is_dropped_alone(self, make_call, cookie, monkeypatch):
        monkeypatch.setattr(CallConsumer, "max_waiting", 20)
        call = await in_database(make_call)(state="live")
        ends: list[Any] = []
        connected, stuck = asyncio.Event(), asyncio.Event()

        async def receive() -> Any:
            if not connected.is_set():
                connected.set()
                return {"type": "websocket.connect"}
            return await asyncio.Future()

        async def send(message: Any) -> None:
            if message["type"] == "websocket.send":
                stuck.set()
                await asyncio.Future()  # takes nothing, ever
            ends.append(message)

        scope = {
            "type": "websocket",
            "path": f"/ws/calls/{call.id}/",
            "query_string": b"",
            "headers": [ORIGIN, HOST, cookie],
        }
        slow = asyncio.create_task(URLRouter(browser_sockets())(scope, receive, send))
        quick = await Socket(f"/ws/calls/{call.id}/", ORIGIN, HOST, cookie).open()
        await quick.next()
        await asyncio.wait_for(stuck.wait(), 5)
        segment = await in_database(publish_final)(call)
        for _ in range(60):
            live.publish(call.id, "segment.final", segment=segment_shape(segment))
        for number in range(61):
            assert (await quick.next())["seq"] == number + 1
        await asyncio.wait_for(slow, 5)
        assert ends[-1] == {"type": "websocket.close", "code": 1013}


class TestTheWall:
    @pytest.fixture
    async def socket(self, cookie):
        return await Socket("/ws/dashboard/", ORIGIN, HOST, cookie).open()

    async def test_shows_live_calls_with_the_last_words_of_each_side(self, make_call, cookie):
        said = [("agent", 0, 900, "first"), ("customer", 1000, 1900, "answer"), ("agent", 2000, 2900, "newest")]
        call = await in_database(make_call)(state="live", said=said)
        await in_database(make_call)(state="ended", said=said)
        snapshot = await (await Socket("/ws/dashboard/", ORIGIN, HOST, cookie).open()).next()
        (entry,) = snapshot["calls"]
        assert entry["call"]["id"] == str(call.id) and entry["seq"] == 0
        assert {track: segment["text"] for track, segment in entry["last"].items()} == {
            "agent": "newest",
            "customer": "answer",
        }

    async def test_events_come_in_batches_the_newest_interim_only(self, make_call, socket):
        assert await socket.next() == {"type": "snapshot", "calls": []}
        call = await in_database(make_call)(state="live")
        await in_database(lambda: [publish_interim(call, text) for text in ("a", "a b", "a b c")])()
        (event,) = await socket.events()
        assert (event["type"], event["callId"], event["seq"]) == ("segment.interim", str(call.id), 3)
        assert event["segment"]["text"] == "a b c"

    async def test_what_the_snapshot_holds_does_not_come_again(self, make_call, cookie):
        call = await in_database(make_call)(state="live")
        await in_database(publish_final)(call, "known")
        await asyncio.sleep(0.1)
        socket = await Socket("/ws/dashboard/", ORIGIN, HOST, cookie).open()
        (entry,) = (await socket.next())["calls"]
        assert entry["seq"] == 1
        await in_database(publish_final)(call, "new")
        assert [event["seq"] for event in await socket.events()] == [2]

    async def test_a_snapshot_of_one_call(self, make_call, socket):
        await socket.next()
        calls = [await in_database(make_call)(state="live") for _ in range(2)]
        await asyncio.sleep(1)
        await socket.send_to(json.dumps({"type": "snapshot", "callId": str(calls[1].id)}))
        answer = await socket.next()
        assert answer["callId"] == str(calls[1].id)
        assert [entry["call"]["id"] for entry in answer["calls"]] == [str(calls[1].id)]
        await asyncio.sleep(1)
        await socket.send_to(json.dumps({"type": "snapshot", "callId": NOBODY}))
        assert await socket.next() == {"type": "snapshot", "callId": NOBODY, "calls": []}

    def test_costs_the_same_queries_however_many_calls(self, make_call, django_assert_num_queries):
        for _ in range(10):
            make_call(state="live", said=[("agent", 0, 900, "a"), ("customer", 0, 900, "b")])
        ids = wall.live_call_ids(Call.objects.all(), None)
        with django_assert_num_queries(5):
            assert len(wall.wall_snapshot(dict.fromkeys(ids, 0))) == 10


class TestTheEmbed:
    @pytest.fixture
    def key(self, profile):
        return profiles.create_embed_key(profile)[0]

    async def open(self, key: EmbedKey, vendor_call_id: str) -> Socket:
        ticket = await in_database(embeds.create_ticket)(embeds.EmbedGrant(key, vendor_call_id))
        return await Socket(f"/ws/embed/?ticket={ticket}").open()

    async def test_needs_a_ticket_that_is_good_once(self, key):
        assert await Socket("/ws/embed/").status() == 403
        assert await Socket("/ws/embed/?ticket=guess").status() == 403
        ticket = await in_database(embeds.create_ticket)(embeds.EmbedGrant(key, "7"))
        assert await Socket(f"/ws/embed/?ticket={ticket}").status() == 101
        assert await Socket(f"/ws/embed/?ticket={ticket}").status() == 403

    async def test_shows_a_call_that_is_there(self, key, make_call):
        call = await in_database(make_call)(state="live", vendor_call_id="7", said=[("agent", 0, 900, "hello")])
        socket = await self.open(key, "7")
        snapshot = await socket.next()
        assert (snapshot["type"], snapshot["call"]["id"]) == ("snapshot", str(call.id))
        await in_database(publish_final)(call, "more")
        assert (await socket.next())["segment"]["text"] == "more"

    async def test_waits_for_a_call_to_start(self, key, make_call, monkeypatch):
        monkeypatch.setattr(browser, "POLL_SECONDS", 60)
        socket = await self.open(key, 'id "quoted" ü')
        assert await socket.next() == {"type": "waiting"}
        for vendor_call_id in ("another", 'id "quoted" ü'):
            call = await in_database(make_call)(state="live", vendor_call_id=vendor_call_id)
            shape = await in_database(lambda call=call: shapes.call_shape(Call.objects.for_display().get(id=call.id)))()
            live.publish(call.id, "call.started", call=shape)
            await asyncio.sleep(0.3)
        snapshot = await socket.next()
        assert (snapshot["type"], snapshot["call"]["id"]) == ("snapshot", str(call.id))
        assert live.WALL not in live.get_channel_layer().groups

    async def test_finds_the_call_though_its_start_was_lost_on_the_bus(self, key, make_call, monkeypatch):
        monkeypatch.setattr(browser, "POLL_SECONDS", 0.2)
        socket = await self.open(key, "7")
        assert await socket.next() == {"type": "waiting"}
        await in_database(make_call)(state="live", vendor_call_id="7")
        assert (await socket.next())["type"] == "snapshot"

    async def test_sees_no_other_profile_s_calls(self, key, make_call, monkeypatch):
        from calls.models import StreamingProfile

        monkeypatch.setattr(browser, "POLL_SECONDS", 0.1)
        other = await StreamingProfile.objects.acreate(name="Other", product_id="9")
        await in_database(make_call)(state="live", vendor_call_id="7", profile=other)
        socket = await self.open(key, "7")
        assert await socket.next() == {"type": "waiting"}
        assert await socket.receive_nothing(0.4)

    async def test_asking_for_a_snapshot_while_waiting_is_fine(self, key):
        socket = await self.open(key, "7")
        await socket.next()
        await socket.send_to('{"type":"snapshot"}')
        assert await socket.next() == {"type": "waiting"}

    async def test_notes_are_not_for_a_key_that_many_share(self, key, make_call):
        call = await in_database(make_call)(state="live", vendor_call_id="7")
        note = await in_database(Note.objects.create)(call=call, author_name="maria", text="knows the CEO")
        socket = await self.open(key, "7")
        assert (await socket.next())["notes"] == []
        await in_database(live.publish)(call.id, "note.updated", noteId=note.id, note=shapes.note_shape(note))
        await in_database(publish_final)(call)
        assert (await socket.next())["type"] == "segment.final"

    async def test_a_revoked_key_ends_it(self, key, monkeypatch):
        monkeypatch.setattr(watch, "LOOK_SECONDS", 60)  # it is told
        socket = await self.open(key, "7")
        await socket.next()
        await in_database(profiles.revoke_embed_key)(key.profile, key.id)
        assert await socket.receive_output(3) == {"type": "websocket.close", "code": 1008}

    async def test_the_newest_call_of_an_id_counts(self, key, make_call):
        hour_ago = timezone.now() - timedelta(hours=1)
        await in_database(make_call)(vendor_call_id="7", started_at=hour_ago, key="a")
        newest = await in_database(make_call)(vendor_call_id="7", state="live", key="b")
        assert (await (await self.open(key, "7")).next())["call"]["id"] == str(newest.id)
