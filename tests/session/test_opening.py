"""A stream that can't be opened is told so in its vendor's own words, and closed."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
from channels.db import database_sync_to_async

from calls.events import CallInfo
from calls.models import Call, StreamingProfile
from calls.session.call_session import CallSession
from calls.session.runtime import Runtime
from calls.vendors import VENDORS
from calls.vendors.base import Handshake

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def runtime() -> AsyncIterator[Runtime]:
    runtime = Runtime()
    yield runtime
    await runtime.close()


async def test_an_error_of_ours_ends_it_at_once(runtime: Runtime, caplog: pytest.LogCaptureFixture) -> None:
    profile = await StreamingProfile.objects.acreate(vendor="audiocodes", name="Gone", slug="gone")
    sent: list[Any] = []
    closed: asyncio.Future[tuple[int, str]] = asyncio.get_running_loop().create_future()

    async def flush() -> None: ...

    session = CallSession(
        runtime=runtime,
        vendor=VENDORS["audiocodes"],
        handshake=Handshake(CallInfo(), (), address="gone"),
        profile=profile,
        send=lambda messages: sent.extend(json.loads(message) for message in messages),
        flush=flush,
        close=lambda code, reason: closed.set_result((code, reason)),
    )
    await database_sync_to_async(StreamingProfile.objects.filter(id=profile.id).delete)()  # a call can't name it now
    with caplog.at_level(logging.ERROR):
        session.feed_text('{"type":"session.initiate","conversationId":"c1","supportedMediaFormats":["raw/mulaw"]}')
        async with asyncio.timeout(10):
            assert await closed == (1011, "hub_error")
            await session.end()
    assert "the stream of call c1 could not be opened" in caplog.text
    assert [message["type"] for message in sent if message["type"] != "activities"] == [
        "session.accepted",
        "session.error",
    ]
    assert session.phase == "ended" and not runtime.sessions
    assert await Call.objects.acount() == 0
