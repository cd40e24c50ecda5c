"""What a transcriber reports of silence."""

from __future__ import annotations

import uuid
from typing import Any

from calls.events import AudioFormat
from calls.session.transcriber import Transcriber
from calls.stt.scripted import ScriptedOptions, ScriptedRecognizer, ScriptedUtterance


class NoWriter:
    """Nothing is stored here."""

    def add(self, row: Any) -> None: ...

    def show(self, call_id: uuid.UUID, interim: Any) -> None: ...


def transcriber(*script: tuple[int, int, str]) -> Transcriber:
    return Transcriber(
        call_id=uuid.uuid4(),
        stream_id=uuid.uuid4(),
        agent_id="",
        offset_ms=0,
        audio=AudioFormat("l16", 16000),
        language="en-US",
        phrases=(),
        recognizer=ScriptedRecognizer(ScriptedOptions(script=tuple(ScriptedUtterance(*said) for said in script))),
        writer=NoWriter(),
    )


def audio(ms: int) -> bytes:
    return bytes(2 * 16 * ms)


def test_a_bot_that_speaks_is_not_silent() -> None:
    listens = transcriber((1000, 2000, "hello there"))
    assert listens.health(5000)["silenceMs"] == {}
    listens.hear("customer", [(0, audio(3000))])
    assert listens.health(3000)["silenceMs"] == {"customer": 1000}
    listens.hear("bot", [(16 * 2500, audio(500)), (16 * 3000, audio(1500))])
    assert listens.health(4600)["silenceMs"] == {"customer": 2600, "bot": 100}
    assert listens.health(4400)["silenceMs"]["bot"] == 0
