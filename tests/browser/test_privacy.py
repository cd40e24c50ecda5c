"""Privacy as people see it: a profile's settings, what is taken out of a transcript, deleting a call."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.conftest import Hub
from tests.browser.looks import NARROW, look_at

MASKED_CALL = """
import uuid
from datetime import timedelta
from django.utils import timezone
from calls.models import Call, Recording, Segment, Stream, StreamingProfile
now = timezone.now()
profile = StreamingProfile.objects.get(id=%r)
call = Call.objects.create(
    profile=profile, vendor="ringcx", key="masked", vendor_call_id="masked", from_number="+12025550177",
    mask=["card", "code"], state="ended", started_at=now - timedelta(minutes=3), ended_at=now, audio_started_at=now,
)
stream = Stream.objects.create(call=call, state="ended", offset_ms=0, process=uuid.uuid4(), lease_until=now, ended_at=now)
Recording.objects.create(call=call, state="empty")
for start, text, masked in (
    (0, "my card is [card number]", [["card", 900, 3000]]),
    (4000, "my order is • • • • •", [["open", 4500, 6000]]),
    (8000, "a <b>[card number]</b> that nobody took out", []),
):
    Segment.objects.create(
        call=call, stream=stream, track="customer", start_ms=start, end_ms=start + 3000, text=text, masked=masked
    )
print(call.id)
"""


@pytest.mark.provokes(422)
def test_a_profiles_privacy(hub: Hub, admin_page: Page) -> None:
    page = admin_page
    page.goto(f"{hub.url}/profiles/{hub.profile}/")
    group = page.get_by_role("group", name="Take out of transcript and recording")
    expect(group.get_by_role("checkbox")).to_have_count(4)
    group.get_by_label("Card numbers").check()
    group.get_by_label("Security codes of cards").check()
    page.get_by_label("Days to keep calls").fill("0")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Ensure this value is greater than or equal to 1.")).to_be_visible()
    look_at(page, "a wrong number of days")
    page.get_by_label("Days to keep calls").fill("30")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(group.get_by_label("Card numbers")).to_be_checked()
    expect(group.get_by_label("IBANs")).not_to_be_checked()
    expect(page.get_by_label("Days to keep calls")).to_have_value("30")
    look_at(page, "the profile's privacy")


def give_back(route: WebSocketRoute) -> None:
    """Passes the snapshot on, and then tells that the order number is harmless."""
    server = route.connect_to_server()

    def on_message(text: str | bytes) -> None:
        route.send(text)
        message = json.loads(text)
        if message["type"] == "snapshot":
            held = message["segments"][1]
            segment = {**held, "text": "my order is five six six two one", "masked": []}
            route.send(json.dumps({"type": "segment.final", "seq": message["seq"] + 1, "segment": segment}))

    server.on_message(on_message)


@pytest.mark.provokes(404)
def test_a_masked_call_and_its_end(hub: Hub, page_of: Callable[..., Page]) -> None:
    call = hub.shell(MASKED_CALL % hub.profile).strip()
    page = page_of("supervisor", **NARROW)
    page.goto(f"{hub.url}/calls/{call}/")
    masked = page.locator(".words .masked")
    expect(masked).to_have_text(["[card number]", "• • • • •"])
    expect(page.get_by_text("Taken out of transcript and recording: card numbers, security codes.")).to_be_visible()
    expect(page.get_by_text("a <b>[card number]</b> that nobody took out")).to_be_visible()
    expect(page.get_by_role("link", name="Delete this call…")).to_have_count(0)
    look_at(page, "a masked call")

    page = page_of("admin")
    page.route_web_socket(f"**/ws/calls/{call}/", give_back)
    page.goto(f"{hub.url}/calls/{call}/")
    expect(page.get_by_text("my order is five six six two one")).to_be_visible()
    expect(page.locator(".log .line")).to_have_count(3)  # the same line, written again
    expect(page.locator(".words .masked")).to_have_text(["[card number]"])
    page.get_by_role("link", name="Delete this call…").click()
    look_at(page, "the question before a call is deleted")
    page.get_by_role("button", name="Delete it").click()
    expect(page.get_by_text("The call is deleted.")).to_be_visible()
    assert page.goto(f"{hub.url}/calls/{call}/").status == 404  # type: ignore[union-attr]
