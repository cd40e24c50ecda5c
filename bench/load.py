"""The load generator: many RingCX calls from one thread, over plain sockets.

Every call has the same audio and sequence numbers, so each frame is built and masked once and a message costs one
`send`. A call's two perspectives alternate, 10 ms apart; the calls are spread evenly over those 10 ms; every message
is a TCP write of its own.
"""

from __future__ import annotations

import base64
import json
import math
import random
import select
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count

MESSAGES_A_CALL = 100  # a second: two perspectives of 50
PERSPECTIVES = ("Participant", "Conference")
PROBE_SECONDS = 0.05
SATURATED_SECONDS = 0.5  # a ping that waits so long behind media
_MASK = b"\x37\xfa\x21\x3d"
_PING, _PONG = 0x9, 0xA
_numbers = count(1)


@dataclass
class Result:
    """Rates in messages a second, times in seconds."""

    target_rate: float
    sent: int = 0
    rate: float = 0.0
    closed: int = 0  # connections that the server ended
    blocked: int = 0  # writes that found the socket full
    round_trips: list[float] = field(default_factory=list)  # of pings inside a call that is streaming

    @property
    def p99(self) -> float:
        ordered = sorted(self.round_trips)
        return ordered[math.ceil(len(ordered) * 0.99) - 1] if ordered else math.inf

    @property
    def saturated(self) -> bool:
        """The server does not keep up: the rate falls short, or what waits to be read grows."""
        return self.rate < 0.99 * self.target_rate or self.p99 > SATURATED_SECONDS or self.closed > 0


def masked_frame(payload: bytes, opcode: int = 0x1) -> bytes:
    size = len(payload)
    length = bytes((0x80 | size,)) if size < 126 else bytes((0xFE, size >> 8, size & 255))
    mask = (_MASK * (size // 4 + 1))[:size]
    masked = (int.from_bytes(payload, "big") ^ int.from_bytes(mask, "big")).to_bytes(size, "big")
    return bytes((0x80 | opcode,)) + length + _MASK + masked


def message_frame(message: Mapping[str, object]) -> bytes:
    return masked_frame(json.dumps(message, separators=(",", ":")).encode())


def media_frames(seconds: float) -> list[bytes]:
    """What one call sends in that time, in order."""
    noise = random.Random(1)
    frames = []
    for number in range(math.ceil(seconds * 50) + 1):
        for perspective in PERSPECTIVES:
            media = base64.b64encode(noise.randbytes(160)).decode()
            message = {"event": "Media", "perspective": perspective, "sequenceId": str(number + 1), "media": media}
            frames.append(message_frame(message))
    return frames


def opening_frames() -> bytes:
    """`Connected` and `Start` of a call that nobody has seen before."""
    number = next(_numbers)
    metadata = {
        "callId": f"2026011509301201320500{time.time_ns() % 10**9:09}{number:05}",
        "sessionId": "1",
        "ani": "2223334444",
        "dnis": "8005550100",
        "accountId": "99990000",
        "subaccountId": "99990000",
        "rcAccountId": "37439510",
        "agentId": "123",
        "productType": "Queue",
        "productId": "1234",
        "contentType": "audio/x-mulaw",
        "sampleRateHertz": 8000,
    }
    connected = {"event": "Connected", "protocol": "Call", "version": "1.0.0"}
    return message_frame(connected) + message_frame({"event": "Start", "metadata": metadata})


_PROBE = masked_frame(b"probe", _PING)


class Load:
    """`calls` open calls against one server. Use as a context manager; `stream` may be called once."""

    def __init__(self, port: int, path: str, calls: int) -> None:
        self._sockets: list[socket.socket] = []
        self._unsent: dict[int, bytes] = {}  # what a full socket did not take
        self._poll = select.poll()
        self._by_fd: dict[int, int] = {}
        for _ in range(calls):
            self._open(port, path)

    def __enter__(self) -> Load:
        return self

    def __exit__(self, *_: object) -> None:
        for sock in self._sockets:
            sock.close()

    def _open(self, port: int, path: str) -> None:
        sock = socket.create_connection(("127.0.0.1", port), timeout=30)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.sendall(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )
        answer = b""
        while b"\r\n\r\n" not in answer:
            data = sock.recv(4096)
            if not data:
                break
            answer += data
        if b" 101 " not in answer.partition(b"\r\n")[0]:
            raise RuntimeError(f"the server refused the WebSocket: {answer[:200]!r}")
        sock.sendall(opening_frames())
        sock.setblocking(False)
        self._by_fd[sock.fileno()] = len(self._sockets)
        self._poll.register(sock, select.POLLIN)
        self._sockets.append(sock)

    def stream(
        self, frames: list[bytes], warm_up: float, seconds: float, mark: Callable[[], None] = lambda: None
    ) -> Result:
        """Send for `warm_up` + `seconds`. `mark` is called at the first and after the last message that count."""
        calls = len(self._sockets)
        rate = calls * MESSAGES_A_CALL
        skipped, total = int(rate * warm_up), int(rate * (warm_up + seconds))
        result = Result(target_rate=rate)
        sends = [sock.send for sock in self._sockets]
        clock = time.perf_counter
        began = counted = probe_at = read_at = clock()
        probe_sent = 0.0
        number = 0
        while number < total:
            now = clock()
            due = min(int((now - began) * rate), total)
            if due == number:
                time.sleep(0.0001)
            while number < due:
                if number == skipped:
                    counted = clock()
                    mark()
                call, data = number % calls, frames[number // calls]
                number += 1
                if self._unsent and call in self._unsent:
                    self._send(call, data, result)
                    continue
                try:
                    taken = sends[call](data)
                except OSError:
                    taken = 0
                if taken != len(data):
                    self._send(call, data[taken:], result)
            if probe_sent:
                if self._read(0, result):
                    if number > skipped:
                        result.round_trips.append(clock() - probe_sent)
                    probe_sent = 0.0
            elif now >= probe_at and 0 not in self._unsent:
                probe_at, probe_sent = now + PROBE_SECONDS, clock()
                self._send(0, _PROBE, result)
            if now >= read_at:
                read_at = now + 1
                for fd, _ in self._poll.poll(0):
                    self._read(self._by_fd[fd], result)
        mark()
        if probe_sent:  # a ping that nobody answered yet is the slowest
            result.round_trips.append(clock() - probe_sent)
        elapsed = clock() - counted
        behind = sum(len(data) for data in self._unsent.values()) // len(frames[0])
        result.sent = total - skipped - behind
        result.rate = result.sent / elapsed
        return result

    def _send(self, call: int, data: bytes, result: Result) -> None:
        """The slow way: keep what the socket does not take. A lost connection takes everything."""
        data = self._unsent.pop(call, b"") + data
        try:
            data = data[self._sockets[call].send(data) :]
        except BlockingIOError:
            result.blocked += 1
        except OSError:
            return
        if data:
            self._unsent[call] = data

    def _read(self, call: int, result: Result) -> bool:
        """Answer the server's pings; True if it answered ours. Servers send small frames only, which come whole."""
        sock = self._sockets[call]
        try:
            data = sock.recv(4096)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        if not data:
            self._poll.unregister(sock)
            result.closed += 1
            return False
        answered = False
        while data:
            opcode, size = data[0] & 0x0F, data[1]
            payload, data = data[2 : 2 + size], data[2 + size :]
            if opcode == _PING:
                self._send(call, masked_frame(payload, _PONG), result)
            answered = answered or opcode == _PONG
        return answered
