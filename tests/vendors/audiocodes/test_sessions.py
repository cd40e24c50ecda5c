"""Whole sessions, message by message as the platform sends them."""

from calls.events import (
    AudioFormat,
    AudioFrame,
    CallInfo,
    CommandOutcome,
    Dtmf,
    Ignored,
    NoInput,
    Ready,
    StreamStarted,
    StreamStopped,
    TextHeard,
    TrackPaused,
)
from tests.vendors.audiocodes.conftest import Connection, answers, others

ID = "2e6f8f2c-3f0a-4b53-9f43-0b1c6d1c0a11"
PCM = bytes(range(64))
L16_16000 = AudioFormat("l16", 16000)


def test_as_documented():
    events = Connection().replay("as_documented")
    known = CallInfo(
        call_id=ID,
        from_number="+12025550123",
        direction="inbound",
        extra={"botName": "MyBot", "mediaFormat": "raw/lpcm16"},
    )
    told = CallInfo(
        to_number="+18005550100",
        extra={
            "callerDisplayName": "Ada Lovelace",
            "callerHost": "sbc.example.com",
            "calleeHost": "vaic.example.com",
            "vaigConversationId": ID,
            "locale": "en-US",
        },
    )
    assert others(events) == [
        StreamStarted(known, L16_16000),
        StreamStarted(told.over(known), L16_16000),
        Ready(),
        AudioFrame("customer", None, PCM),
        AudioFrame("customer", None, PCM),
        TrackPaused("customer"),
        Dtmf("3"),
        AudioFrame("customer", None, PCM),
        TrackPaused("customer"),
        CommandOutcome("transfer", False, 'The call was declined (SIP ;cause=603 ;text="Decline").'),
        StreamStopped({"reasonCode": "client-disconnected", "reason": "Client Side"}, final=True),
        CommandOutcome("transfer", False, "client-disconnected: Client Side"),
        CommandOutcome("hangup", True, "client-disconnected: Client Side"),
    ]
    assert [answer["type"] for answer in answers(events)] == [
        "session.accepted",
        "activities",
        "userStream.started",
        "userStream.stopped",
        "userStream.started",
        "userStream.stopped",
    ]
    assert answers(events)[0] == {"type": "session.accepted", "mediaFormat": "raw/lpcm16"}


def test_as_other_senders():
    events = Connection().replay("as_other_senders")
    info = CallInfo(
        call_id="4711",
        from_number="12025550123",
        direction="inbound",
        extra={"botName": "bot", "mediaFormat": "raw/lpcm16"},
    )
    assert others(events) == [
        StreamStarted(info, L16_16000),
        AudioFrame("customer", None, PCM[:62]),
        AudioFrame("customer", None, PCM[62:]),
        Ignored("bad_json"),
        StreamStarted(info, L16_16000),
        Ready(),
        Ignored("bad_activity"),
        Ignored("bad_activity"),
        Dtmf("12"),
        Ignored("unknown_type"),
        TrackPaused("customer"),
        Ignored("after_stream_stop"),
    ]


def test_text_mode():
    made = Connection()
    events = made.replay("text_mode")
    assert made.protocol.takes_text
    assert [event for event in others(events) if not isinstance(event, StreamStarted)] == [
        Ready(),
        TextHeard("i want to", False),
        TextHeard("I want to cancel my order", True, 0.83),
        NoInput(),
        StreamStopped({"reasonCode": "bot-disconnected", "reason": "hangup"}, final=True),
        CommandOutcome("transfer", False, "bot-disconnected: hangup"),
        CommandOutcome("hangup", True, "bot-disconnected: hangup"),
    ]
    [accepted, config] = answers(events)
    assert accepted["type"] == "session.accepted"
    assert "speechHypothesis" in config["activities"][0]["sessionParams"]["sendEventsToBot"]


def test_resumed():
    events = Connection({"mediaFormat": "raw/mulaw"}).replay("resumed")
    info = CallInfo(call_id=ID, direction="inbound", extra={"mediaFormat": "raw/mulaw"})
    assert others(events) == [
        StreamStarted(info, AudioFormat("mulaw", 8000)),
        Ready(),
        AudioFrame("customer", None, PCM),
        TrackPaused("customer"),
        StreamStopped({"reasonCode": "transferred", "reason": "Call transferred"}, final=True),
        CommandOutcome("transfer", True, "transferred: Call transferred"),
        CommandOutcome("hangup", True, "transferred: Call transferred"),
    ]
    assert answers(events) == [
        {"type": "session.accepted", "mediaFormat": "raw/mulaw"},
        {"type": "userStream.started"},
        {"type": "userStream.stopped"},
    ]


def test_validation_makes_no_call():
    events = Connection().replay("validation")
    assert answers(events) == [{"type": "connection.validated", "success": True}]
    assert others(events) == []
