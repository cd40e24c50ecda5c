"""How a stream's rows are closed: what a session does while it is `ending`."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from calls.services import calls as call_service
from calls.services import commands as command_service
from calls.session.opening import open_audio
from calls.session.reporting import report

if TYPE_CHECKING:
    from calls.session.call_session import CallSession

log = logging.getLogger(__name__)

FINISH_SECONDS = 1.5  # for participants, before the stream is called ended
NORMAL = 1000


async def complete(session: CallSession) -> None:
    """Completes what is under way, closes the rows and lets everything go. Raises nothing."""
    noted = None  # of the connection's end, in the rows
    try:
        if session.opening is not None:
            await asyncio.wait({session.opening})
        if session.stream_id is None:
            return  # refused, or failed to open
        if session.audio_at is not None:
            if session.opening_audio is None:
                session.opening_audio = session.run(open_audio(session))
            await asyncio.wait({session.opening_audio})
        if session.two_way is not None:
            session.two_way.playout.close()
        session.timeline.flush()
        session.deliver()
        finishing = {asyncio.ensure_future(participant.finish()) for participant in session.participants}
        if session.two_way is not None:
            finishing.add(asyncio.ensure_future(session.two_way.finish()))
        late: set[asyncio.Future[None]] = set()
        if finishing:
            _, late = await asyncio.wait(finishing, timeout=FINISH_SECONDS)
        noted = session.close_code
        await session.runtime.database(
            call_service.end_stream,
            stream_id=session.stream_id,
            close_code=noted,
            ended_by_vendor=session.stopped,
            detail=session.end_detail,
            report=report(session),
        )
        await session.notes.finish()
        await session.runtime.database(command_service.fail_unsent, stream_id=session.stream_id)
        if late:
            await asyncio.wait(late)
    except Exception:
        log.exception("%s could not be ended; the sweep closes it when its lease is over", session)
    finally:
        session.phase = "ended"
        session.runtime.sessions.discard(session)
        for participant in session.participants:
            participant.close()
        if session.two_way is not None:
            session.two_way.close()
            if session.stopped and session.close_code is None:
                session.close(NORMAL, "ended")  # whoever listens to us also waits for us to close
        if session.masked is not None:
            session.masked.finish()
        if session.close_code != noted:  # the connection was closed while the rows were
            session.run(note_close_code(session))


async def note_close_code(session: CallSession) -> None:
    """Adds to the closed rows how the connection was closed."""
    if session.stream_id is None or session.close_code is None:
        return
    try:
        await session.runtime.database(
            call_service.note_close_code, stream_id=session.stream_id, close_code=session.close_code
        )
    except Exception:
        log.exception("%s could not note how its connection was closed", session)
