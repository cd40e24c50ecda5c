"""Who waits for whom: back-pressure both ways, turns, keep-alive, endings from our side, shutdown."""

from __future__ import annotations

import asyncio
import resource
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.hub.websocket.conftest import BINARY, CLOSE, PING, PONG, TEXT, Frame, Peer, frame, serving

pytestmark = pytest.mark.parametrize("loop", ["uvloop", "asyncio"])

ROUNDS = pytest.mark.parametrize("in_rounds", [False, True], ids=["each", "rounds"])


def accepting(body: Callable[..., Any], *, in_rounds: bool = False) -> Any:
    """An application that accepts and goes on with `body(scope, receive, send)`; `app.error` is what it ended with."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept", "hub.rounds": 0 if in_rounds else None})
        try:
            await body(scope, receive, send)
        except BaseException as error:
            app.error = error  # type: ignore[attr-defined]
            raise
        finally:
            app.ended.set()  # type: ignore[attr-defined]

    app.ended, app.error = threading.Event(), None  # type: ignore[attr-defined]
    return app


async def drain(receive: Any) -> dict[str, Any]:
    while (message := await receive())["type"] == "websocket.receive":
        pass
    return message


@ROUNDS
def test_an_application_that_does_not_receive_holds_the_peer(loop: str, in_rounds: bool) -> None:
    taken = []
    go = threading.Event()

    async def body(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.to_thread(go.wait)
        while (message := await receive())["type"] == "websocket.receive":
            taken.append(len(message["bytes"]))

    with serving(accepting(body, in_rounds=in_rounds), loop=loop) as running, running.peer() as peer:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        piece = frame(BINARY, bytes(60_000))
        peer.socket.settimeout(1)
        sent = 0
        with pytest.raises(TimeoutError):
            while sent < 2000:
                peer.send(piece)
                sent += 1
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # KiB, of the 120 MB offered
        go.set()
        deadline = time.monotonic() + 10
        while len(taken) < sent and time.monotonic() < deadline:
            time.sleep(0.02)
        assert taken == [60_000] * sent


@ROUNDS
def test_a_flood_of_small_messages_does_not_starve_others(loop: str, in_rounds: bool) -> None:
    async def body(scope: Any, receive: Any, send: Any) -> None:
        while (message := await receive())["type"] == "websocket.receive":
            if message.get("text") == "echo":
                await send({**message, "type": "websocket.send"})

    stop = threading.Event()

    def flood(attacker: socket.socket) -> None:
        data = frame(TEXT) * 10_000 + frame(PING) * 10_000
        attacker.settimeout(0.2)
        while not stop.is_set():
            try:
                attacker.sendall(data)
                attacker.recv(1 << 20)
            except TimeoutError:
                return

    with serving(accepting(body, in_rounds=in_rounds), loop=loop) as running:
        with running.peer() as attacker, running.peer() as victim:
            thread = threading.Thread(target=flood, args=(attacker.socket,))
            thread.start()
            try:
                slowest = 0.0
                for _ in range(20):
                    began = time.monotonic()
                    victim.send(frame(TEXT, b"echo"))
                    assert victim.read() == Frame(TEXT, b"echo")
                    slowest = max(slowest, time.monotonic() - began)
            finally:
                stop.set()
                thread.join()
    assert slowest < 0.5


def test_send_waits_for_a_slow_reader(loop: str) -> None:
    sent = []

    async def body(scope: Any, receive: Any, send: Any) -> None:
        for _ in range(500):
            await send({"type": "websocket.send", "bytes": bytes(100_000)})
            sent.append(True)

    app = accepting(body)
    with serving(app, loop=loop) as running, running.peer(receive_buffer=65536) as peer:
        time.sleep(0.5)
        stuck_at = len(sent)
        assert stuck_at < 200
        time.sleep(0.3)
        assert len(sent) == stuck_at
        for _ in range(500):
            assert peer.read() == Frame(BINARY, bytes(100_000))
        assert peer.read_close() == 1000


def test_a_slow_reader_that_leaves_frees_its_sender(loop: str) -> None:
    async def body(scope: Any, receive: Any, send: Any) -> None:
        while True:
            await send({"type": "websocket.send", "bytes": bytes(100_000)})

    app = accepting(body)
    with serving(app, loop=loop) as running:
        with running.peer() as peer:
            time.sleep(0.3)
            assert not app.ended.is_set()
            peer.socket.setblocking(True)
        assert app.ended.wait(5)
        assert isinstance(app.error, OSError)


def test_pings_of_a_peer_that_does_not_read_take_no_memory(loop: str) -> None:
    app = accepting(lambda scope, receive, send: drain(receive))
    with serving(app, loop=loop) as running, running.peer(receive_buffer=4096) as peer:
        flood = frame(PING, b"x" * 125) * 1000
        for _ in range(100):
            peer.send(flood)
        (connection,) = running.server.server_state.connections
        time.sleep(0.5)
        assert connection.transport.get_write_buffer_size() < 1 << 20  # type: ignore[union-attr]
        peer.send(frame(PING, b"the last"))
        while peer.read() != Frame(PONG, b"the last"):
            pass


@ROUNDS
def test_the_application_closes(loop: str, in_rounds: bool) -> None:
    told: list[Any] = []

    async def body(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.close", "code": 4001, "reason": "enough"})
        told.append(await receive())
        with pytest.raises(RuntimeError):
            await send({"type": "websocket.send", "text": "late"})
        with pytest.raises(RuntimeError):
            await receive()

    app = accepting(body, in_rounds=in_rounds)
    with serving(app, loop=loop) as running, running.peer() as peer:
        assert peer.read() == Frame(CLOSE, b"\x0f\xa1enough")
        peer.send(frame(TEXT, b"x") * 1000)  # is thrown away, as if it had crossed the close frame
        peer.send(frame(CLOSE, b"\x0f\xa1"))
        assert peer.at_end()
    assert app.error is None
    assert told == [{"type": "websocket.disconnect", "code": 4001, "reason": "enough"}]


def test_a_peer_that_does_not_answer_our_close_is_dropped(loop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.websocket.connection.CLOSE_SECONDS", 0.3)

    async def body(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.close"})

    with serving(accepting(body), loop=loop) as running, running.peer() as peer:
        assert peer.read() == Frame(CLOSE, b"\x03\xe8")
        assert peer.socket.recv(1) == b""


@pytest.mark.parametrize(("error", "code"), [(None, 1000), (ValueError("a mistake"), 1011)])
def test_an_application_that_ends_without_closing(loop: str, error: Exception | None, code: int) -> None:
    async def body(scope: Any, receive: Any, send: Any) -> None:
        if error:
            raise error

    with serving(accepting(body), loop=loop) as running, running.peer() as peer:
        assert peer.read_close() == code
        peer.send(frame(CLOSE))
        assert peer.at_end()


def test_sending_after_the_peer_left_raises_oserror_and_closing_does_nothing(loop: str) -> None:
    async def body(scope: Any, receive: Any, send: Any) -> None:
        assert (await drain(receive))["code"] == 1006
        await asyncio.sleep(0.05)
        await send({"type": "websocket.close"})
        await send({"type": "websocket.send", "text": "anybody?"})

    app = accepting(body)
    with serving(app, loop=loop) as running:
        with running.peer():
            pass
        assert app.ended.wait(5)
        assert isinstance(app.error, OSError)


def test_a_wrong_close_code_is_the_applications_error(loop: str) -> None:
    async def body(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.close", "code": 1006})

    app = accepting(body)
    with serving(app, loop=loop) as running, running.peer() as peer:
        assert peer.read_close() == 1011
        assert isinstance(app.error, ValueError)


def test_receiving_twice_at_once_is_an_error(loop: str) -> None:
    async def body(scope: Any, receive: Any, send: Any) -> None:
        first = asyncio.ensure_future(receive())
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError):
            await receive()
        first.cancel()
        await send({"type": "websocket.send", "text": "go"})
        await drain(receive)  # a cancelled one stands in nobody's way

    app = accepting(body)
    with serving(app, loop=loop) as running:
        with running.peer() as peer:
            assert peer.read() == Frame(TEXT, b"go")
            peer.send(frame(CLOSE))
            assert peer.read_close() == 1005
        assert app.ended.wait(5)
    assert app.error is None


@ROUNDS
def test_shutdown_closes_with_1012_even_while_media_streams(loop: str, in_rounds: bool) -> None:
    told: list[Any] = []

    async def body(scope: Any, receive: Any, send: Any) -> None:
        told.append(await drain(receive))

    stop = threading.Event()

    def stream(sock: socket.socket) -> None:
        while not stop.wait(0.001):
            try:
                sock.send(frame(TEXT, b"media" * 60))
            except OSError:
                return

    with serving(accepting(body, in_rounds=in_rounds), loop=loop) as running, running.peer() as peer:
        thread = threading.Thread(target=stream, args=(peer.socket,))
        thread.start()
        time.sleep(0.1)
        running.server.should_exit = True
        assert peer.read_close() == 1012
        stop.set()
        thread.join()
        peer.send(frame(CLOSE, b"\x03\xf4"))
        assert peer.at_end()
    assert [message["code"] for message in told] == [1012]


def test_shutdown_refuses_who_is_not_accepted_yet(loop: str) -> None:
    asked = threading.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        asked.set()
        assert (await receive())["code"] == 1006

    with serving(app, loop=loop) as running, Peer(running.port) as peer:
        assert asked.wait(10)
        running.server.should_exit = True
        assert peer.read_response()[0] == 503


def pinging(loop: str, **options: Any) -> Any:
    app = accepting(lambda scope, receive, send: drain(receive))
    return serving(app, loop=loop, **{"ws_ping_interval": 0.1, "ws_ping_timeout": 0.1, **options})


def test_a_silent_peer_is_pinged_and_given_up(loop: str) -> None:
    with pinging(loop) as running, running.peer() as peer:
        assert peer.read() == Frame(PING, b"")
        assert peer.read_close() == 1011


def test_a_peer_that_answers_pings_stays(loop: str) -> None:
    with pinging(loop) as running, running.peer() as peer:
        for _ in range(4):
            assert peer.read() == Frame(PING, b"")
            peer.send(frame(PONG))


def test_a_peer_that_streams_but_answers_no_ping_stays(loop: str) -> None:
    with pinging(loop) as running, running.peer() as peer:
        for _ in range(40):
            peer.send(frame(TEXT, b"media"))
            time.sleep(0.02)
        pings = [peer.read().opcode for _ in range(3)]
        assert pings == [PING] * 3


def test_without_a_time_out_silence_is_fine(loop: str) -> None:
    with pinging(loop, ws_ping_timeout=None) as running, running.peer() as peer:
        assert [peer.read().opcode for _ in range(4)] == [PING] * 4


def test_pings_rest_while_the_application_holds_the_peer(loop: str) -> None:
    """A paused socket's pong can't be heard; the peer is not to blame."""

    async def body(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(1)
        await drain(receive)

    app = accepting(body)
    with serving(app, loop=loop, ws_ping_interval=0.1, ws_ping_timeout=0.1) as running, running.peer() as peer:
        for _ in range(5):
            peer.send(frame(TEXT, b"media"))
            time.sleep(0.05)
        time.sleep(0.5)
        peer.send(frame(CLOSE, b"\x03\xe8"))
        assert peer.read_close() == 1000


@ROUNDS
def test_connections_leave_nothing_behind(loop: str, in_rounds: bool) -> None:
    with serving(accepting(lambda s, receive, send: drain(receive), in_rounds=in_rounds), loop=loop) as running:
        for _ in range(20):
            with running.peer() as peer:
                peer.send(frame(TEXT, b"x"))
        deadline = time.monotonic() + 5
        while (running.server.server_state.connections or running.server.server_state.tasks) and (
            time.monotonic() < deadline
        ):
            time.sleep(0.02)
        assert not running.server.server_state.connections
        assert not running.server.server_state.tasks


def test_rounds_may_begin_later(loop: str) -> None:
    """What comes before, while and after the reading changes hands arrives whole and in order."""
    count = 400

    async def body(scope: Any, receive: Any, send: Any) -> None:
        got = []
        while len(got) < count:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                return
            got.append(message["text"])
        await send({"type": "websocket.send", "text": ",".join(got)})
        await receive()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept", "hub.rounds": 0.2})
        await body(scope, receive, send)

    with serving(app, loop=loop) as running, running.peer() as peer:
        for number in range(count):
            peer.send(frame(TEXT, str(number).encode()))
            time.sleep(0.001)
        assert peer.read().payload == ",".join(map(str, range(count))).encode()
