"""AudioCodes' half of the conversation: what it sends, and what it does when the hub acts on the call. No socket, no
clock.

How this works: a connection follows a script, a generator that queues messages and yields what it waits for. What is to
happen at some moment whatever the script waits for (keys, a file's end) is in `later`. A hub that hangs up or transfers
ends the script.
"""

from __future__ import annotations

import base64
import heapq
import itertools
import uuid
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import msgspec

from calls.vendors.audiocodes import formats, strict
from calls.vendors.audiocodes.messages import event, message
from calls.vendors.audiocodes.referee import Conversation, Order, Referee
from calls.vendors.simulation import Step, Upgrade

CHUNK_SECONDS = 0.02
PATIENCE = 5.0  # seconds for an answer
PAUSE = 0.3  # seconds between two cycles of the user stream
RESUME_AFTER = 1.0  # seconds
FILE_SECONDS = 1.0  # that every played file takes
RELEASE_SECONDS = 0.2  # between an order that ends the call and its end
TURN_GAP = 0.7  # seconds after the hub's last words in which it might say more
TURN_PATIENCE = 6.0  # seconds for its first ones
AFTER_KEYS = 1.0  # seconds that a call goes on after its last key


class Wait(msgspec.Struct):
    """What the script waits for: `ready`, or the moment `until`."""

    until: float
    ready: Callable[[], bool] = lambda: False
    complaint: str = ""  # where `until` comes first


class Plan(msgspec.Struct, frozen=True):
    """What happens in one connection."""

    opening: str  # `session.initiate`, `session.resume` or `connection.validate`
    cycles: Sequence[bytes]  # the caller's audio, one user stream each
    texts: Sequence[str]
    keys: Sequence[tuple[float, str]]
    drops: bool


class Setup(msgspec.Struct, frozen=True):
    """What is the same in all connections of a run."""

    headers: Sequence[tuple[str, str]]
    media: formats.MediaFormat
    caller: str
    callee: str
    transfer_fails: bool
    play_fails: bool


class AudioCodesStream:
    """One connection."""

    def __init__(self, conversation: Conversation, setup: Setup, plan: Plan) -> None:
        self.conversation, self.setup, self.plan = conversation, setup, plan
        self.referee = Referee(conversation)
        self.now = 0.0
        self.outbox: list[str] = []
        self.faults: list[str] = []
        self.tickets = itertools.count()
        self.later: list[tuple[float, int, Callable[[], None]]] = []
        self.script = self.play()
        self.wait: Wait | None = Wait(0.0)
        self.end_code = ""  # why the session is about to end
        self.ended = False  # `session.end` was sent, or the connection needs none
        self.words_at: float | None = None  # when the hub last said something in text mode

    @property
    def label(self) -> str:
        return f"conversation {self.conversation.id}"

    @property
    def upgrade(self) -> Upgrade:
        wait = RESUME_AFTER if self.plan.opening == "session.resume" else 0.0
        return Upgrade(headers=self.setup.headers, wait=wait)

    # What `manage.py simulate` asks

    def receive(self, now: float, message: str | bytes) -> str | None:
        self.now = now
        faults = self.referee.receive(now, message)
        for order in self.referee.orders:
            self.obey(order)
        self.referee.orders.clear()
        return "; ".join(faults) or None

    def closed(self, now: float, code: int, reason: str) -> str | None:
        if self.ended:
            return None
        return f"the hub ended the stream with {code} {reason}".strip() + ", before the vendor did"

    def poll(self, now: float) -> Step:
        self.now = now
        while self.later and self.later[0][0] <= now and not self.ended:
            heapq.heappop(self.later)[2]()
        while self.wait is not None and not self.ended:
            if not self.wait.ready():
                if self.wait.until > now:
                    break
                if self.wait.complaint:
                    self.faults.append(self.wait.complaint)
                    self.finish("error")
                    break
            self.wait = next(self.script, None)
        step = Step(
            send=tuple(self.outbox),
            wake_at=self.next_moment(),
            end="" if not self.ended else "drop" if self.plan.drops and not self.end_code else "close",
            notes=tuple(self.referee.notes),
            faults=tuple(self.faults),
        )
        for shown in (self.outbox, self.referee.notes, self.faults):
            shown.clear()
        return step

    def next_moment(self) -> float | None:
        moments = [self.wait.until] if self.wait is not None else []
        return min([*moments, *(at for at, _, _ in self.later[:1])], default=None)

    # The script

    def play(self) -> Iterator[Wait]:
        if self.plan.opening == "connection.validate":
            self.send("connection.validate")
            yield Wait(self.now + PATIENCE, lambda: self.referee.validated, "the hub didn't validate the connection")
            self.ended = True
            return
        yield from self.open()
        began = self.now
        for at, digits in self.plan.keys:
            self.at(began + at, partial(self.press, digits))
        if self.plan.texts:
            yield from self.talk()
        for number, cycle in enumerate(self.plan.cycles):
            if number:
                yield Wait(self.now + PAUSE)
            yield from self.stream(cycle)
        if self.plan.keys and not self.plan.drops:
            yield Wait(began + self.plan.keys[-1][0] + AFTER_KEYS)
        if self.plan.drops:
            self.ended = True
            self.conversation.began += self.now + RESUME_AFTER
        else:
            self.finish("client-disconnected")

    def open(self) -> Iterator[Wait]:
        resumes = self.plan.opening == "session.resume"
        if resumes:
            self.send("session.resume")
        else:
            self.send(
                "session.initiate",
                botName="simulated",
                caller=self.setup.caller,
                expectAudioMessages=not self.conversation.text_mode,
                supportedMediaFormats=self.conversation.offered,
            )
        yield Wait(self.now + PATIENCE, lambda: self.referee.live, "the hub didn't accept the session")
        if not resumes:
            numbers = {"caller": self.setup.caller, "callee": self.setup.callee, "locale": "en-US"}
            self.act(event("start", parameters={**numbers, "vaigConversationId": self.conversation.id}))

    def stream(self, audio: bytes) -> Iterator[Wait]:
        """One cycle of the user stream, in real time."""
        yield from self.ask("userStream.start", strict.Started)
        media, began = self.setup.media, self.now
        size = round(CHUNK_SECONDS * media.audio.rate) * media.sample_bytes
        header = media.header()
        for number, start in enumerate(range(0, len(audio), size), start=1):
            yield Wait(began + number * CHUNK_SECONDS)
            if self.referee.playing is not None and not self.conversation.config.bargeIn:
                continue  # the platform withholds the caller while the bot speaks
            self.send("userStream.chunk", audioChunk=base64.b64encode(header + audio[start : start + size]).decode())
            header = b""
        yield from self.ask("userStream.stop", strict.Stopped)

    def ask(self, type: str, answer: type[strict.Started] | type[strict.Stopped]) -> Iterator[Wait]:
        self.send(type)
        answers = self.referee.answers
        yield Wait(
            self.now + PATIENCE,
            lambda: bool(answers) and isinstance(answers[0], answer),
            f"the hub didn't answer {type}",
        )
        answers.clear()

    def talk(self) -> Iterator[Wait]:
        """The platform recognises and speaks itself: texts, each after what the hub had to say."""
        for text in self.plan.texts:
            yield from self.listen()
            self.act({"type": "message", "text": text, "parameters": {"confidence": 0.9}})
        yield from self.listen()

    def listen(self) -> Iterator[Wait]:
        self.words_at = None
        yield Wait(self.now + TURN_PATIENCE, lambda: self.words_at is not None)
        while self.words_at is not None and (quiet_at := self.words_at + TURN_GAP) > self.now:
            yield Wait(quiet_at)

    # What the platform does

    def send(self, type: str, **fields: object) -> None:
        self.outbox.append(message(type, {"conversationId": self.conversation.id, **fields}))

    def act(self, activity: dict[str, object]) -> None:
        moment = {"id": str(uuid.uuid4()), "language": "en-US"}
        self.send("activities", activities=[moment | activity])

    def at(self, moment: float, work: Callable[[], None]) -> None:
        heapq.heappush(self.later, (moment, next(self.tickets), work))

    def press(self, digits: str) -> None:
        if self.conversation.config.sendDTMF:
            self.act(event("DTMF", value=digits))
        else:
            self.referee.notes.append(f"the caller pressed {digits}, but the hub never set sendDTMF")

    def finish(self, code: str) -> None:
        """The session's end: nothing is sent after it."""
        if not self.ended:
            self.end_code, self.ended = code, True
            self.send("session.end", reasonCode=code, reason=code.replace("-", " "))

    def obey(self, order: Order) -> None:
        soon = self.now + RELEASE_SECONDS
        match order.name:
            case "text":
                self.words_at = self.now
            case "hangup":
                self.at(soon, lambda: self.finish("bot-disconnected"))
            case "transfer":
                self.transfer(soon)
            case "playUrl":
                self.at(self.now + FILE_SECONDS, lambda: self.end_file(order.value))

    def transfer(self, soon: float) -> None:
        notifies = self.conversation.config.transferNotifications
        if self.setup.transfer_fails and notifies:
            value = {"status": "failed", "reasonCode": "busy", "reason": "SIP ;cause=486"}
            self.at(soon, lambda: self.act(event("transferStatus", value=value)))
            return
        if notifies:
            self.at(soon, lambda: self.act(event("transferStatus", value={"status": "answered"})))
        self.at(soon, lambda: self.finish("transferred"))

    def end_file(self, url: str) -> None:
        config = self.conversation.config
        if self.setup.play_fails:
            if config.playUrlFailureHandling == "notify-bot":
                self.act(
                    event("playUrlFailed", value={"playUrlUrl": url, "reason": "not found", "selfGenerated": False})
                )
        elif "playFinished" in config.sendEventsToBot:
            self.act(event("playFinished"))
