"""Made-up calls for pictures: `seed()` runs inside the hub's Django and says what it made, as JSON."""

import json
import uuid
from datetime import timedelta
from typing import Any

from django.utils import timezone

from calls.events import CallInfo
from calls.models import Call, Recording, Segment, Stream, StreamingProfile, User
from calls.models.accounts import Role
from calls.services import profiles

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

SHOWN = "202601150930120132050000012345"  # the call that has a page of its own in the pictures


def make_call(
    profile: StreamingProfile, vendor_id: str, number: str, agent: str, age: int, said: Any, *, ended: int | None = None,
    lost: int = 0, silence: int = 0,
) -> Call:  # fmt: skip
    """A call that began `age` seconds ago and ended after `ended`; a word that begins with ~ was hard to hear."""
    started = timezone.now() - timedelta(seconds=age)
    ended_at = None if ended is None else started + timedelta(seconds=ended)
    call = Call.objects.create(
        vendor="ringcx",
        key=f"ringcx::{vendor_id}",
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
    for track, text in said:
        start, words = at, []
        for word in text.split():
            words.append([word.lstrip("~"), at, at + 260, 0.34 if word.startswith("~") else 0.93])
            at += 300
        Segment.objects.create(
            call=call,
            stream=stream,
            track=track,
            start_ms=start,
            end_ms=at,
            text=text.replace("~", ""),
            confidence=0.88,
            words=words,
        )
        at += 700
    if ended_at:
        Recording.objects.create(call=call, state="empty")
    return call


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
    profiles.note_refused(vendor="ringcx", info=unknown, reason="unknown_product")
    shown = make_call(support, SHOWN, "+1 222 333 4444", "123", 94, TALK)
    make_call(support, "2", "+1 415 555 0137", "118", 411, NOISY, lost=212)
    make_call(spring, "3", "+1 303 555 0192", "204", 37, OFFER)
    make_call(support, "4", "+1 617 555 0111", "131", 753, HOLD, silence=47_000)
    make_call(spring, "5", "+1 206 555 0164", "211", 162, YEARLY)
    make_call(support, "6", "+1 512 555 0148", "127", 12, HELLO)
    for n in range(1, 24):
        profile = support if n % 3 else spring
        make_call(
            profile, f"old{n}", f"+1 646 555 01{n:02}", str(110 + n % 7), 3600 * n + 900, TALK, ended=120 + n * 37
        )
    print(json.dumps({"call": str(shown.id), "profile": str(support.id), "key": key, "callId": SHOWN}))  # noqa: T201
