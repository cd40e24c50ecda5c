"""Who takes part in a live stream: the recorder, the transcriber, a bot; and what the stream offers to a bot."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

from calls.events import AudioFormat, CallInfo, Speech, TrackName
from calls.models import StreamingProfile
from calls.session.track import Run


class Participant(Protocol):
    """Hears the stream in pieces of about `Runtime.TICK_SECONDS`. Methods run on the event loop and return at once."""

    def hear(self, track: TrackName, runs: Sequence[Run]) -> None:
        """Takes what was placed on a track since the last call: `(sample position, audio)`, in order, as the stream
        encodes it. The track `bot` is what was really played to the caller."""

    def health(self, now_ms: int) -> dict[str, Any]:
        """What the call's health should say of it; `now_ms` is the present on the stream's timeline."""

    async def finish(self) -> None:
        """The stream is over: completes what is under way and returns, in a bounded time."""

    def close(self) -> None:
        """Drops what is under way, now."""


class Answer(Participant, Protocol):
    """A participant that speaks: a bot. It is told what the caller does and answers through its `Line`."""

    def phrases(self) -> Sequence[str]:
        """What the caller may be expected to say, for the recogniser."""

    def ready(self) -> None:
        """The caller can hear. May come again; the answer begins once."""

    def on_speech(self, speech: Speech) -> None:
        """The caller's track only."""

    def on_dtmf(self, digits: str) -> None: ...

    def on_no_input(self) -> None: ...

    def on_outcome(self, command_id: UUID, type: str, *, ok: bool, detail: str) -> None:
        """What became of a command of this call, whoever asked for it. It may come before `Line.command` has returned
        the id, and not at all: of many commands nothing more is ever seen. Nothing comes once the stream ends."""

    def pause(self) -> None:
        """A supervisor took over: says and does nothing until `resume`."""

    def resume(self) -> None: ...


class Utterance(Protocol):
    """Something that is being played, or waits to be."""

    @property
    def text(self) -> str: ...

    @property
    def played_ms(self) -> int:
        """How much of it the caller has heard so far."""

    @property
    def error(self) -> Exception | None:
        """Why it could not be spoken."""

    def heard_text(self) -> str:
        """The words that the caller got, of an utterance that has ended or was broken off."""

    async def done(self) -> bool:
        """Waits for its end. True if it was played to the last sample, False if it was broken off or failed."""


class CommandRejected(Exception):
    """The command can't be done here; the message says why."""


class Line(Protocol):
    """What an answer may do with the live call. All methods belong to the event loop."""

    @property
    def call_id(self) -> UUID: ...

    @property
    def profile(self) -> StreamingProfile: ...

    @property
    def info(self) -> CallInfo: ...

    @property
    def audio(self) -> AudioFormat:
        """As `hear` gets it and `play_audio` takes it."""

    @property
    def takes_text(self) -> bool:
        """The platform turns text into speech and speech into text; audio does not flow."""

    @property
    def now_ms(self) -> int:
        """The present on the stream's timeline, on which `hear` places audio."""

    @property
    def speaking(self) -> bool:
        """Whether something is being played or waits to be."""

    def say(self, text: str, *, voice: Mapping[str, object] | None = None, participant: str = "") -> Utterance:
        """Speaks after what is already waiting. `voice`: synthesizer, voice and language, where not the profile's.
        `participant` names the speaker in the transcript."""

    def play_audio(self, pieces: AsyncIterator[bytes], *, text: str = "", participant: str = "") -> Utterance:
        """Plays audio encoded as `audio`."""

    def stop_speaking(self) -> None:
        """Breaks off what is played, drops what waits, tells the vendor: one atomic act. What comes late is discarded."""

    async def command(self, type: str, params: Mapping[str, object], *, by: str) -> UUID:
        """Checks, stores, audits and carries out a command as if somebody had asked for it. Raises `CommandRejected`."""


MakeAnswer = Callable[[Line], Awaitable[Answer | None]]


class Hooks:
    """What packages above this one provide. `bots` sets `make_answer` when Django is ready."""

    make_answer: MakeAnswer | None = None


hooks = Hooks()
