"""How a stream gets its rows and its participants: what a session does while it is `opening`.

Both steps run beside the stream, which goes on taking audio meanwhile. An error of ours ends this stream alone.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING
from uuid import uuid4

from calls import live
from calls.events import CallInfo, Resumed
from calls.services import calls as call_service
from calls.services.masking import kinds_of
from calls.services.resumption import last_told
from calls.session import admission
from calls.session.masking import MaskedWriter
from calls.session.participants import Participant
from calls.session.recorder import Recorder
from calls.session.tones import Tones
from calls.session.transcriber import Transcriber
from calls.stt.base import Recognizer

if TYPE_CHECKING:
    from calls.session.call_session import CallSession

log = logging.getLogger(__name__)

POLICY_VIOLATION = 1008


async def open_rows(session: CallSession) -> None:
    try:
        if not await admit(session):
            return
        assert session.profile is not None
        if not session.info.call_id:
            session.info = CallInfo(call_id=f"hub-{uuid4()}").over(session.info)
        info = session.info
        opened = await session.runtime.database(
            call_service.open_stream,
            profile=session.profile,
            info=info,
            audio=session.audio,
            transport=session.transport,
            process=session.runtime.id,
            one_stream=session.two_way is not None,
        )
        session.call_id, session.stream_id = opened.call.id, opened.stream.id
        session.is_test = opened.call.is_test
        for process, stream_id in opened.superseded:
            live.tell_process(process, {"type": "superseded", "stream_id": str(stream_id)})
        session.timeline.set_mode(session.profile.options.get("sequence", "auto"))
        session.recognizer = await session.runtime.recognizer(session.profile.recognizer)
    except Exception:
        log.exception("the stream of call %s could not be opened", session.info.call_id)
        session.fail()
        return
    if session.phase == "opening":
        session.phase = "open"
    if session.info != info:
        session.tell()
    if session.two_way is not None:
        session.answering = session.run(session.two_way.open())


async def resume(session: CallSession, resumed: Resumed) -> None:
    """Tells the protocol how the call's last stream was. Without a database it goes on as if there had been none."""
    assert session.profile is not None
    told: Mapping[str, str] = {}
    try:
        told = await session.runtime.database(last_told, profile=session.profile, info=resumed.info)
    except Exception:
        log.exception("%s could not be looked up", session)
    session.handle(resumed.go_on(told))


async def admit(session: CallSession) -> bool:
    """Whether the profile that the handshake found still holds with what `Start` says; finds it if none was."""
    told = session.handshake.info
    if session.profile is not None and session.vendor.endpoint.profile_by != "product":
        return True
    if session.profile is not None and (
        session.info.product_type,
        session.info.product_id,
        session.info.sub_account_id,
    ) == (
        told.product_type,
        told.product_id,
        told.sub_account_id,
    ):
        return True
    decision = await session.runtime.database(
        admission.at_message, vendor=session.vendor.name, info=session.info, secrets=tuple(session.secrets)
    )
    if isinstance(decision, admission.Refused):
        log.warning(
            "a stream of %s %s was refused: %s", session.info.product_type, session.info.product_id, decision.reason
        )
        session.drop(POLICY_VIOLATION, decision.reason)
        return False
    session.profile = decision.profile
    return True


async def open_audio(session: CallSession) -> None:
    """Settles where the stream's first audio lies on the call's timeline, and lets the participants in."""
    assert session.audio_at and session.call_id and session.stream_id and session.profile
    try:
        if session.answering is not None:
            await asyncio.wait({session.answering})  # what it hopes to hear helps the recogniser
        session.offset_ms = await session.runtime.database(
            call_service.set_audio_start, call_id=session.call_id, stream_id=session.stream_id, at=session.audio_at[1]
        )
    except Exception:
        log.exception("%s could not place its audio", session)
        session.fail()
        return
    if session.profile.mask:
        session.masked = MaskedWriter(session.runtime.writer, kinds_of(session.profile.mask), session.profile.language)
    participants: list[Participant] = []
    if session.profile.record:
        participants.append(Recorder(stream_id=session.stream_id, audio=session.audio, spooler=session.runtime.spooler))
    if session.two_way is not None and session.options.get("dtmfTones"):
        session.two_way.tones = Tones(session.audio, session.two_way.heard_keys)
        participants.append(session.two_way.tones)  # before the transcriber, which passes over tones
    if session.recognizer is not None and not (session.two_way and session.two_way.takes_text):
        participants.append(make_transcriber(session, session.recognizer))
    session.participants = participants
    session.placed = True
    if session.two_way is not None:
        session.two_way.placed()


def make_transcriber(session: CallSession, recognizer: Recognizer) -> Transcriber:
    assert session.call_id and session.stream_id and session.profile
    answer = session.two_way and session.two_way.answer
    return Transcriber(
        call_id=session.call_id,
        stream_id=session.stream_id,
        agent_id=session.info.agent_id,
        offset_ms=session.offset_ms,
        audio=session.audio,
        language=session.profile.language,
        phrases=[*session.profile.phrases, *(answer.phrases() if answer else ())],
        recognizer=recognizer,
        writer=session.writer,
        tones=session.two_way.tones if session.two_way else None,
        on_event=session.two_way.on_recognized if session.two_way else None,
    )
