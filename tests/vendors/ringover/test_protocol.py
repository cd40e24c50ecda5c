"""What Ringover tells of a call, and when the stream is announced."""

import json

import pytest

from calls.events import AudioFormat, AudioFrame, CallInfo, Dtmf, Ignored, Ready, StreamStarted, Warned
from tests.vendors.ringover.conversation import connect, of_type, pcm, receive, recorded, replay, rtp

L16_8000 = AudioFormat("l16", 8000)
AUDIO = pcm(1, 2, 3)


def started(*messages, query="", **options):
    """The one announcement that these messages and audio make."""
    [event] = of_type(StreamStarted, receive(connect(query, **options), *messages, AUDIO))
    return event


def warnings(events):
    return [event.code for event in of_type(Warned, events)]


class TestSessions:
    def test_as_inferred(self):
        info = CallInfo(
            call_id="9058220947198958123",
            from_number="33600000000",
            to_number="33184800000",
            direction="inbound",
            extra={"call_id": "9058220947198958123", "channel_id": "9058220947198958999"},
        )
        assert replay("as_inferred") == [
            StreamStarted(info, L16_8000),
            Ready(),
            AudioFrame("customer", None, pcm(1, -1)),
            AudioFrame("customer", None, pcm(2, -2)),
        ]

    def test_nothing_told_until_late(self):
        facts = CallInfo(from_number="+33600000000", extra={"data.uuid": "6f1c", "data.caller.name": "Ada"})
        assert replay("nothing_told_until_late") == [
            StreamStarted(CallInfo(), L16_8000),
            Ready(),
            AudioFrame("customer", None, pcm(1, -1)),
            Ignored("not_json"),
            AudioFrame("customer", None, pcm(2, -2)),
            StreamStarted(facts, L16_8000),
            AudioFrame("customer", None, pcm(3, -3)),
        ]

    def test_stereo_cut_inside_a_sample(self):
        announced, ready, *frames = replay("stereo_cut_inside_a_sample")
        assert announced == StreamStarted(
            CallInfo(call_id="a1", extra={"start.callId": "a1"}), AudioFormat("l16", 16000)
        )
        assert ready == Ready()
        sides = {
            track: b"".join(frame.payload for frame in frames if frame.track == track)
            for track in ("customer", "agent")
        }
        assert sides == {"customer": pcm(1, 2, 3), "agent": pcm(101, 102, 103)}

    def test_rtp_packets(self):
        announced, _, *frames = replay("rtp_packets")
        assert announced.audio == L16_8000
        assert announced.info.call_id == "7"
        assert [frame.sequence for frame in frames] == [0xFFFE, 0xFFFF, 0x10000, 0x10001]
        assert [frame.payload for frame in frames] == [pcm(0) * 160] * 2 + [pcm(32124) * 160] * 2

    def test_reconnection_tells_the_same_call(self):
        first, second = (of_type(StreamStarted, replay("as_inferred")) for _ in range(2))
        assert first == second


class TestAnnouncement:
    def test_text_with_an_id(self):
        events = receive(connect(), {"call_id": "a"})
        assert [type(event) for event in events] == [StreamStarted, Ready]

    def test_text_without_an_id_waits_for_one_until_audio_comes(self):
        protocol = connect()
        assert receive(protocol, {"from": "33600000000"}) == []
        [event, ready] = receive(protocol, {"to": "33184800000", "uuid": "a"})
        assert (event.info.call_id, event.info.from_number, event.info.to_number) == ("a", "33600000000", "33184800000")
        assert ready == Ready()

    def test_audio_without_any_id(self):
        event = started({"from": "33600000000"})
        assert (event.info.call_id, event.info.from_number) == ("", "33600000000")

    def test_id_in_the_query(self):
        protocol = connect("call_id=a&from=1&to=2")
        events = receive(protocol, AUDIO)
        assert [type(event) for event in events] == [StreamStarted, Ready, AudioFrame]
        assert (events[0].info.call_id, events[0].info.from_number, events[0].info.to_number) == ("a", "1", "2")

    def test_id_in_the_query_and_a_text_that_tells_nothing(self):
        events = receive(connect("call_id=a"), "hello")
        assert events[0] == Ignored("not_json")
        assert events[1].info.call_id == "a"

    def test_text_counts_more_than_the_query(self):
        event = started({"call_id": "b"}, query="call_id=a&from=1")
        assert (event.info.call_id, event.info.from_number) == ("b", "1")

    def test_ready_comes_once(self):
        assert len(of_type(Ready, receive(connect(), {"id": 1}, AUDIO, {"id": 2, "from": 3}, AUDIO))) == 1


class TestLaterTexts:
    def test_another_id_does_not_rename_the_call(self):
        [first, later] = of_type(StreamStarted, receive(connect(), {"call_id": "a"}, {"call_id": "b", "uuid": "c"}))
        assert later.info.call_id == ""
        assert later.info.extra == {"uuid": "c"}
        assert later.info.over(first.info).call_id == "a"

    def test_id_of_a_call_without_one(self):
        [first, later] = of_type(StreamStarted, receive(connect(), AUDIO, {"call_id": "b"}))
        assert (first.info.call_id, later.info.call_id) == ("", "")
        assert later.info.extra == {"call_id": "b"}

    def test_numbers_are_corrected(self):
        [_, later] = of_type(StreamStarted, receive(connect(), {"id": 1, "from": 2}, {"from": 3, "to": 4}))
        assert (later.info.from_number, later.info.to_number) == ("3", "4")

    @pytest.mark.parametrize("text", [{"id": 1, "from": 2}, {}, {"event": "keepalive"}, {"from": None}])
    def test_nothing_new(self, text):
        assert receive(connect(), {"id": 1, "from": 2}, text)[2:] == [Ignored("nothing_new")]

    def test_chatter_changes_nothing(self):
        protocol = connect()
        receive(protocol, {"id": 1}, {"time": 1})
        assert {type(event) for number in range(100) for event in receive(protocol, {"time": number})} == {Ignored}

    def test_facts_have_an_end(self):
        protocol = connect()
        events = receive(protocol, {"id": 1}, *({f"fact{number}": number} for number in range(200)))
        merged = CallInfo()
        for event in of_type(StreamStarted, events):
            merged = event.info.over(merged)
        assert len(merged.extra) == 50

    def test_facts_before_the_announcement_have_an_end(self):
        protocol = connect()
        receive(protocol, *({f"fact{number}": number} for number in range(200)))
        [event, *_] = receive(protocol, AUDIO)
        assert len(event.info.extra) == 50

    def test_format_comes_too_late(self):
        events = receive(connect(), {"id": 1}, AUDIO, {"sampleRate": 16000})
        assert warnings(events) == ["format"]
        assert len(of_type(StreamStarted, events)) == 1

    def test_format_that_is_the_same(self):
        assert warnings(receive(connect(), AUDIO, {"encoding": "l16", "sampleRate": 8000, "channels": 1})) == []


class TestKeys:
    """None of these messages is documented."""

    def told(self, message):
        protocol = connect()
        receive(protocol, {"uuid": "a"})
        return receive(protocol, message)

    @pytest.mark.parametrize(
        ("message", "keys"),
        [
            ({"event": "dtmf", "data": "5"}, "5"),
            ({"type": "dtmf", "digit": "#"}, "#"),
            ({"event": "digit", "value": 7}, "7"),
            ({"event": "digits", "data": "012*#"}, "012*#"),
            ({"event": "digits", "data": 123}, "123"),
            ({"event": "DTMF", "digit": "a", "duration": 120}, "A"),
            ({"type": "dtmf", "data": {"digit": "9", "duration": 120}}, "9"),
            ({"type": "event", "event": "dtmf", "digit": 0}, "0"),
        ],
        ids=str,
    )
    def test_spellings(self, message, keys):
        assert self.told(message) == [Dtmf(keys)]

    @pytest.mark.parametrize(
        "message",
        [
            {"event": "dtmf"},
            {"event": "dtmf", "data": ""},
            {"event": "dtmf", "data": "five"},
            {"event": "dtmf", "data": True},
            {"event": "dtmf", "data": -1},
            {"event": "dtmf", "data": ["5"]},
            {"event": "dtmf", "digit": "1" * 65},
            {"event": "start", "digits": "5"},
            {"event": "transfer", "data": 123},
            {"digit": "5"},
            {"data": {"event": "dtmf", "digit": "5"}},
            {"call_id": "b", "digits": "12"},
        ],
        ids=lambda message: json.dumps(message)[:60],
    )
    def test_what_tells_no_key(self, message):
        assert not of_type(Dtmf, self.told(message))

    def test_a_key_names_no_call(self):
        protocol = connect()
        receive(protocol, {"uuid": "a"})
        assert receive(protocol, {"event": "dtmf", "digit": "5", "uuid": "b", "from": "33612345678"}) == [Dtmf("5")]

    def test_before_the_announcement_it_is_a_fact_like_others(self):
        protocol = connect()
        assert receive(protocol, {"event": "dtmf", "digit": "5"}) == []
        [announced, ready] = receive(protocol, {"event": "dtmf", "digit": "5", "uuid": "b"})
        assert (announced.info.call_id, ready) == ("b", Ready())


class TestNames:
    @pytest.mark.parametrize(
        "facts",
        [
            {"call_id": "a", "from_number": 336, "to_number": "331"},
            {"callId": "a", "from": "336", "to": "331"},
            {"CALL-ID": "a", "Caller": 336, "Callee": 331},
            {"uuid": "a", "ani": "336", "dnis": "331"},
            {"id": "a", "Caller-Number": "336", "Destination-Number": "331"},
            {"event": "start", "data": {"call_id": "a", "from": 336, "to": 331}},
            {"type": "metadata", "payload": {"call": {"id": "a", "from": {"number": 336}, "to": {"number": 331}}}},
            {"call": {"uuid": "a", "ani": "336", "dnis": "331"}},
            {"data": {"data": {"data": {"call_id": "a", "from": "336", "to": "331"}}}},
        ],
        ids=range(9),
    )
    def test_spellings(self, facts):
        info = started(facts).info
        assert (info.call_id, info.from_number, info.to_number) == ("a", "336", "331")

    @pytest.mark.parametrize("value", [12345, "12345", 12345.0, " 12345 "])
    def test_ids_as_string_or_number(self, value):
        assert started({"call_id": value}).info.call_id == "12345"

    def test_id_beyond_what_a_float_holds(self):
        assert started({"call_id": 9058220947198958123}).info.call_id == "9058220947198958123"

    @pytest.mark.parametrize("value", [None, "", True, [], 1.5, "a\nb", "x" * 201, "null", ["a"]])
    def test_id_that_is_none(self, value):
        assert started({"call_id": value}).info.call_id == ""

    @pytest.mark.parametrize(
        ("first", "second"), [("call_id", "id"), ("call_id", "uuid"), ("callUuid", "uuid"), ("uuid", "id")]
    )
    def test_better_name_counts_whatever_the_order(self, first, second):
        assert started({first: "a", second: "b"}).info.call_id == "a"
        assert started({second: "b", first: "a"}).info.call_id == "a"

    def test_ids_of_others_are_not_the_calls(self):
        info = started({"user": {"id": 5}, "queue": {"id": 6}, "channel": {"id": 7}}).info
        assert (info.call_id, info.agent_id) == ("", "5")
        assert info.extra == {"queue.id": "6", "channel.id": "7"}

    @pytest.mark.parametrize(
        ("told", "direction"),
        [("in", "inbound"), ("INBOUND", "inbound"), ("out", "outbound"), ("sideways", ""), (None, "")],
    )
    def test_direction(self, told, direction):
        assert started({"direction": told}).info.direction == direction

    def test_number_that_is_too_long_is_none(self):
        assert started({"from": "3" * 65}).info.from_number == ""

    def test_what_else_is_told_is_kept(self):
        facts = {
            "ivr": {"name": "Sales", "scenario": {"id": 3}},
            "is_internal": False,
            "numbers": [1, 2],
            "note": "a\0b",
        }
        assert started(facts).info.extra == {"ivr.name": "Sales", "ivr.scenario.id": "3"}

    @pytest.mark.parametrize("name", ["token", "X-Token", "api_key", "password", "clientSecret", "Authorization"])
    def test_secrets_are_not_kept(self, name):
        event = started({name: "s3cret", "nested": {name: "s3cret"}}, query=f"{name}=s3cret")
        assert "s3cret" not in repr(event)


class TestTolerates:
    @pytest.mark.parametrize("text", ["", "hello", "{", "\x00", "ping\n", '{"id":', "a=1&b=2"])
    def test_text_that_is_no_json(self, text):
        events = receive(connect(), text, AUDIO)
        assert [type(event) for event in events] == [Ignored, StreamStarted, Ready, AudioFrame]
        assert events[0] == Ignored("not_json")

    @pytest.mark.parametrize("text", ["[]", "1", '"a"', "null", "true", '[{"id":1}]'])
    def test_json_that_is_no_object(self, text):
        assert receive(connect(), text) == [Ignored("not_an_object")]
        assert receive(connect(), AUDIO, text)[3:] == [Ignored("not_an_object")]

    def test_large_object(self):
        protocol = connect()
        facts = {f"a{number}": {f"b{inner}": {} for inner in range(300)} for number in range(300)}
        assert receive(protocol, {**facts, "id": 1}) == []

    def test_deep_object(self):
        text = '{"data":' * 100 + '{"id":1}' + "}" * 100
        assert receive(connect(), text) == []

    def test_empty_binary_message(self):
        assert receive(connect(), b"") == [Ignored("no_audio")]


class TestFormat:
    def test_nothing_said(self):
        assert started().audio == L16_8000

    @pytest.mark.parametrize(
        ("told", "rate"),
        [
            ({"sampleRate": 16000}, 16000),
            ({"sample_rate": "16000"}, 16000),
            ({"rate": "16k"}, 16000),
            ({"samplingRate": "24000 Hz"}, 24000),
            ({"audio": {"sampleRate": 16000}}, 16000),
            ({"media": {"encoding": "L16", "rate": 16000}}, 16000),
        ],
        ids=range(6),
    )
    def test_rate_from_the_text(self, told, rate):
        assert started(told).audio == AudioFormat("l16", rate)

    def test_rate_from_the_query(self):
        assert started(query="sampleRate=16000").audio.rate == 16000

    def test_text_counts_more_than_the_query(self):
        assert started({"sampleRate": 24000}, query="sampleRate=16000").audio.rate == 24000

    def test_profile_counts_most_and_says_so(self):
        events = receive(connect("sampleRate=16000&channels=1", sampleRate=8000, channels=2), AUDIO)
        assert events[0].audio == L16_8000
        [warning] = of_type(Warned, events)
        assert warning.code == "format"
        assert "16000 Hz mono; it is read as l16 8000 Hz stereo. The profile counts." in warning.detail

    @pytest.mark.parametrize("told", [{"sampleRate": 44100}, {"channels": 6}, {"encoding": "mp3"}], ids=range(3))
    def test_unknown_format_is_told(self, told):
        events = receive(connect(), {"id": 1, **told})
        assert events[0].audio == L16_8000
        assert warnings(events) == ["unknown_format"]
        assert str(next(iter(told.values()))) in of_type(Warned, events)[0].detail

    def test_unknown_format_in_the_query_is_told(self):
        assert warnings(receive(connect("codec=opus"), AUDIO)) == ["unknown_format"]

    def test_encoding_of_the_profile_against_what_is_told(self):
        assert warnings(receive(connect(encoding="l16"), {"id": 1, "encoding": "rtp"})) == ["format"]
        assert warnings(receive(connect(encoding="l16"), {"id": 1, "encoding": "pcm"})) == []

    @pytest.mark.parametrize(
        ("rate", "played"), [(8000, 8000), (16000, 16000), (24000, 24000), (32000, 16000), (48000, 16000)]
    )
    def test_play_format_is_the_streams_where_ringover_takes_it(self, rate, played):
        protocol = connect(sampleRate=rate)
        assert protocol.play_format == AudioFormat("l16", played)
        receive(protocol, AUDIO)
        assert protocol.play_format == AudioFormat("l16", played)

    def test_play_format_of_rtp(self):
        protocol = connect()
        receive(protocol, *map(rtp, range(3)))
        assert protocol.play_format == L16_8000

    def test_play_format_does_not_change_with_late_facts(self):
        protocol = connect()
        receive(protocol, AUDIO, {"sampleRate": 16000})
        assert protocol.play_format == L16_8000


def test_recorded_sessions_are_json():
    """So that a session can be made of what a real Ringover sends."""
    for name in ("as_inferred", "nothing_told_until_late", "stereo_cut_inside_a_sample", "rtp_packets"):
        texts = [message for message in recorded(name) if isinstance(message, str) and message.startswith("{")]
        assert [json.loads(text) for text in texts]
