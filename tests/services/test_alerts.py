"""Rules applied to rows: what is raised, once, and when it is over."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connections
from django.utils import timezone

from calls import live
from calls.models import Alert, AlertRule, AuditEntry, Call, Segment, Stream, StreamingProfile, Webhook, WebhookDelivery
from calls.services import alert_book, alert_rules, alerts, audit
from calls.services.alert_watch import watch_clock, watch_segments
from calls.services.calls import LEASE, end_call
from calls.services.transcripts import store_transcript
from tests.conftest import MakeCall

BY = audit.Requester("admin")


@pytest.fixture(autouse=True)
def no_rule_is_remembered(db: None) -> Iterator[None]:
    alert_book.forget_rules()
    yield
    alert_book._forget()


def make_rule(kind: str = "phrase", *, profiles: Sequence[StreamingProfile] | None = None, **fields: Any) -> AlertRule:
    rule = AlertRule(**{"name": "Rule", "kind": kind, **fields})
    alert_rules.clean_rule(rule)
    return alert_rules.save_rule(rule, by=BY, profiles=profiles)


@pytest.fixture
def call(make_call: MakeCall) -> Call:
    return make_call(state="live")


Say = Callable[..., Segment]


@pytest.fixture
def say(call: Call) -> Say:
    """The next words of the call, committed and watched: `say("hello", track="agent", pause=500, confidence=0.9)`."""
    at = [0]

    def say(text: str, *, track: str = "customer", pause: int = 500, confidence: float = 0.9, **fields: Any) -> Segment:
        start = at[0] + pause
        size = 300
        spread = [[word, start + n * size, start + (n + 1) * size, confidence] for n, word in enumerate(text.split())]
        at[0] = start + len(spread) * size
        stream = fields.pop("stream", None) or call.streams.first()
        segment = Segment(
            call=call, stream=stream, track=track, start_ms=start, end_ms=at[0], text=text, words=spread,
            language="en", confidence=confidence, **fields,
        )  # fmt: skip
        store_transcript([segment])
        watch_segments([segment])
        return segment

    return say


def found(call: Call) -> list[str]:
    return list(call.alerts.order_by("raised_at", "id").values_list("text", flat=True))


class TestPhrases:
    def test_a_phrase_is_raised_with_its_words_and_place(self, call: Call, say: Say) -> None:
        rule = make_rule(name="Leaving", expression='cancel* OR "close my account"', track="customer")
        say("thank you for calling", track="agent")
        segment = say("i would like to close my account today")
        alert = call.alerts.get()
        assert (alert.rule, alert.name, alert.kind, alert.track) == (rule, "Leaving", "phrase", "customer")
        assert (alert.text, alert.at_ms, alert.segment) == ("close my account", segment.start_ms, segment)
        assert alert.ended_at is None and alert.acknowledged_at is None

    def test_a_rule_hears_its_track_only(self, call: Call, say: Say) -> None:
        make_rule(expression="cancel", track="customer")
        say("shall i cancel it", track="agent")
        assert not call.alerts.exists()
        say("yes cancel it")
        assert found(call) == ["cancel"]

    def test_words_over_a_short_pause_are_one_sentence(self, call: Call, say: Say) -> None:
        make_rule(expression='"close my account"')
        say("please close my")
        say("one moment", track="agent", pause=0)
        say("account")
        assert found(call) == ["close my account"]
        say("close my", pause=30_000)
        say("account", pause=4500)
        assert len(found(call)) == 1

    def test_another_stream_is_another_speaker(self, call: Call, say: Say) -> None:
        make_rule(expression='"close my account"')
        other = Stream.objects.create(call=call, process=call.id, lease_until=timezone.now())
        say("please close my")
        say("account", stream=other)
        assert not call.alerts.exists()

    def test_once_a_segment_and_five_times_a_minute(self, call: Call, say: Say) -> None:
        make_rule(expression="refund")
        segment = say("refund refund refund")
        watch_segments([segment])
        assert len(found(call)) == 1
        for _ in range(10):
            say("my refund")
        assert len(found(call)) == alerts.A_MINUTE
        call.alerts.update(raised_at=timezone.now() - timedelta(minutes=2))
        say("my refund")
        assert len(found(call)) == alerts.A_MINUTE + 1

    def test_several_rules_find_their_own(self, call: Call, say: Say) -> None:
        first, second = make_rule(expression="refund"), make_rule(expression="refund NEAR/3 angry")
        make_rule(expression="nothing")
        make_rule(expression="refund", enabled=False)
        say("i am angry about the refund")
        assert set(call.alerts.values_list("rule", flat=True)) == {first.id, second.id}

    def test_rules_of_other_profiles_and_test_calls_are_left_alone(
        self, profile: StreamingProfile, make_call: MakeCall
    ) -> None:
        other = StreamingProfile.objects.create(name="Other", product_id="9")
        make_rule(expression="refund", profiles=[other])
        mine = make_rule(expression="refund", profiles=[profile, other])
        calls = [make_call(state="live", said=[("customer", 0, 900, "a refund")], direction=d) for d in ("", "test")]
        watch_segments(Segment.objects.all())
        assert [alert.rule for alert in Alert.objects.all()] == [mine]
        assert calls[0].alerts.exists()
        other.delete()
        StreamingProfile.objects.filter(id=profile.id).delete()
        alert_book.forget_rules()
        assert [rule.profiles for rule in alert_book.rules_of("phrase")] == [frozenset(), frozenset()]

    def test_a_long_finding_is_cut(self, call: Call, say: Say) -> None:
        make_rule(expression="start NEAR/50 end")
        say("start " + "reallylongword " * 40 + "end")
        text = call.alerts.get().text
        assert len(text) == 300 and text.endswith("…")

    def test_what_must_not_be_read_leaves_the_alert_too(self, call: Call, say: Say) -> None:
        make_rule(expression="card NEAR four")
        segment = say("my card is four one one one")
        assert found(call) == ["card is four"]
        segment.text, segment.masked = "my card is four one two", [["card", 0, 900]]
        store_transcript([], rewritten=[segment])
        assert found(call) == ["card is four"]
        segment.text = "my card is [card number]"
        store_transcript([], rewritten=[segment])
        assert found(call) == [""]

    def test_an_error_is_logged_and_harms_nobody(self, call: Call, say: Say, monkeypatch: Any, caplog: Any) -> None:
        make_rule(expression="refund")
        monkeypatch.setattr("calls.services.alert_watch.look_for_phrase", lambda *_: 1 / 0)
        say("refund")
        assert "could not be watched" in caplog.text and call.segments.count() == 1


class TestStates:
    def test_low_confidence_begins_once_and_ends(self, call: Call, say: Say) -> None:
        rule = make_rule("confidence", threshold=0.5)
        for _ in range(3):
            say("mumble mumble mumble mumble", confidence=0.3)
        alert = call.alerts.get()
        assert alert.rule == rule and alert.value == pytest.approx(0.3) and alert.ended_at is None
        for _ in range(3):
            say("now i can hear you very well indeed", confidence=0.95)
        alert.refresh_from_db()
        assert alert.ended_at is not None
        for _ in range(6):
            say("mumble mumble mumble mumble", confidence=0.2, pause=4000)
        assert call.alerts.count() == 2 and call.alerts.filter(ended_at=None).count() == 1

    def test_a_bad_mood_is_smoothed_over_turns(self, call: Call, say: Say) -> None:
        make_rule("mood", threshold=-0.35)
        say("that is wonderful thank you", track="customer")
        say("this is terrible and i am very angry", track="agent")
        assert not call.alerts.exists()
        say("this is unacceptable", pause=2000)
        assert not call.alerts.exists()  # the good word still counts
        say("i am really angry and i hate this terrible service", pause=8000)
        assert call.alerts.get().value < -0.35

    def test_an_ended_call_is_in_no_state(self, call: Call, say: Say) -> None:
        make_rule("confidence", threshold=0.5)
        make_rule(expression="mumble")
        Call.objects.filter(id=call.id).update(state="ended", ended_at=timezone.now())
        say("mumble mumble mumble mumble mumble mumble mumble mumble", confidence=0.2)
        assert [alert.kind for alert in call.alerts.all()] == ["phrase"]


def report(call: Call, silence: dict[str, int]) -> None:
    """What the call's session reports now."""
    health = {"recognizerLagMs": 0, "silenceMs": silence, "skippedMs": 0}
    call.streams.update(health=health, lease_until=timezone.now() + LEASE)


class TestTheClock:
    def test_silence_begins_once_and_ends_with_the_first_word(self, call: Call) -> None:
        rule = make_rule("silence", threshold=30)
        Call.objects.filter(id=call.id).update(audio_started_at=timezone.now() - timedelta(seconds=100))
        report(call, {"agent": 31_000, "customer": 29_000})
        assert watch_clock() == 0
        report(call, {"agent": 40_000, "customer": 35_000})
        assert watch_clock() == 1 and watch_clock() == 0
        alert = call.alerts.get()
        assert (alert.rule, alert.value, alert.ended_at) == (rule, 35, None)
        assert alert.at_ms == pytest.approx(65_000, abs=2000)
        report(call, {"agent": 100, "customer": 45_000})
        assert watch_clock() == 1
        alert.refresh_from_db()
        assert alert.ended_at is not None
        report(call, {"agent": 31_000, "customer": 80_000})
        assert watch_clock() == 1 and call.alerts.count() == 2

    def test_silence_of_one_side(self, call: Call) -> None:
        make_rule("silence", threshold=30, track="customer")
        report(call, {"agent": 0, "customer": 35_000})
        assert watch_clock() == 1

    def test_silence_of_a_call_with_two_streams(self, call: Call) -> None:
        make_rule("silence", threshold=30)
        other = Stream.objects.create(call=call, process=call.id, lease_until=timezone.now() + LEASE)
        Stream.objects.exclude(id=other.id).update(health={"silenceMs": {"agent": 50_000, "customer": 50_000}})
        assert watch_clock() == 0  # the other has not reported
        Stream.objects.filter(id=other.id).update(health={"silenceMs": {"agent": 0}})
        assert watch_clock() == 0  # and speaks
        Stream.objects.filter(id=other.id).update(state="ended", ended_at=timezone.now())
        assert watch_clock() == 1

    @pytest.mark.parametrize("silence", [{}, {"agent": 10_000}])
    def test_what_is_not_known_is_no_silence(self, call: Call, silence: dict[str, int]) -> None:
        make_rule("silence", threshold=30)
        report(call, silence)
        assert watch_clock() == 0

    def test_a_long_call_is_told_of_once(self, make_call: MakeCall) -> None:
        make_rule("long", threshold=600)
        now = timezone.now()
        old = make_call(state="live", started_at=now - timedelta(minutes=11))
        make_call(state="live", started_at=now - timedelta(minutes=9))
        make_call(state="live", started_at=now - timedelta(minutes=11), direction="test")
        make_call(started_at=now - timedelta(minutes=11))
        assert watch_clock() == 1 and watch_clock() == 0
        alert = Alert.objects.get()
        assert alert.call == old and alert.value == pytest.approx(660, abs=5)
        assert alert.at_ms == pytest.approx(600_000, abs=2000)
        alerts.end_alert(alert)
        assert watch_clock() == 0

    def test_nothing_is_watched_for_without_rules(self, call: Call, django_assert_num_queries: Any) -> None:
        alert_book.rules_of()
        with django_assert_num_queries(0):
            assert watch_clock() == 0


class TestTheLifeOfAnAlert:
    def test_the_call_s_end_ends_all(self, call: Call, say: Say) -> None:
        make_rule(expression="refund")
        make_rule("confidence", threshold=0.5)
        say("refund mumble mumble mumble mumble mumble mumble mumble", confidence=0.2)
        assert call.alerts.filter(ended_at=None).count() == 2
        call.streams.update(state="ended", ended_at=timezone.now())
        end_call(Call.objects.get(id=call.id))
        assert call.alerts.filter(ended_at=None).count() == 0

    def test_a_rule_that_is_switched_off_or_deleted_ends_its_own(self, call: Call, say: Say) -> None:
        rule, other = make_rule(expression="refund"), make_rule(expression="refund")
        say("refund")
        rule.enabled = False
        alert_rules.save_rule(rule, by=BY)
        assert call.alerts.get(rule=rule).ended_at is not None
        alert_rules.delete_rule(other, by=BY)
        left = call.alerts.get(rule=None)
        assert left.name == "Rule" and left.ended_at is not None
        say("refund")
        assert call.alerts.count() == 2

    def test_somebody_looks_after_it(self, call: Call, say: Say) -> None:
        make_rule(name="Money", expression="refund")
        say("refund")
        alert = alerts.acknowledge(call.alerts.get(), by=audit.Requester("maria"))
        assert alert.acknowledged_by == "maria"
        again = alerts.acknowledge(alert, by=audit.Requester("daniel"))
        assert (again.acknowledged_by, again.acknowledged_at) == ("maria", alert.acknowledged_at)
        entry = AuditEntry.objects.get(action="alert.acknowledge")
        assert (entry.actor_name, entry.call, entry.subject) == ("maria", call, "Money")
        assert not call.alerts.open().exists()

    def test_everybody_is_told_after_the_commit(
        self, call: Call, say: Say, monkeypatch: Any, django_capture_on_commit_callbacks: Any
    ) -> None:
        told: list[Any] = []
        monkeypatch.setattr(live, "publish", lambda *args, **shapes: told.append((args, shapes)))
        make_rule(name="Money", expression="refund")
        with django_capture_on_commit_callbacks() as callbacks:
            say("refund")
        assert not [args for args, _ in told if args[1] == "alert"]
        for callback in callbacks:
            callback()
        ((args, shapes),) = [(args, shapes) for args, shapes in told if args[1] == "alert"]
        assert args[0] == call.id and shapes["alert"].name == "Money" and shapes["alert"].text == "refund"

    def test_webhooks_hear_of_it_once(self, call: Call, say: Say) -> None:
        Webhook.objects.create(url="https://example.com", events=["alert"], secret="whsec_eA==")
        make_rule(name="Money", expression="refund")
        segment = say("refund")
        watch_segments([segment])
        assert not alerts.raise_alert(
            Alert(call=call, rule=call.alerts.get().rule, name="x", kind="phrase", at_ms=0, segment=segment)
        )
        (delivery,) = WebhookDelivery.objects.all()
        assert '"name":"Money"' in delivery.body and '"atMs":500' in delivery.body

    def test_no_alert_of_what_is_gone(self, call: Call, say: Say) -> None:
        rule = make_rule(expression="refund")
        segment = say("hello")
        alert = Alert(call=call, rule=rule, name="x", kind="phrase", at_ms=0, segment=segment)
        Call.objects.all().delete()
        assert not alerts.raise_alert(alert)

    @pytest.mark.django_db(transaction=True)
    def test_two_processes_raise_one(self, call: Call) -> None:
        make_rule("silence", threshold=30)
        report(call, {"agent": 40_000, "customer": 35_000})
        alert_book.rules_of()
        raised = []

        def look() -> None:
            raised.append(watch_clock())
            connections.close_all()

        threads = [threading.Thread(target=look) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(raised) == 1 == Alert.objects.count()


class TestRules:
    @pytest.mark.parametrize(
        ("fields", "wrong"),
        [
            ({"kind": "phrase", "expression": "a OR"}, ["expression"]),
            ({"kind": "phrase", "expression": ""}, ["expression"]),
            ({"kind": "phrase", "expression": "a", "threshold": 1.0}, ["threshold"]),
            ({"kind": "silence", "expression": "a"}, ["expression"]),
            ({"kind": "silence", "threshold": 2.0, "track": "bot"}, ["threshold", "track"]),
            ({"kind": "long", "track": "agent"}, ["track"]),
            ({"kind": "confidence", "threshold": 1.5}, ["threshold"]),
            ({"kind": "mood", "track": "agent"}, ["track"]),
            ({"kind": "mood", "threshold": 0.2}, ["threshold"]),
        ],
        ids=str,
    )
    def test_what_a_rule_may_not_be(self, fields: dict[str, Any], wrong: list[str]) -> None:
        with pytest.raises(ValidationError) as error:
            alert_rules.clean_rule(AlertRule(name="x", **fields))
        assert sorted(error.value.error_dict) == wrong

    def test_what_is_absent_is_filled_in(self) -> None:
        mood, silence = AlertRule(kind="mood"), AlertRule(kind="silence")
        for rule in (mood, silence):
            alert_rules.clean_rule(rule)
        assert (mood.track, mood.threshold, silence.track, silence.threshold) == ("customer", -0.35, "", 30)

    def test_the_examples_can_be_added(self) -> None:
        for name in alert_rules.EXAMPLES:
            assert alert_rules.add_example(name, by=BY) is not None
        assert alert_rules.add_example("nonsense", by=BY) is None
        assert {rule.kind for rule in AlertRule.objects.all()} == {"phrase", "silence", "long"}
        assert AuditEntry.objects.filter(action="alert_rule.create").count() == 3

    def test_there_is_an_end_to_rules(self, monkeypatch: Any) -> None:
        monkeypatch.setattr(alert_rules, "MAX_RULES", 1)
        rule = make_rule(expression="a")
        with pytest.raises(alert_rules.TooManyRules):
            make_rule(expression="b")
        alert_rules.save_rule(rule, by=BY)

    def test_a_version_that_was_overtaken(self) -> None:
        rule = make_rule(expression="a")
        alert_rules.save_rule(rule, by=BY, expected_version=1)
        with pytest.raises(alert_rules.VersionConflict):
            alert_rules.save_rule(rule, by=BY, expected_version=1)
