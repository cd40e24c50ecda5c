"""What the hub makes of single messages, in any order and spelling."""

import json

import pytest

from calls.events import (
    AudioFrame,
    CallInfo,
    CommandOutcome,
    Dtmf,
    Ignored,
    NoInput,
    Ready,
    Resumed,
    StreamStarted,
    StreamStopped,
    TextHeard,
    TrackPaused,
)
from tests.vendors.audiocodes.conftest import Connection, activity, answers, chunk, initiate, others

START = activity(type="event", name="start", parameters={"caller": "+1202", "callee": "+1800"})
BEGIN = {"type": "userStream.start"}


def one(events):
    [event] = events
    return event


def started(events):
    return [event for event in events if isinstance(event, StreamStarted)]


class TestOrder:
    def test_activities_before_the_session(self):
        connection = Connection()
        assert connection.receive(START) == []
        events = connection.initiate("raw/mulaw")
        assert [type(event) for event in others(events)] == [StreamStarted, Ready]
        assert started(events)[0].info.to_number == "+1800"
        assert started(events)[0].audio.encoding == "mulaw"

    def test_keys_before_the_session(self):
        assert Connection().receive(activity(type="event", name="DTMF", value="1")) == [Dtmf("1")]

    def test_user_stream_before_the_start_activity(self, connection):
        assert answers(connection.receive(BEGIN, START))[0]["type"] == "userStream.started"

    def test_user_stream_before_the_session_has_its_format(self):
        connection = Connection()
        connection.receive(BEGIN)
        connection.initiate("wav/mulaw")
        assert one(connection.receive(chunk(b"a"))).payload == b"a"

    def test_peer_that_never_initiates(self):
        events = Connection().receive(chunk(b"ab", conversationId="c9"))
        assert [type(event) for event in events] == [Ignored, StreamStarted, Ignored, AudioFrame]
        assert events[0] == Ignored("no_initiate")
        assert events[1].info.call_id == "c9"

    def test_empty_chunk_begins_nothing(self):
        assert Connection().receive({"type": "userStream.chunk"}) == [Ignored("no_audio")]

    def test_initiate_twice(self, connection):
        events = connection.initiate("raw/mulaw")
        assert others(events) == [Ignored("repeated_initiate")]
        assert answers(events) == [{"type": "session.accepted", "mediaFormat": "raw/lpcm16"}]

    def test_another_conversation_on_the_same_connection(self, connection):
        assert connection.receive(initiate(conversationId="c2")) == [Ignored("another_call")]
        assert connection.receive({"type": "session.resume", "conversationId": "c2"}) == [Ignored("another_call")]

    def test_end_without_a_session(self):
        assert Connection().receive({"type": "session.end"}) == [Ignored("no_initiate")]

    def test_nothing_counts_after_the_end(self, connection):
        connection.receive(BEGIN, {"type": "session.end"})
        after = [chunk(b"ab"), START, {"type": "session.end"}, initiate(), {"type": "connection.validate"}]
        assert connection.receive(*after) == [Ignored("after_end")] * 5

    def test_end_without_reason(self, connection):
        assert connection.receive({"type": "session.end"})[0] == StreamStopped({}, final=True)

    @pytest.mark.parametrize("code", ["error", "bot-disconnected", "no-answer", "busy", "declined", "machine-detected"])
    def test_end_says_what_became_of_commands(self, connection, code):
        _, transfer, hangup = connection.receive({"type": "session.end", "reasonCode": code})
        assert transfer == CommandOutcome("transfer", False, code)
        assert hangup == CommandOutcome("hangup", True, code)

    def test_validation_in_a_live_session(self, connection):
        assert answers(connection.receive({"type": "connection.validate"})) == [
            {"type": "connection.validated", "success": True}
        ]


class TestSession:
    def test_config_asks_for_what_the_profile_wants(self):
        [_, config] = answers(Connection().initiate())
        [item] = config["activities"]
        assert (item["type"], item["name"]) == ("event", "config")
        assert item["sessionParams"] == {
            "bargeIn": True,
            "bargeInOnDTMF": True,
            "sendDTMF": True,
            "transferNotifications": True,
            "playUrlFailureHandling": "notify-bot",
            "sendEventsToBot": ["playFinished"],
        }

    def test_profile_that_leaves_everything_to_the_platform(self):
        wanted = ["bargeIn", "sendDtmf", "transferNotifications", "playNotifications"]
        [accepted] = answers(Connection(**dict.fromkeys(wanted, False)).initiate())
        assert accepted["type"] == "session.accepted"

    @pytest.mark.parametrize("value", [True, None, "false", 0], ids=str)
    def test_audio_unless_it_is_plainly_not_expected(self, value):
        connection = Connection()
        connection.initiate(expectAudioMessages=value)
        assert not connection.protocol.takes_text

    def test_user_stream_in_text_mode(self):
        connection = Connection()
        connection.initiate(expectAudioMessages=False)
        assert one(others(connection.receive(BEGIN, chunk(b"ab")))) == AudioFrame("customer", None, b"ab")

    @pytest.mark.parametrize("id, read", [("c1", "c1"), (17, "17"), (None, ""), ({}, ""), ("x" * 201, ""), ("a\0", "")])
    def test_conversation_id(self, id, read):
        events = Connection().receive(initiate(conversationId=id))
        assert started(events)[0].info.call_id == read

    def test_start_says_that_the_call_went_out(self, connection):
        told = activity(type="event", name="start", parameters={"outboundTarget": "tel:+1202"})
        assert started(connection.receive(told))[0].info.direction == "outbound"

    @pytest.mark.parametrize("parameters", [None, [], "x", {"caller": {}, "callee": ["a"], "participants": 5}], ids=str)
    def test_start_that_says_nothing(self, connection, parameters):
        [told, ready] = connection.receive(activity(type="event", name="start", parameters=parameters))
        assert told.info == CallInfo(call_id="c1", direction="inbound", extra={"mediaFormat": "raw/lpcm16"})
        assert ready == Ready()


class TestResume:
    RESUME = {"type": "session.resume", "conversationId": "c1"}

    def test_text_mode_goes_on(self):
        first = Connection()
        extra = started(first.initiate("raw/mulaw", expectAudioMessages=False))[0].info.extra
        second = Connection(extra)
        second.receive(self.RESUME)
        assert second.protocol.takes_text

    def test_call_that_nobody_knows(self):
        accepted, config = answers(Connection().receive(self.RESUME))
        assert accepted == {"type": "session.accepted", "mediaFormat": "raw/lpcm16"}
        assert config["activities"][0]["name"] == "config"

    def test_known_call_is_configured_already(self):
        assert len(answers(Connection({"mediaFormat": "raw/mulaw"}).receive(self.RESUME))) == 1

    def test_what_comes_meanwhile_waits_in_order(self):
        protocol = Connection().protocol
        [resumed] = protocol.receive_text(json.dumps(self.RESUME))
        assert isinstance(resumed, Resumed)
        assert resumed.info.call_id == "c1"
        for message in (BEGIN, chunk(b"ab"), activity(type="event", name="DTMF", value="5")):
            assert protocol.receive_text(json.dumps(message)) == ()
        events = resumed.go_on({"mediaFormat": "wav/lpcm16"})
        assert [answer["type"] for answer in answers(events)] == ["session.accepted", "userStream.started"]
        assert others(events)[1:] == [Ready(), AudioFrame("customer", None, b"ab"), Dtmf("5")]
        assert resumed.go_on({}) == ()

    def test_what_waits_is_bounded(self):
        protocol = Connection().protocol
        protocol.receive_text(json.dumps(self.RESUME))
        last = [protocol.receive_text(json.dumps(chunk(b"ab"))) for _ in range(501)][-1]
        assert last == (Ignored("too_early"),)

    def test_streams_have_other_ids_than_before(self):
        first, second = Connection(), Connection({"mediaFormat": "raw/lpcm16"})
        first.initiate()
        second.receive(self.RESUME)
        assert first.protocol.open_playout("") != second.protocol.open_playout("")

    def test_resume_after_initiate(self, connection):
        assert answers(connection.receive(self.RESUME))[0]["type"] == "session.accepted"


class TestUserStream:
    def test_chunk_without_start(self, connection):
        assert connection.receive(chunk(b"ab")) == [Ignored("no_stream_start"), AudioFrame("customer", None, b"ab")]
        assert connection.receive(chunk(b"cd")) == [AudioFrame("customer", None, b"cd")]

    def test_chunk_after_stop(self, connection):
        connection.receive(BEGIN, {"type": "userStream.stop"})
        assert connection.receive(chunk(b"ab")) == [Ignored("after_stream_stop")]

    def test_stop_without_start(self, connection):
        events = connection.receive({"type": "userStream.stop"})
        assert others(events) == [Ignored("no_stream_start")]
        assert answers(events) == [{"type": "userStream.stopped"}]

    @pytest.mark.parametrize("cycles", [1, 50])
    def test_many_cycles(self, connection, cycles):
        events = connection.receive(*[BEGIN, chunk(b"ab"), {"type": "userStream.stop"}] * cycles)
        assert [answer["type"] for answer in answers(events)] == ["userStream.started", "userStream.stopped"] * cycles
        assert others(events) == [AudioFrame("customer", None, b"ab"), TrackPaused("customer")] * cycles

    @pytest.mark.parametrize(
        "audio, reason",
        [
            (None, "no_audio"),
            ("", "no_audio"),
            ("!!!", "bad_audio"),
            (7, "bad_audio"),
            (["a"], "bad_audio"),
            ("a", "bad_audio"),
        ],
        ids=str,
    )
    def test_chunk_that_holds_no_audio(self, connection, audio, reason):
        connection.receive(BEGIN)
        assert connection.receive({"type": "userStream.chunk", "audioChunk": audio}) == [Ignored(reason)]

    @pytest.mark.parametrize("text", ["_-8=", "_-8", "/+8"])
    def test_base64_of_other_dialects(self, connection, text):
        connection.receive(BEGIN)
        assert one(connection.receive({"type": "userStream.chunk", "audioChunk": text})).payload == b"\xff\xef"


class TestParticipants:
    @pytest.mark.parametrize(
        "name, track",
        [
            ("caller", "customer"),
            ("", "customer"),
            ("reagent", "customer"),
            ("agent", "agent"),
            ("Human-Agent_1", "agent"),
        ],
    )
    def test_whose_audio_it_is(self, connection, name, track):
        events = connection.receive(BEGIN | {"participant": name}, chunk(b"ab", participant=name))
        assert answers(events) == [{"type": "userStream.started", "participant": name}]
        assert others(events) == [AudioFrame(track, None, b"ab")]
        stopped = connection.receive({"type": "userStream.stop", "participant": name})
        assert answers(stopped) == [{"type": "userStream.stopped", "participant": name}]
        assert others(stopped) == [TrackPaused(track)]

    def test_start_says_who_the_agent_is(self, connection):
        people = [{"participant": "p1", "role": "Agent"}, {"participant": "p2", "role": "customer"}, "nobody"]
        connection.receive(activity(type="event", name="start", parameters={"participants": people}))
        events = connection.receive(*[m | {"participant": p} for p in ("p1", "p2") for m in (BEGIN, chunk(b"ab"))])
        assert [event.track for event in others(events)] == ["agent", "customer"]

    def test_each_has_a_stream_of_his_own(self, connection):
        connection.receive(BEGIN | {"participant": "a"}, BEGIN | {"participant": "b"})
        connection.receive(chunk(b"x", participant="a"))
        assert one(connection.receive(chunk(b"yz", participant="b"))).payload == b"yz"
        assert one(connection.receive(chunk(b"w", participant="a"))).payload == b"xw"

    @pytest.mark.parametrize("name", [None, 5, ["a"], "x" * 300], ids=lambda name: str(name)[:10])
    def test_name_that_is_none(self, connection, name):
        events = connection.receive(BEGIN | {"participant": name}, chunk(b"ab", participant=name))
        assert answers(events)[0] == {"type": "userStream.started"}


class TestActivities:
    @pytest.mark.parametrize(
        "fields, digits",
        [
            ({"name": "DTMF", "value": "3"}, "3"),
            ({"name": "dtmf", "value": "12*#"}, "12*#"),
            ({"name": "Dtmf", "value": 5}, "5"),
            ({"name": "DTMF", "value": "a"}, "A"),
            ({"name": "DTMF", "value": {"digits": "0"}}, "0"),
            ({"name": "DTMF", "parameters": {"value": "7"}}, "7"),
        ],
        ids=str,
    )
    @pytest.mark.parametrize("kind", ["event", "Event"])
    def test_keys(self, connection, kind, fields, digits):
        assert connection.receive(activity(type=kind, **fields)) == [Dtmf(digits)]

    @pytest.mark.parametrize("value", [None, "", "x", "1 2", [], {}, True, "1" * 65], ids=str)
    def test_what_is_no_key(self, connection, value):
        assert connection.receive(activity(type="event", name="DTMF", value=value)) == [Ignored("bad_digits")]

    @pytest.mark.parametrize(
        "value, outcome",
        [
            ({"status": "answered"}, CommandOutcome("transfer", True, "answered")),
            ({"status": "failed", "reasonCode": "busy"}, CommandOutcome("transfer", False, "The number was busy.")),
            ({"status": "FAILED"}, CommandOutcome("transfer", False, "The transfer failed.")),
            ({"status": "ringing"}, Ignored("unknown_transfer_status")),
            ({}, Ignored("unknown_transfer_status")),
            (None, Ignored("unknown_transfer_status")),
            ("failed", Ignored("unknown_transfer_status")),
        ],
        ids=str,
    )
    def test_transfer_status(self, connection, value, outcome):
        assert connection.receive(activity(type="event", name="transferStatus", value=value)) == [outcome]

    def test_no_input(self, connection):
        assert connection.receive(activity(type="event", name="noUserInput")) == [NoInput()]

    @pytest.mark.parametrize("name", ["agentConnected", "voiceDetected", "silenceDetected", "conversationEnd"])
    def test_events_without_consequence(self, connection, name):
        assert connection.receive(activity(type="event", name=name)) == []

    @pytest.mark.parametrize(
        "fields, heard",
        [
            ({"type": "message", "text": "yes"}, TextHeard("yes", True)),
            ({"type": "Message", "text": " yes \n please "}, TextHeard("yes please", True)),
            ({"text": "yes"}, TextHeard("yes", True)),
            ({"type": "message", "text": "a", "parameters": {"confidence": "0.5"}}, TextHeard("a", True, 0.5)),
            ({"type": "message", "text": "a", "confidence": 1}, TextHeard("a", True, 1.0)),
            ({"type": "message", "text": "a", "parameters": {"confidence": "high"}}, TextHeard("a", True)),
            ({"type": "message", "text": "a", "parameters": {"confidence": 90}}, TextHeard("a", True)),
            ({"type": "message", "text": "a", "parameters": {"confidence": True}}, TextHeard("a", True)),
            ({"type": "event", "name": "speechHypothesis", "text": "ye"}, TextHeard("ye", False)),
            ({"type": "event", "name": "speechHypothesis", "value": "ye"}, TextHeard("ye", False)),
            ({"type": "event", "name": "speechHypothesis", "value": {"text": "ye"}}, TextHeard("ye", False)),
            ({"type": "message"}, Ignored("no_text")),
            ({"type": "message", "text": 5}, Ignored("no_text")),
        ],
        ids=str,
    )
    def test_words(self, connection, fields, heard):
        assert connection.receive(activity(**fields)) == [heard]

    def test_long_words_are_cut(self, connection):
        assert len(one(connection.receive(activity(type="message", text="ab " * 5000))).text) <= 2000

    @pytest.mark.parametrize(
        "items",
        [None, "x", 5, [], [None], [[]], ["a", 1]],
        ids=str,
    )
    def test_what_is_no_activity(self, connection, items):
        events = connection.receive({"type": "activities", "activities": items})
        assert set(events) <= {Ignored("bad_activity")}

    def test_one_that_is_not_in_a_list(self, connection):
        message = {"type": "activities", "activities": {"type": "event", "name": "DTMF", "value": "1"}}
        assert connection.receive(message) == [Dtmf("1")]

    def test_one_without_envelope(self, connection):
        assert connection.receive({"type": "event", "name": "DTMF", "value": "1"}) == [Dtmf("1")]
        assert connection.receive({"type": "message", "text": "yes"}) == [TextHeard("yes", True)]

    def test_several_in_one_message(self, connection):
        items = [{"type": "event", "name": "DTMF", "value": "1"}, {"type": "event", "name": "x"}, {"type": "odd"}]
        assert connection.receive({"type": "activities", "activities": items}) == [
            Dtmf("1"),
            Ignored("unknown_activity"),
            Ignored("bad_activity"),
        ]


@pytest.mark.parametrize(
    "text, reason",
    [
        ("", "bad_json"),
        ("hello", "bad_json"),
        ('{"type":', "bad_json"),
        ("[]", "not_an_object"),
        ("null", "not_an_object"),
        ("{}", "unknown_type"),
        ('{"type":"session.resumed"}', "unknown_type"),
        ('{"type":7}', "unknown_type"),
        ('{"type":{"a":1}}', "unknown_type"),
    ],
)
def test_unknown_messages(connection, text, reason):
    assert connection.receive(text) == [Ignored(reason)]


def test_types_in_any_case(connection):
    assert answers(connection.receive({"type": "UserStream.Start"}))[0]["type"] == "userStream.started"


def test_binary_frames(connection):
    assert list(connection.protocol.receive_binary(b"\0\1")) == [Ignored("binary_frame")]
