"""A live RingCX call, acted on by REST: from the POST at the hub to the request at the vendor, and back to the receipt."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from tests.ingest.client import begin, ringcx, stop
from tests.ingest.conftest import Api, wait_until
from tests.server import HubServer
from tests.vendors.ringcx.rest_server import ACCOUNT, CALL, RingCXRest


def act(api: Api, call: Any, **command: str) -> Any:
    """The command, once it has an outcome."""
    status, body = api.request("POST", f"calls/{call['id']}/commands/", command)
    assert status == 202, body
    id = json.loads(body)["id"]

    def settled() -> Any:
        [found] = [row for row in api.get(f"calls/{call['id']}/commands/")["results"] if row["id"] == id]
        return found if found["state"] in ("confirmed", "failed", "expired") else None

    return wait_until(settled, 15)


def play_through(api: Api, server: RingCXRest) -> None:
    call = api.call(CALL)
    status, body = api.request("POST", f"calls/{call['id']}/commands/", {"type": "hangup"})
    assert status == 409 and "Team, Vendor accounts" in json.loads(body)["detail"]

    api.post("vendor-accounts/", {"vendor": "ringcx", "accountId": ACCOUNT, "fields": server.fields})
    assert api.call(CALL)["capabilities"]["transfer"]["supported"]
    requeued = act(api, call, type="transfer", target="4711")
    assert (requeued["state"], requeued["detail"], requeued["error"]) == ("confirmed", "RingCX confirmed it.", None)
    assert requeued["requestedAt"] <= requeued["sentAt"] <= requeued["confirmedAt"]
    assert act(api, call, type="monitor", destination="+1 (202) 555-0123")["state"] == "confirmed"

    server.forbids = True
    refused = act(api, call, type="hold", state="on")
    assert refused["state"] == "failed" and "Monitor calls" in refused["error"]
    server.forbids = False
    server.live_calls.clear()
    assert act(api, call, type="hangup")["error"] == "RingCX knows no such live call: it is over."

    assert server.actions == [
        ("requeueCall", {"gateId": "4711"}),
        ("addSessionToCall", {"destination": "+12025550123", "sessionType": "MONITOR"}),
    ]
    assert server.exchanges == ["oauth", "login"]
    done = [entry["action"] for entry in api.get(f"audit/?call={call['id']}")["results"]]
    assert [action for action in done if action.startswith("command.")] == [
        "command.hangup",
        "command.hold",
        "command.monitor",
        "command.transfer",
    ]


async def test_from_the_post_to_the_vendor_and_back(hub: HubServer, api: Api) -> None:
    with RingCXRest() as server:
        async with ringcx(f"{hub.ws_url}/") as socket:
            await begin(socket, callId=CALL)
            await asyncio.to_thread(play_through, api, server)
            # RingCX hangs up, and ends the stream, before it has answered.
            server.live_calls.add(CALL)
            server.asked.clear()
            server.stalled.set()
            call = await asyncio.to_thread(api.call, CALL)
            hangup = asyncio.create_task(asyncio.to_thread(act, api, call, type="hangup"))
            assert await asyncio.to_thread(server.asked.wait, 10)
            await stop(socket)
        await asyncio.to_thread(api.wait_for, CALL, lambda c: c["state"] == "ended")
        server.released.set()
        assert (await hangup)["state"] == "confirmed"
        assert server.violations == []
        for secret in [server.fields["jwt"], server.fields["clientSecret"], *server.issued, "12025550123"]:
            assert secret not in hub.log
