"""SIGTERM: new streams are sent elsewhere, live ones end by themselves."""

from __future__ import annotations

import asyncio
import signal

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.ingest.client import begin, ringcx, stop, talk
from tests.ingest.conftest import Api
from tests.ingest.recordings import is_whole, sides
from tests.server import HubServer


async def test_a_live_call_ends_before_the_server_does(hub: HubServer, api: Api) -> None:
    assert hub.process is not None
    async with ringcx(f"{hub.ws_url}/") as socket:
        await begin(socket, callId="long")
        first, _ = await talk(socket, 1)
        hub.process.send_signal(signal.SIGTERM)
        second, _ = await talk(socket, 1, first=51, seed=4)
        with pytest.raises(InvalidStatus) as caught:
            async with ringcx(f"{hub.ws_url}/"):
                pass
        assert caught.value.response.status_code == 503
        await stop(socket)
    await asyncio.to_thread(hub.process.wait, 10)
    assert hub.process.returncode in (0, -signal.SIGTERM)
    hub.start()
    call = await asyncio.to_thread(api.wait_for, "long", lambda c: c["state"] == "ended")
    left, _ = sides(await asyncio.to_thread(api.recording, call))
    assert is_whole(left, first + second)


async def test_ctrl_c_does_not_wait(hub: HubServer, api: Api) -> None:
    async with ringcx(f"{hub.ws_url}/") as socket:
        await begin(socket, callId="cut")
        await talk(socket, 0.5)
        await asyncio.to_thread(hub.stop, 10)
        with pytest.raises(ConnectionClosed) as caught:
            await asyncio.wait_for(socket.recv(), 5)
        assert caught.value.rcvd is not None and caught.value.rcvd.code == 1012
    hub.start()
    call = await asyncio.to_thread(api.wait_for, "cut", lambda c: c["state"] == "ended", 15)
    assert call["streams"][0]["closeCode"] == 1012
