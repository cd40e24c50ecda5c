"""RingCX's half of the conversation: the upgrade's query, and what it sends when. No socket, no clock.

It follows the documentation to the letter. Where that is silent (where a secret travels, whether the perspectives share
`sequenceId`, whether the query can be relied on) an option decides.
"""

from __future__ import annotations

import argparse
import base64
import datetime
import heapq
import json
import random
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from urllib.parse import urlencode

import msgspec

from calls.events import AudioFormat
from calls.vendors.simulation import SimulatedCall, Simulator, Step, Timetable, Upgrade, count

PERSPECTIVES = ("Participant", "Conference")
FIRST_AGENT_SESSION = 2  # session 1 is the call's main leg
MULAW_SILENCE = b"\xff"
# The upgrade's query, by the labels that the documentation gives; the names themselves it doesn't tell.
LABELS = {
    "Call ID": "callId",
    "Session ID": "sessionId",
    "Caller ANI": "ani",
    "DNIS": "dnis",
    "EV Account ID": "accountId",
    "EV Subaccount ID": "subaccountId",
    "RingCentral Office Account ID": "rcAccountId",
    "Agent ID": "agentId",
    "Product Type": "productType",
    "Product ID": "productId",
}
ATTEMPTS = 3  # at the upgrade, while it is answered by 5xx
STOP_SPACING = 0.1  # seconds between the two; a hub that closes at the first one is found out
DISPLACEMENT = (0.02, 0.1)  # seconds by which a frame may come late


class Impairments(msgspec.Struct, frozen=True):
    """What happens to frames on the way: fractions of all frames, from 0 to 1."""

    loss: float
    reorder: float
    duplicate: float
    seed: str | None


class RingCXStream(msgspec.Struct):
    """One agent session. `chunks` holds each perspective's audio, cut and in base64, shared by all streams of a run."""

    metadata: dict[str, str | int]
    chunks: Sequence[Sequence[str]]
    chunk_seconds: float
    shared_sequence: bool
    impairments: Impairments
    ends_at: datetime.datetime
    upgrade: Upgrade
    secret_in_messages: str
    drops: bool
    timetable: Timetable | None = None

    @property
    def label(self) -> str:
        return f"call {self.metadata['callId']} session {self.metadata['sessionId']}"

    def messages(self) -> Iterator[tuple[float, str]]:
        yield 0, self._message({"event": "Connected", "protocol": "AgentSession", "version": "1.0.0"})
        yield 0, self._message({"event": "Start", "metadata": self.metadata})
        seconds = len(self.chunks[0]) * self.chunk_seconds
        last = seconds
        for at, text in self._media():
            yield at, text
            last = max(last, at)
        if not self.drops:
            end = {"duration": round(seconds), "end_time": self.ends_at.strftime("%Y-%m-%dT%H:%M:%SZ")}
            for number in range(len(PERSPECTIVES)):
                yield last + number * STOP_SPACING, self._message({"event": "Stop", "metadata": end})

    def poll(self, now: float) -> Step:
        if self.timetable is None:
            self.timetable = Timetable(self.messages(), end="drop" if self.drops else "close")
        return self.timetable.poll(now)

    def receive(self, now: float, message: str | bytes) -> str:
        return f"RingCX takes no messages, and got {message[:80]!r}"

    def closed(self, now: float, code: int, reason: str) -> str:
        return f"the hub ended the stream with {code} {reason}".strip() + ", before the vendor did"

    def _message(self, message: dict[str, object]) -> str:
        return json.dumps(message | ({"secret": self.secret_in_messages} if self.secret_in_messages else {}))

    def _media(self) -> Iterator[tuple[float, str]]:
        """Frames in the order in which they arrive, which impairments make another than the order of their numbers."""
        how = self.impairments
        chance = random.Random(how.seed).random
        tail = f',"secret":{json.dumps(self.secret_in_messages)}}}' if self.secret_in_messages else "}"
        heads = [f'{{"event":"Media","perspective":"{perspective}","sequenceId":"' for perspective in PERSPECTIVES]
        under_way: list[tuple[float, int, str]] = []
        numbered = 0
        for index, both in enumerate(zip(*self.chunks, strict=True)):
            at = (index + 1) * self.chunk_seconds
            for head, media in zip(heads, both, strict=True):
                numbered += 1
                sequence = numbered if self.shared_sequence else index + 1
                text = f'{head}{sequence}","media":"{media}"{tail}'
                if chance() >= how.loss:
                    heapq.heappush(under_way, (at + _delay(chance, how.reorder), numbered, text))
                    if chance() < how.duplicate:
                        heapq.heappush(under_way, (at + _delay(chance, how.reorder), numbered, text))
            while under_way and under_way[0][0] <= at:
                yield under_way[0][0], heapq.heappop(under_way)[2]
        while under_way:
            yield under_way[0][0], heapq.heappop(under_way)[2]


def _delay(chance: Callable[[], float], reorder: float) -> float:
    if chance() >= reorder:
        return 0.0
    low, high = DISPLACEMENT
    return low + (high - low) * chance()


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--call-id", help="The vendor's id of the call; several calls get -1, -2 … appended. Default: a new one.")
    add("--sessions", type=count, default=1, help="Sessions of each call, one after the other, as by transfers.")
    add("--product-type", default="Queue", help="Queue, Campaign or Manual.")
    add("--product-id", default="1234")
    add("--account", default="99990000", help="Main account.")
    add("--sub-account", default="99990001")
    add("--rc-account", default="123456789")
    add("--agent-id", default="123", help="Of the first session; further sessions count up.")
    add("--ani", default="2223334444")
    add("--dnis", default="8005550100")
    add("--secret", default="", help="The profile's secret.")
    add("--secret-in", choices=["query", "authorization", "header", "message"], default="query")
    add("--handshake", choices=["query", "none"], default="query", help="Whether the upgrade's query names the call.")
    add("--sequence", choices=["perTrack", "shared"], default="perTrack", help="Who counts sequenceId.")
    add("--chunk-ms", type=count, default=20, help="Milliseconds of audio in a Media message.")
    add("--loss", type=_fraction, default=0.0, help="Fraction of frames that never arrive.")
    add("--reorder", type=_fraction, default=0.0, help="Fraction of frames that come up to 100 ms late.")
    add("--duplicate", type=_fraction, default=0.0, help="Fraction of frames that come twice.")
    add("--seed", type=int, help="Makes the impairments repeatable.")
    add("--no-stop", action="store_true", help="Cut the connection instead of sending Stop.")


def _fraction(text: str) -> float:
    if not 0 <= (number := float(text)) <= 1:
        raise argparse.ArgumentTypeError("must be from 0 to 1")
    return number


def _make_calls(
    options: argparse.Namespace, agent: bytes, customer: bytes, now: datetime.datetime
) -> Sequence[SimulatedCall]:
    chunk_bytes = options.chunk_ms * 8  # mu-law, 8000 Hz
    tracks = _cut(agent, customer, chunk_bytes)
    # The shape that RingCX's own ids have: the time, and a number.
    call_id = options.call_id or f"{now:%Y%m%d%H%M%S}{uuid.uuid4().int % 10**16:016}"
    ids = [call_id] if options.calls == 1 else [f"{call_id}-{number}" for number in range(1, options.calls + 1)]
    return [
        SimulatedCall(
            [_make_stream(options, (number, session), id_, tracks, now) for session in range(options.sessions)]
        )
        for number, id_ in enumerate(ids)
    ]


def _cut(agent: bytes, customer: bytes, chunk_bytes: int) -> Sequence[Sequence[str]]:
    """Both tracks in chunks, as base64, the shorter one filled up with silence."""
    length = -(-max(len(agent), len(customer)) // chunk_bytes) * chunk_bytes
    return [
        [base64.b64encode(audio[start : start + chunk_bytes]).decode() for start in range(0, length, chunk_bytes)]
        for audio in (agent.ljust(length, MULAW_SILENCE), customer.ljust(length, MULAW_SILENCE))
    ]


def _make_stream(
    options: argparse.Namespace,
    place: tuple[int, int],
    call_id: str,
    chunks: Sequence[Sequence[str]],
    now: datetime.datetime,
) -> RingCXStream:
    """The stream at `place`: which call of the run, and which session of the call."""
    _, session = place
    seed = None if options.seed is None else f"{options.seed} {place}"
    metadata: dict[str, str | int] = {
        "callId": call_id,
        "sessionId": FIRST_AGENT_SESSION + session,
        "ani": options.ani,
        "dnis": options.dnis,
        "accountId": options.account,
        "subaccountId": options.sub_account,
        "rcAccountId": options.rc_account,
        "agentId": _number(options.agent_id, session),
        "productType": options.product_type.capitalize(),
        "productId": _number(options.product_id),
        "contentType": "audio/x-mulaw",
        "sampleRateHertz": 8000,
    }
    query = {label: metadata[name] for label, name in LABELS.items()} if options.handshake == "query" else {}
    headers = []
    match options.secret and options.secret_in:
        case "query":
            query["secret"] = options.secret
        case "authorization":
            headers.append(("Authorization", f"Bearer {options.secret}"))
        case "header":
            headers.append(("X-Secret", options.secret))
    return RingCXStream(
        metadata=metadata,
        chunks=chunks,
        chunk_seconds=options.chunk_ms / 1000,
        shared_sequence=options.sequence == "shared",
        impairments=Impairments(options.loss, options.reorder, options.duplicate, seed),
        ends_at=now + datetime.timedelta(milliseconds=(session + 1) * len(chunks[0]) * options.chunk_ms),
        upgrade=Upgrade(query=urlencode(query), headers=headers, attempts=ATTEMPTS),
        secret_in_messages=options.secret if options.secret_in == "message" else "",
        drops=options.no_stop,
    )


def _number(text: str, more: int = 0) -> int | str:
    """RingCX sends these ids as numbers; one that is none is sent as given."""
    return int(text) + more if text.isdecimal() else text


def _from_options(options: Mapping[str, object]) -> Sequence[str]:
    words = []
    if options["secretIn"] == "message":
        words += ["--secret-in", "message"]
    if options["sequence"] == "shared":
        words += ["--sequence", "shared"]
    return words


SIMULATOR = Simulator(
    path="/",
    audio=lambda options: AudioFormat("mulaw", 8000),
    silent=False,
    add_arguments=_add_arguments,
    from_options=_from_options,
    make_calls=_make_calls,
)
