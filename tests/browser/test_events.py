"""What the call page makes of events in every order. The server's end of the socket is the test's own."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, WebSocketRoute, expect

from tests.browser.chromium import sign_in
from tests.ingest.conftest import wait_until

STREAM = "01939f9e-0000-7000-8000-000000000001"
CAPABILITIES = {
    type: {"supported": True, "reason": None, "confirms": confirms, "label": label, "parameters": []}
    for type, label, confirms in (("break", "Stop playback", False), ("transfer", "Transfer", True))
}


class CallPage:
    """A call's page, and the hub's end of its socket."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.seq = 0
        self.asked: list[Any] = []
        self.answer: Callable[[Route], None] = lambda route: route.continue_()  # to a command
        page.route_web_socket("**/ws/calls/**", self.connected)
        page.route("**/commands/", lambda route: self.answer(route))  # from the start: none can slip through
        page.goto(url)
        expect(page.get_by_text("Connected")).to_be_visible()

    def connected(self, route: WebSocketRoute) -> None:
        self.route = route
        route.on_message(lambda text: self.asked.append(json.loads(text)))
        self.snapshot()

    def snapshot(self, *segments: Any, gaps: Any = (), state: str = "live", commands: Any = ()) -> None:
        call = {
            "id": "x", "state": state, "from": "1", "to": "2", "agentId": None, "startedAt": "2026-01-15T09:30:12Z",
            "endedAt": None, "durationMs": None, "streams": [{"id": STREAM, "state": state, "tracks": {}}],
            "capabilities": CAPABILITIES,
            "health": {"recognizerLagMs": 0, "silenceMs": {}, "skippedMs": 0, "bot": None, "warnings": []},
            "mask": [], "help": None, "alerts": [], "alertCount": 0, "tags": [],
        }  # fmt: skip
        written = {"alerts": [], "summary": None, "tags": [], "notes": []}
        self.send("snapshot", self.seq, call=call, segments=segments, gaps=gaps, commands=commands, **written)

    def send(self, kind: str, seq: int, **more: Any) -> None:
        self.route.send(json.dumps({"type": kind, "seq": seq, **more}))

    def final(
        self, number: int, start: int, end: int, text: str, track: str = "agent", confidence: float = 0.9
    ) -> None:
        self.seq += 1
        self.send("segment.final", self.seq, segment=segment(number, start, end, text, track, confidence))

    def interim(self, start: int, text: str, track: str = "agent") -> None:
        self.seq += 1
        shape = {"streamId": STREAM, "track": track, "startMs": start, "text": text}
        self.send("segment.interim", self.seq, segment=shape)

    def command(self, state: str, **more: Any) -> None:
        self.seq += 1
        self.send("command.updated", self.seq, command=command(state, **more))

    def shows(self, finals: list[str], interims: list[str]) -> None:
        expect(self.page.locator(".log .words")).to_have_text(finals)
        expect(self.page.locator(".interims .words")).to_have_text(interims)


def segment(number: int, start: int, end: int, text: str, track: str = "agent", confidence: float = 0.9) -> Any:
    words = [{"text": word, "startMs": start, "endMs": end, "confidence": confidence} for word in text.split()]
    return {
        "id": f"s{number}", "streamId": STREAM, "track": track, "participant": None, "startMs": start, "endMs": end, "text": text,
        "confidence": confidence, "words": words,
    }  # fmt: skip


def command(state: str, type: str = "transfer", id: str = "c1", by: str = "bot Menu", **more: Any) -> Any:
    at = "2026-01-15T09:31:0{}Z".format
    return {
        "id": id, "type": type, "params": {}, "by": by, "state": state, "requestedAt": at(0),
        "sentAt": None if state == "requested" else at(1), "confirmedAt": at(2) if state == "confirmed" else None,
        "failedAt": at(3) if state in ("failed", "expired") else None, "error": None, "detail": None, **more,
    }  # fmt: skip


@pytest.fixture
def call(seeded, new_context, complaints):
    hub, made = seeded
    context = new_context()
    sign_in(context, hub.url, "maria", "made-up")
    return CallPage(complaints.watch(context.new_page()), f"{hub.url}/calls/{made['call']}/")


def test_an_interim_is_replaced_in_place_by_the_next_and_by_its_final(call):
    call.interim(1000, "good")
    call.interim(1000, "good mor")
    call.shows([], ["good mor"])
    call.final(1, 1000, 2000, "good morning")
    call.shows(["good morning"], [])


def test_a_late_interim_does_not_repeat_a_final(call):
    call.final(1, 1000, 2000, "good morning")
    call.interim(1000, "good mor")
    call.interim(1020, "good mor")
    call.shows(["good morning"], [])


def test_an_interim_of_the_next_speech_outlives_the_final_before_it(call):
    call.interim(2100, "how")
    call.final(1, 1000, 2000, "good morning")
    call.shows(["good morning"], ["how"])


def test_an_empty_interim_takes_the_last_one_back(call):
    call.interim(1000, "hm")
    call.interim(1000, "")
    call.shows([], [])


def test_both_sides_speak_at_once(call):
    call.interim(1000, "i think")
    call.interim(1100, "but you", track="customer")
    call.final(1, 1000, 2000, "i think so")
    call.shows(["i think so"], ["but you"])


def test_finals_stand_in_the_order_of_their_start(call):
    call.final(1, 5000, 6000, "second")
    call.final(2, 1000, 2000, "first", track="customer")
    call.final(3, 9000, 9500, "third")
    call.shows(["first", "second", "third"], [])


def test_what_comes_twice_is_shown_once(call):
    call.final(1, 1000, 2000, "once")
    call.seq -= 1
    call.final(1, 1000, 2000, "once")
    call.final(1, 1000, 2000, "once")
    call.shows(["once"], [])


def test_a_lost_event_makes_it_ask_for_a_snapshot(call):
    call.seq += 1
    call.final(2, 5000, 6000, "after the gap")
    call.shows(["after the gap"], [])
    wait_until(lambda: call.page.evaluate("true") and call.asked, 10)
    assert call.asked == [{"type": "snapshot"}]
    call.snapshot(segment(1, 1000, 2000, "lost"), segment(2, 5000, 6000, "after the gap"))
    call.shows(["lost", "after the gap"], [])


def test_a_snapshot_replaces_what_it_does_not_hold(call):
    call.final(1, 1000, 2000, "gone")
    call.interim(3000, "half")
    call.snapshot(segment(2, 500, 900, "stays"))
    call.shows(["stays"], [])


def test_text_is_text(call):
    call.final(1, 1000, 2000, "<img src=x onerror=alert(1)> & <b>bold</b>")
    call.shows(["<img src=x onerror=alert(1)> & <b>bold</b>"], [])
    assert call.page.locator(".log img, .log b b").count() == 0


def test_doubtful_words_are_marked(call):
    call.final(1, 1000, 2000, "perhaps this", confidence=0.3)
    expect(call.page.locator(".unsure")).to_have_text(["perhaps", "this"])
    expect(call.page.locator(".line.faint")).to_have_count(1)


def test_a_passage_that_was_skipped_is_told_until_its_words_come(call):
    gap = {
        "streamId": STREAM,
        "track": "customer",
        "startMs": 2500,
        "endMs": 8500,
        "reason": "overload",
        "state": "pending",
    }
    call.snapshot(segment(1, 1000, 2000, "before"), segment(2, 9000, 9900, "after"), gaps=[gap], state="ended")
    texts = call.page.locator(".log li")
    expect(texts.nth(1)).to_have_text(
        "6.0 s of the customer from 0:02 could not be transcribed. It follows after the call."
    )
    call.final(3, 3000, 8000, "here it is", track="customer")
    call.shows(["before", "here it is", "after"], [])
    expect(call.page.locator(".gap")).to_have_count(0)


def test_a_long_call_is_shown_at_once_and_at_its_end(call):
    call.snapshot(*(segment(n, n * 3000, n * 3000 + 2500, f"line {n}") for n in range(3000)))
    expect(call.page.locator(".log .line")).to_have_count(3000)
    expect(call.page.get_by_text("line 2999", exact=True)).to_be_in_viewport()
    call.page.locator(".pane").press("Home")
    expect(call.page.get_by_text("To the newest")).to_be_visible()
    call.final(3000, 9_999_000, 9_999_900, "newest")
    expect(call.page.get_by_text("1 new line")).to_be_visible()


def test_a_socket_that_falls_silent_is_asked_then_given_up(seeded, new_context, complaints):
    hub, made = seeded
    context = new_context()
    sign_in(context, hub.url, "maria", "made-up")
    page = complaints.watch(context.new_page())
    page.clock.install()
    call = CallPage(page, f"{hub.url}/calls/{made['call']}/")
    page.clock.fast_forward(26_000)
    expect(page.locator(".connection")).to_have_text("Connected")
    wait_until(lambda: page.evaluate("true") and call.asked, 10)
    assert call.asked == [{"type": "ping"}]
    page.clock.fast_forward(11_000)
    expect(page.locator(".connection")).to_have_text("Reconnecting…")
    page.clock.fast_forward(2_000)
    expect(page.locator(".connection")).to_have_text("Connected")


def receipts(call):
    return call.page.locator(".asked-for .receipt")


def test_a_command_goes_through_its_states_and_never_back(call):
    call.command("requested")
    expect(receipts(call)).to_contain_text("requested · ")
    expect(receipts(call)).to_contain_text("bot Menu, ")
    call.command("sent")
    expect(receipts(call)).to_contain_text("Waiting for RingCX to confirm.")
    call.command("confirmed", detail="Answered after 4 s.")
    expect(receipts(call)).to_contain_text("confirmed · 2.0 s")
    expect(receipts(call)).to_contain_text("Answered after 4 s.")
    call.command("sent")
    call.command("requested", id="c2")
    expect(receipts(call)).to_have_count(2)
    expect(receipts(call).filter(has_text="confirmed")).to_have_count(1)


@pytest.mark.parametrize("state", ["failed", "expired"])
def test_trouble_is_told_in_words(call, state):
    call.command("requested")
    call.command(state, error="The number is busy.")
    expect(receipts(call)).to_contain_text(f"{state} · 3.0 s")
    expect(receipts(call)).to_contain_text("The number is busy.")
    expect(call.page.locator("[data-part=announcer]")).to_have_text(f"Transfer: {state}. The number is busy.")


def test_what_the_vendor_never_confirms_ends_with_sent(call):
    call.command("sent", type="break")
    expect(receipts(call)).to_contain_text("sent · 1.0 s")
    expect(receipts(call)).to_contain_text("RingCX does not confirm this.")
    expect(receipts(call)).to_have_attribute("data-look", "sent")


def test_the_end_of_the_call_ends_the_waiting(call):
    call.command("sent")
    call.snapshot(state="ended", commands=[command("sent")])
    expect(receipts(call)).to_contain_text("The call ended before RingCX confirmed it.")
    expect(receipts(call)).to_have_count(1)


def test_old_commands_stand_behind_a_button(call):
    call.snapshot(commands=[command("confirmed", id=f"c{n}", requestedAt=f"2026-01-15T09:30:1{n}Z") for n in range(5)])
    expect(receipts(call).filter(visible=True)).to_have_count(3)
    expect(call.page.locator("[data-part=announcer]")).to_have_text("")
    call.page.get_by_role("button", name="Show all 5").click()
    expect(receipts(call).filter(visible=True)).to_have_count(5)
    call.page.get_by_role("button", name="Show fewer").click()
    expect(receipts(call).filter(visible=True)).to_have_count(3)


def test_an_interim_of_the_supervisor_is_not_the_bot_s(call):
    shape = {"streamId": STREAM, "track": "bot", "startMs": 1000, "text": "one moment"}
    for name, participant in (("Menu", "Menu"), ("Supervisor", "supervisor"), ("Bot", None)):
        call.seq += 1
        call.send("segment.interim", call.seq, segment={**shape, "participant": participant})
        expect(call.page.locator(".interims .by b")).to_have_text([name])


@pytest.mark.provokes(409)
def test_what_was_refused_is_told_in_words(call):
    problem = {"status": 409, "code": "not_live", "detail": "The call is over.", "errors": []}
    call.answer = lambda route: route.fulfill(status=409, json=problem)
    call.page.keyboard.press("b")
    expect(receipts(call)).to_contain_text("refused")
    expect(receipts(call)).to_contain_text("The call is over.")
    expect(call.page.locator("[data-part=announcer]")).to_have_text("Stop playback: refused. The call is over.")


def test_the_socket_may_tell_of_a_command_before_the_answer_does(call):
    def answer(route):
        call.command("requested", type="break", by="maria")
        expect(receipts(call)).to_contain_text("requested")
        call.command("sent", type="break", by="maria")
        expect(receipts(call)).to_contain_text("sent")
        route.fulfill(status=202, json=command("requested", type="break", by="maria"))

    call.answer = answer
    expect(call.page.get_by_role("button", name="Stop playback")).to_be_enabled()
    with call.page.expect_response("**/commands/"):
        call.page.keyboard.press("b")
    expect(call.page.locator("button[aria-disabled=true]")).to_have_count(0)
    expect(receipts(call)).to_have_count(1)
    expect(receipts(call)).to_contain_text("sent · 1.0 s")


def test_a_bot_that_failed_and_a_warning_are_told(call):
    bot = {"name": "Menu", "state": "ended", "error": "Its document has errors."}
    warnings = [{"code": "format", "detail": "Set the sample rate."}]
    health = {"recognizerLagMs": 0, "silenceMs": {}, "skippedMs": 0, "bot": bot, "warnings": warnings}
    call.seq += 1
    call.send("health", call.seq, streamId=STREAM, tracks={}, health=health)
    expect(call.page.get_by_text("Menu failed", exact=True)).to_be_visible()
    expect(call.page.locator("[data-part=worries] li")).to_have_text(
        ["The bot Menu failed: Its document has errors.", "Set the sample rate."]
    )
