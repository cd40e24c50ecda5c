"""From a vendor's stream to an integrator's server: a real hub, a real call, real HTTP."""

from __future__ import annotations

from tests.ingest.conftest import Api, wait_until
from tests.server import HubServer
from tests.webhook_receiver import receiver


def test_a_call_is_told_of_from_its_start_to_its_recording(hub: HubServer, api: Api) -> None:
    with receiver() as there:
        events = ["call.started", "call.ended", "recording.ready", "transcript.ready"]
        hook = api.post("webhooks/", {"url": there.url, "events": events})
        hub.manage("simulate", "ringcx", "--url", hub.ws_url, "--call-id", "told", "--seconds", "1")
        wait_until(lambda: len(there.came) == 4, 30)
        told = {came.event["type"]: came.verified(hook["secret"]) for came in there.came}
    assert list(told)[:2] == ["call.started", "call.ended"] and set(told) == set(events)
    call = api.call("told")
    assert all(body["data"]["call"]["id"] == call["id"] for body in told.values())
    assert told["call.started"]["data"]["call"]["state"] == "live"
    assert told["call.ended"]["data"]["call"]["durationMs"] == call["durationMs"]
    recording = told["recording.ready"]["data"]["recording"]
    assert recording["url"] == f"{hub.url}/api/v1/calls/{call['id']}/recording/"
    assert recording["size"] == len(api.recording(call))
    assert told["transcript.ready"]["data"]["transcript"]["callId"] == call["id"]


def test_what_was_not_delivered_survives_the_hub(hub: HubServer, api: Api) -> None:
    with receiver() as there:
        hook = api.post("webhooks/", {"url": there.url, "events": ["call.started"]})
        there.answers = [503]
        hub.manage("simulate", "ringcx", "--url", hub.ws_url, "--call-id", "waits", "--seconds", "1")
        wait_until(lambda: api.get(f"webhooks/{hook['id']}/")["lastDelivery"], 15)
        hub.kill()
        hub.start()
        wait_until(lambda: len(there.came) == 2, 30)  # five seconds after the first
        assert there.came[0].headers["webhook-id"] == there.came[1].headers["webhook-id"]
