"""Summaries as rows: due after the call, written from the words or by a model over real HTTP, tried again, told of."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from calls import live
from calls.models import AuditEntry, Call, Segment, SkippedPassage, StreamingProfile, Summary, User, Webhook
from calls.services import audit, summaries, summary_model, sweep, webhooks
from calls.services.calls import end_call
from calls.services.webhook_events import LAST_WORDS
from calls.summary.extracting import summarize
from tests.conftest import MakeCall
from tests.summary.endpoint import Model, answer, endpoint, items

TALK = [
    ("agent", "thank you for calling how can i help you"),
    ("customer", "hi my parcel has not arrived and i need it for saturday"),
    ("agent", "let me just check that for you"),
    ("agent", "i have arranged a new delivery for friday morning"),
    ("customer", "will i have to pay for that"),
    ("agent", "i am not sure that depends on the rules of the carrier"),
    ("agent", "the driver will call you an hour before he arrives"),
    ("customer", "great thank you bye"),
]
SAID = [(track, n * 4000, n * 4000 + 3000, text) for n, (track, text) in enumerate(TALK)]
BY = audit.Requester("maria")


@pytest.fixture
def call(make_call: MakeCall) -> Call:
    return make_call(said=SAID)


@pytest.fixture
def model(settings: Any) -> Iterator[Model]:
    with endpoint() as there:
        settings.HUB_SUMMARY_URL, settings.HUB_SUMMARY_MODEL = there.url, "local-7b"
        settings.HUB_SUMMARY_KEY = "sk-summary"
        yield there


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    found: list[Any] = []
    monkeypatch.setattr(live, "publish", lambda call_id, kind, **payload: found.append((kind, payload)))
    return found


def make_due(call: Call) -> None:
    Summary.objects.update_or_create(call=call, defaults={"state": "pending", "due_at": timezone.now(), "attempts": 0})


def written(call: Call) -> Summary:
    make_due(call)
    assert sweep.summarize_due() == 1
    return Summary.objects.get(call=call)


def texts(summary: Summary) -> dict[str, list[str]]:
    return {kind: [item["text"] for item in found] for kind, found in summary.content.items()}


def test_it_is_due_once_last_words_have_come(make_call: MakeCall) -> None:
    call = make_call(said=SAID, state="live")
    before = timezone.now()
    with transaction.atomic():
        end_call(call)
    summary = Summary.objects.get(call=call)
    assert summary.state == "pending" and summary.due_at >= before + LAST_WORDS
    assert sweep.summarize_due() == 0
    Summary.objects.update(due_at=timezone.now())
    assert sweep.summarize_due() == 1
    assert sweep.summarize_due() == 0
    assert Summary.objects.get().state == "ready"


def test_it_holds_what_matters_and_where_it_was_said(call: Call) -> None:
    summary = written(call)
    assert (summary.state, summary.by, summary.model, summary.error) == ("ready", "extractive", "", "")
    assert texts(summary) == {
        "reason": [TALK[1][1]],
        "agreed": [TALK[3][1]],
        "next_steps": [TALK[6][1]],
        "open_questions": [TALK[5][1]],
    }
    [open_question] = summary.content["open_questions"]
    segment = Segment.objects.get(id=open_question["segment"])
    assert (segment.text, segment.start_ms) == (TALK[5][1], open_question["start_ms"])
    assert open_question["track"] == "agent" and open_question["question"] == TALK[4][1]


def test_skipped_passages_come_first(call: Call) -> None:
    passage = SkippedPassage.objects.create(
        call=call, stream=call.streams.get(), track="agent", start_ms=0, end_ms=900, reason="overload"
    )
    make_due(call)
    assert sweep.summarize_due() == 0
    SkippedPassage.objects.filter(id=passage.id).update(state="failed")
    assert sweep.summarize_due() == 1


def test_a_call_that_goes_on_waits_for_its_end(call: Call) -> None:
    make_due(call)
    Call.objects.update(state="live", ended_at=None)
    assert sweep.summarize_due() == 0


def test_a_call_in_which_nothing_was_said_has_an_empty_one(make_call: MakeCall, published: list[Any]) -> None:
    call = make_call(said=[("customer", 0, 900, "[keys: 12#]"), ("agent", 1000, 1500, "hello")])
    with transaction.atomic():
        assert written(call).state == "empty"


def test_test_calls_have_none(make_call: MakeCall) -> None:
    call = make_call(said=SAID, state="live", direction="test")
    with transaction.atomic():
        end_call(call)
    assert not Summary.objects.exists()


def test_webhooks_and_pages_are_told(call: Call, published: list[Any], django_capture_on_commit_callbacks: Any) -> None:
    hook = webhooks.save_webhook(Webhook(url="https://crm.example.com/", events=["summary.ready"]), by=BY)
    with django_capture_on_commit_callbacks(execute=True):
        written(call)
    [delivery] = hook.deliveries.all()
    body = json.loads(delivery.body)
    assert body["type"] == "summary.ready" and body["data"]["call"]["id"] == str(call.id)
    assert body["data"]["summary"]["nextSteps"][0]["text"] == TALK[6][1]
    [(kind, payload)] = published
    assert kind == "summary.ready" and payload["summary"].by == "extractive"


def test_the_configured_model_writes_it(call: Call, model: Model) -> None:
    said = answer(
        reason=items((2, "A parcel that is needed on Saturday has not arrived.")),
        nextSteps=items((7, "The driver calls an hour before.")),
    )
    model.says(f"```json\n{said}\n```")
    summary = written(call)
    assert (summary.state, summary.by, summary.model) == ("ready", "model", "local-7b")
    assert texts(summary) == {
        "reason": ["A parcel that is needed on Saturday has not arrived."],
        "agreed": [],
        "next_steps": ["The driver calls an hour before."],
        "open_questions": [],
    }
    assert summary.content["reason"][0]["segment"] == str(call.segments.get(text=TALK[1][1]).id)
    [asked] = model.asked
    assert asked.headers["authorization"] == "Bearer sk-summary"
    assert asked.body["model"] == "local-7b" and "stream" not in asked.body
    assert asked.body["messages"][1]["content"].splitlines()[1] == f"2 CUSTOMER: {TALK[1][1]}"


@pytest.mark.parametrize(
    "said",
    [
        "I am sorry, I cannot do that.",
        answer(reason=items((9, "There is no ninth line."))),
        answer(reason=[{"line": 2, "text": "x", "confidence": 1}]),
        None,
    ],
)
def test_an_answer_that_is_not_what_was_asked_for_is_not_taken(call: Call, model: Model, said: str | None) -> None:
    model.says(said)
    summary = written(call)
    assert (summary.state, summary.by, summary.model) == ("ready", "extractive", "")
    assert texts(summary)["reason"] == [TALK[1][1]]
    assert summary.error.startswith("The language model's answer could not be used: it")


def test_a_model_that_is_away_costs_nothing_but_its_words(
    call: Call, model: Model, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    model.refuses(401)
    assert written(call).error == "The language model refused the request (401)."
    assert "it answered 401 out of service" in caplog.text
    model.answers.clear()
    model.says(answer(), finish="length")
    assert "cut off" in written(call).error
    model.answers.clear()
    model.sends({"choices": []})
    assert "no choice" in written(call).error
    settings.HUB_SUMMARY_URL = "http://127.0.0.1:9/v1"
    summary = written(call)
    assert (summary.state, summary.by) == ("ready", "extractive")
    assert summary.error == "The language model could not be reached."
    assert "127.0.0.1 port 9 takes no connections" in caplog.text


def test_a_model_that_hangs_is_given_up(call: Call, model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(summary_model, "SECONDS", 0.3)
    model.says(answer())
    model.hold.clear()
    assert written(call).error == "The language model did not answer in time."


def test_a_model_is_asked_for_several_calls_at_once(make_call: MakeCall, model: Model) -> None:
    for _ in range(3):
        make_due(make_call(said=SAID))
    model.says(answer(reason=items((2, "x"))))
    model.together = threading.Barrier(3)  # none is answered before all are asked
    assert sweep.summarize_due() == 3
    assert set(Summary.objects.values_list("by", flat=True)) == {"model"}


def test_inner_addresses_are_called_only_where_the_operator_lists_them(
    call: Call, model: Model, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.PRODUCTION = True
    assert written(call).by == "extractive" and not model.asked
    assert "HUB_OUTGOING_ALLOW" in caplog.text
    settings.HUB_OUTGOING_ALLOW = ["127.0.0.1"]
    model.says(answer(reason=items((2, "x"))))
    assert written(call).by == "model"


def test_a_failure_is_tried_again_and_then_given_up(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> Any:
        raise ZeroDivisionError("broken")

    monkeypatch.setattr(summaries, "summarize", fail)
    make_due(call)
    for attempt in range(1, summaries.MAX_ATTEMPTS + 1):
        assert sweep.summarize_due() == 1
        summary = Summary.objects.get()
        assert (summary.attempts, summary.error) == (attempt, "ZeroDivisionError: broken")
        assert summary.due_at > timezone.now()
        Summary.objects.update(due_at=timezone.now())
    assert summary.state == "failed"
    assert sweep.summarize_due() == 0


def test_what_was_overtaken_meanwhile_is_not_stored(call: Call) -> None:
    """Somebody asks for another while one is written; the call lives again; it is removed."""
    nothing = summaries.Written(summarize([]), Summary.By.EXTRACTIVE)
    make_due(call)
    [call_id] = summaries._claim()
    Summary.objects.update(attempts=0)
    summaries._store(call_id, nothing)
    assert Summary.objects.get().state == "pending"
    Summary.objects.update(attempts=1)
    Call.objects.update(state="live", ended_at=None)
    summaries._store(call_id, nothing)
    assert Summary.objects.get().state == "pending"
    call.delete()
    summaries._store(call_id, nothing)


def test_it_is_written_anew_when_somebody_asks(call: Call, model: Model, supervisor: User) -> None:
    model.refuses(500)
    assert written(call).by == "extractive"
    model.answers.clear()
    model.says(answer(reason=items((2, "Better."))))
    assert summaries.summarize_anew(call, by=audit.requester(supervisor)).state == "pending"
    assert sweep.summarize_due() == 1
    summary = Summary.objects.get()
    assert (summary.by, summary.error, texts(summary)["reason"]) == ("model", "", ["Better."])
    entry = AuditEntry.objects.get(action="summary.make")
    assert entry.call == call and entry.actor == supervisor


def test_the_language_is_the_profiles(call: Call, profile: StreamingProfile, model: Model) -> None:
    StreamingProfile.objects.update(language="fr-CA")
    model.says(answer(reason=items((2, "Le colis."))))
    written(call)
    assert "Write in fr-CA." in model.asked[0].body["messages"][0]["content"]


def test_a_sweep_that_died_leaves_it_due(call: Call) -> None:
    make_due(call)
    assert summaries._claim() == [call.id]
    assert sweep.summarize_due() == 0
    Summary.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    assert sweep.summarize_due() == 1
