"""Made-up calls for pictures: `seed()` runs inside the hub's Django and says what it made, as JSON."""

import json
import uuid
import wave
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.utils import timezone

from bots.models import Bot, BotSession
from calls.events import CallInfo
from calls.models import (
    Alert,
    AlertRule,
    Call,
    Command,
    HelpRequest,
    Note,
    Recording,
    Segment,
    Stream,
    StreamingProfile,
    Summary,
    Tag,
    Team,
    User,
)
from calls.models.accounts import Role
from calls.services import profiles, stream_access

TALK = [
    ("agent", "thank you for calling my name is maria how can i help you"),
    ("customer", "hi maria i ordered a pair of headphones last week and they still have not arrived"),
    ("agent", "i am sorry to hear that could you give me your order number please"),
    ("customer", "yes one moment it is four seven one ~nine two eight"),
    ("agent", "thank you i see it here the parcel was handed to the carrier on monday"),
    ("customer", "and since then the tracking page says nothing at all"),
    ("customer", "i need them before saturday otherwise i would rather ~cancel my order"),
    ("agent", "i understand i can send a replacement by express today and it will be with you on friday morning"),
]
NOISY = [
    ("customer", "you are breaking up a little could you say that again"),
    ("agent", "of course the technician comes on thursday between nine and eleven"),
]
OFFER = [
    ("agent", "good morning this is daniel i am calling about the offer you asked for"),
    ("customer", "oh yes i have been waiting for that"),
]
HOLD = [("customer", "sure i can hold"), ("agent", "let me check that with our billing team it will take a minute")]
YEARLY = [
    ("agent", "so that would be the yearly plan with two months free"),
    ("customer", "and can i change it later if it does not fit"),
]
HELLO = [("agent", "thank you for calling how can i help")]
ANSWERED = [  # behind the track's name: who speaks on it
    ("bot Front desk", "Welcome to Acme. Would you like orders, support or opening hours?"),
    ("customer", "[keys: 1]"),
    ("bot Front desk", "Please say or type your order number."),
    ("customer", "i do not have it here it is about the ~blue headphones and i need them by friday"),
    ("bot Front desk", "I did not find an order with that number. Please say or type"),
    ("customer", "no wait can i talk to somebody"),
    ("bot supervisor", "This is Maria, I am taking over. One moment please, I am looking for your order."),
    ("customer", "oh thank you so much"),
]
ASKED = [  # seconds ago, type, params, state, by, the vendor's word
    (31, "pauseBot", {}, "confirmed", "maria", ""),
    (30, "break", {}, "sent", "maria", ""),
    (26, "say", {"text": ANSWERED[6][1]}, "sent", "maria", ""),
    (4, "transfer", {"target": "+12025550123"}, "sent", "maria", ""),
]  # fmt: skip

SHOWN = "202601150930120132050000012345"  # the call that has a page of its own in the pictures


def make_call(
    profile: StreamingProfile, vendor_id: str, number: str, agent: str, age: int, said: Any, *, ended: int | None = None,
    lost: int = 0, silence: int = 0,
) -> Call:  # fmt: skip
    """A call that began `age` seconds ago and ended after `ended`; a word that begins with ~ was hard to hear."""
    started = timezone.now() - timedelta(seconds=age)
    ended_at = None if ended is None else started + timedelta(seconds=ended)
    call = Call.objects.create(
        vendor=profile.vendor,
        key=f"{profile.vendor}::{vendor_id}",
        vendor_call_id=vendor_id,
        profile=profile,
        from_number=number,
        to_number="+1 800 555 0100",
        agent_id=agent,
        product_type=profile.product_type,
        product_id=profile.product_id,
        started_at=started,
        audio_started_at=started,
        state="ended" if ended_at else "live",
        ended_at=ended_at,
    )
    counters = {"frames": age * 50, "lost": lost, "duplicates": 1, "reordered": 4, "late": 0, "resyncs": 0}
    stream = Stream.objects.create(
        call=call,
        session_id="2",
        agent_id=agent,
        process=uuid.uuid4(),
        offset_ms=0,
        started_at=started,
        lease_until=timezone.now() + timedelta(hours=1),
        state=call.state,
        ended_at=ended_at,
        counters={"tracks": {"agent": counters, "customer": counters}, "ignored": {}},
        health={"recognizerLagMs": 240, "silenceMs": {"agent": silence, "customer": silence}, "skippedMs": 0},
    )
    at = 900
    for speaker, text in said:
        track, _, participant = speaker.partition(" ")
        start, words = at, []
        for word in text.split():
            words.append([word.lstrip("~"), at, at + 260, 0.34 if word.startswith("~") else 0.93])
            at += 300
        Segment.objects.create(
            call=call,
            stream=stream,
            track=track,
            participant=participant,
            start_ms=start,
            end_ms=at,
            text=text.replace("~", ""),
            confidence=None if track == "bot" else 0.88,
            words=[] if track == "bot" else words,
        )
        at += 700
    if ended_at:
        Recording.objects.create(call=call, state="empty")
    return call


def make_answered(age: int) -> Call:
    """A call that a bot answered, until a supervisor took over."""
    menu = (Path(settings.BASE_DIR) / "calls" / "samples" / "menu.yaml").read_text()
    bot = Bot.objects.create(name="Front desk", kind="menu", document=menu)
    profile = StreamingProfile(vendor="audiocodes", name="Front desk", slug="front-desk", secret="s", bot=bot)
    profiles.save_profile(profile)
    call = make_call(profile, "8", "+1 202 555 0147", "", age, ANSWERED)
    BotSession.objects.create(call=call, bot=bot, bot_version=1, paused=True)
    stream = call.streams.get()
    stream.health["bot"] = {"name": bot.name, "state": "paused", "error": None}
    stream.save()
    for ago, type, params, state, by, detail in ASKED:
        at = timezone.now() - timedelta(seconds=ago)
        Command.objects.create(
            call=call, stream=stream, type=type, params=params, state=state, by=by, detail=detail, requested_at=at,
            sent_at=at + timedelta(milliseconds=8),
            confirmed_at=at + timedelta(milliseconds=12) if state == "confirmed" else None,
        )  # fmt: skip
    return call


def record(call: Call) -> None:
    """A recording of speech, though of another call's."""
    samples = Path(settings.BASE_DIR) / "calls" / "samples"
    sides = []
    for name in ("agent", "customer"):
        with wave.open(str(samples / f"{name}.wav")) as file:
            sides.append(np.frombuffer(file.readframes(8000 * 50), dtype="<i2"))
    length = min(len(side) for side in sides)
    name = f"recordings/{call.id}.wav"
    path = Path(settings.HUB_DATA_DIR) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, 8000, 0, "NONE", ""))
        file.writeframes(np.column_stack([side[:length] for side in sides]).astype("<i2").tobytes())
    Recording.objects.filter(call=call).update(
        state="ready", file=name, size=path.stat().st_size, duration_ms=length // 8, sample_rate=8000
    )


def write_about(call: Call) -> None:
    """What people and the hub make of a call that is over."""
    record(call)
    Summary.objects.create(call=call)  # the hub writes it
    Note.objects.create(call=call, author_name="maria", text="Replacement sent by express.", at_ms=15_000)
    for name in ("delivery", "replacement"):
        Tag.objects.create(call=call, name=name, by="maria")


def raise_alarm(call: Call, calm: Call) -> None:
    """An alert in one call, a wish for help in another."""
    rule = AlertRule.objects.create(name="Wants to cancel", kind="phrase", track="customer", expression="cancel*")
    AlertRule.objects.create(name="Nobody speaks", kind="silence", threshold=60)
    said = call.segments.filter(text__contains="cancel").get()
    Alert.objects.create(
        call=call, rule=rule, name=rule.name, kind=rule.kind, track=said.track, at_ms=said.start_ms, segment=said,
        text="cancel my order",
    )  # fmt: skip
    HelpRequest.objects.create(call=calm, by="agent 211", note="asks for a refund beyond my limit")


def seed(password: str) -> None:
    User.objects.create_user("maria", password=password, role=Role.ADMIN)
    phrases = ["cancel my order", "tracking number", "refund to my card"]
    support = StreamingProfile(
        name="Support line", product_id="1234", secret="s", secret_check="observe", phrases=phrases
    )
    profiles.save_profile(support)
    StreamingProfile.objects.filter(id=support.id).update(secret_seen_at=timezone.now() - timedelta(minutes=4))
    spring = StreamingProfile(name="Spring campaign", product_type="CAMPAIGN", product_id="77", recognizer="google")
    profiles.save_profile(spring)
    _, key = profiles.create_embed_key(support)
    unknown = CallInfo(product_type="QUEUE", product_id="1301", sub_account_id="9981")
    stream_access.note_refused(vendor="ringcx", info=unknown, reason="unknown_product")
    shown = make_call(support, SHOWN, "+1 222 333 4444", "123", 94, TALK)
    answered = make_answered(68)
    make_call(support, "2", "+1 415 555 0137", "118", 411, NOISY, lost=212)
    make_call(spring, "3", "+1 303 555 0192", "204", 37, OFFER)
    make_call(support, "4", "+1 617 555 0111", "131", 753, HOLD, silence=47_000)
    yearly = make_call(spring, "5", "+1 206 555 0164", "211", 162, YEARLY)
    make_call(support, "6", "+1 512 555 0148", "127", 12, HELLO)
    for n in range(1, 24):
        profile = support if n % 3 else spring
        old = make_call(
            profile, f"old{n}", f"+1 646 555 01{n:02}", str(110 + n % 7), 3600 * n + 900, TALK, ended=120 + n * 37
        )
        if n == 1:
            write_about(old)
            summed = old
    raise_alarm(shown, yearly)
    for name, role in {"daniel": Role.SUPERVISOR, "ayşe": Role.AGENT}.items():
        User.objects.create_user(name, role=role)
    office = Team.objects.create(name="Support")
    office.users.set(User.objects.all())
    office.profiles.add(support)
    made = {
        "call": shown.id, "answered": answered.id, "profile": support.id, "key": key, "callId": SHOWN,
        "summed": summed.id, "bot": Bot.objects.get().id,
    }  # fmt: skip
    print(json.dumps(made, default=str))  # noqa: T201
