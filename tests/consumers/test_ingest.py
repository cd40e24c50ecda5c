"""The consumer of vendors' sockets, without a socket."""

import pytest
from channels.exceptions import StopConsumer

from calls.consumers.ingest import IngestConsumer


async def test_what_is_said_to_a_peer_that_left_is_dropped() -> None:
    consumer = IngestConsumer("audiocodes")
    with pytest.raises(StopConsumer):
        await consumer.websocket_disconnect({"code": 1006})
    consumer.send_soon(["late"])
    assert consumer.outbox is None
