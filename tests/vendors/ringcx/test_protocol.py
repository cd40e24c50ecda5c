import base64
import json
from pathlib import Path

import pytest

from calls.events import AudioFormat, AudioFrame, CallInfo, Ignored, SecretSeen, StreamStarted, StreamStopped
from calls.vendors.ringcx.protocol import RingCXProtocol

SESSIONS = Path(__file__).parent / "sessions"
MULAW_8000 = AudioFormat("mulaw", 8000)
AUDIO = b"\xff\xfe\xfe\xff"
MEDIA = {"event": "Media", "perspective": "Participant", "sequenceId": "1", "media": base64.b64encode(AUDIO).decode()}
STOP = {"event": "Stop", "metadata": {"duration": 120, "end_time": "2021-01-14T00:00:00Z"}}
START = {"event": "Start", "metadata": {"callId": "12345", "sessionId": 2}}


def receive(*messages):
    """All events that a new connection makes of these messages."""
    protocol = RingCXProtocol()
    return [event for message in messages for event in protocol.receive_text(as_text(message))]


def as_text(message):
    return message if isinstance(message, str) else json.dumps(message)


def replay(name):
    return receive(*(SESSIONS / name).read_text().splitlines())


def started(**metadata):
    [event, *others] = receive({"event": "Start", "metadata": metadata})
    assert isinstance(event, StreamStarted)
    return event, others


def frame(**fields):
    [event] = receive(MEDIA | fields)
    assert isinstance(event, AudioFrame)
    return event


class TestSessions:
    def test_as_documented(self):
        info = CallInfo(
            call_id="12345",
            session_id="2",
            from_number="2223334444",
            to_number="2223334444",
            account_id="99990000",
            sub_account_id="99990001",
            rc_account_id="123456789",
            agent_id="123",
            product_type="QUEUE",
            product_id="1234",
            direction="inbound",
        )
        end = {"duration": 120, "endTime": "2021-01-14T00:00:00Z"}
        assert replay("as_documented.jsonl") == [
            StreamStarted(info, MULAW_8000),
            AudioFrame("agent", 1, b"\xff\xfe\xfe\xff"),
            AudioFrame("customer", 1, b"\x7e\x7e\x7e\x7e"),
            AudioFrame("agent", 2, b"\xff\xfe\xfe\xff"),
            AudioFrame("customer", 2, b"\x7e\x7e\x7e\x7e"),
            StreamStopped(end, final=False),
            StreamStopped(end, final=True),
        ]

    def test_as_other_senders_spell_it(self):
        info = CallInfo(
            call_id="202601150930120132050000012345",
            session_id="2",
            from_number="2223334444",
            to_number="8005550100",
            account_id="99990000",
            sub_account_id="99990001",
            rc_account_id="123456789",
            agent_id="123",
            product_type="CAMPAIGN",
            product_id="1234",
            direction="outbound",
        )
        assert replay("as_other_senders.jsonl") == [
            Ignored("unknown_event"),
            StreamStarted(info, MULAW_8000),
            AudioFrame("agent", 7, b"\xff\xfe\xfe\xff"),
            Ignored("unknown_perspective"),
            AudioFrame("customer", None, b"\xff\xfe\xfe\xff"),
            StreamStopped({}, final=False),
        ]

    def test_transfer_is_another_session_of_the_same_call(self):
        [first], [second] = (
            [event.info for event in replay(name) if isinstance(event, StreamStarted)]
            for name in ("as_documented.jsonl", "transfer_to_second_agent.jsonl")
        )
        assert first.call_id == second.call_id
        assert (first.session_id, second.session_id) == ("2", "3")

    def test_cut_off_without_stop(self):
        kinds = [type(event) for event in replay("cut_off.jsonl")]
        assert kinds == [AudioFrame, StreamStarted, AudioFrame, Ignored]


class TestTolerates:
    @pytest.mark.parametrize("value", [3, "3", 3.0, " 3 ", "3.0"])
    def test_sequence_as_string_or_number(self, value):
        assert frame(sequenceId=value).sequence == 3

    @pytest.mark.parametrize(
        "value", [None, "", "x", "null", True, 1.5, "1e999", "NaN", [], {}, 2**63, -(2**63), "9" * 5000, "²"]
    )
    def test_sequence_that_is_none(self, value):
        assert frame(sequenceId=value).sequence is None

    def test_missing_sequence(self):
        [event] = receive({name: value for name, value in MEDIA.items() if name != "sequenceId"})
        assert event == AudioFrame("agent", None, AUDIO)

    @pytest.mark.parametrize("value", [0, -1, 2**63 - 1])
    def test_sequence_within_64_bits(self, value):
        assert frame(sequenceId=value).sequence == frame(sequenceId=str(value)).sequence == value

    @pytest.mark.parametrize("value", [12345, "12345", 12345.0, " 12345 "])
    def test_ids_as_string_or_number(self, value):
        event, _ = started(callId=value, agentId=value)
        assert (event.info.call_id, event.info.agent_id) == ("12345", "12345")

    def test_id_of_more_than_64_bits_as_number(self):
        event, _ = started(callId=202601150930120132050000012345)
        assert event.info.call_id == "202601150930120132050000012345"

    @pytest.mark.parametrize("value", [None, "", True, [], {}, 1.5, "a\x00b", "a\nb", "x" * 201, "null", "undefined"])
    def test_id_that_is_none(self, value):
        event, _ = started(callId=value)
        assert event.info.call_id == ""

    @pytest.mark.parametrize(
        ("value", "direction"),
        [("Queue", "inbound"), ("QUEUE", "inbound"), ("campaign", "outbound"), ("Manual", "outbound"), ("IVR", "")],
    )
    def test_product_type_in_any_case(self, value, direction):
        event, _ = started(productType=value)
        assert (event.info.product_type, event.info.direction) == (value.upper(), direction)

    @pytest.mark.parametrize("name", ["Media", "media", "MEDIA"])
    def test_event_names_in_any_case(self, name):
        assert frame(event=name) == AudioFrame("agent", 1, AUDIO)

    @pytest.mark.parametrize("message", [{"event": "Mark"}, {"event": None}, {"event": 1}, {"event": ["Media"]}, {}])
    def test_unknown_events(self, message):
        assert receive(message) == [Ignored("unknown_event")]

    def test_unknown_fields(self):
        assert frame(added={"later": [1, None]}) == AudioFrame("agent", 1, AUDIO)

    @pytest.mark.parametrize("value", ["Whisper", "", None, 1, ["Participant"]])
    def test_unknown_perspectives(self, value):
        assert receive(MEDIA | {"perspective": value}) == [Ignored("unknown_perspective")]

    @pytest.mark.parametrize(
        "text", ["", "{", "nonsense", '{"event":"Media"', '{"event":NaN}', '{"a":"\\ud800"}', "\ud800"]
    )
    def test_bad_json(self, text):
        assert receive(text) == [Ignored("bad_json")]

    def test_commas_before_a_closing_brace(self):
        """As in the `Start` of RingCentral's own documentation."""
        [event] = receive('{"event": "Start", "metadata": {"callId": "1", "productId": 7, \n } }')
        assert (event.info.call_id, event.info.product_id) == ("1", "7")

    def test_bad_json_amid_a_call(self):
        assert [type(event) for event in receive(START, MEDIA, "{", MEDIA)] == [
            StreamStarted,
            AudioFrame,
            Ignored,
            AudioFrame,
        ]

    @pytest.mark.parametrize("text", ["[]", "1", '"Media"', "null", "[[[]]]"])
    def test_json_that_is_no_object(self, text):
        assert receive(text) == [Ignored("not_an_object")]

    @pytest.mark.parametrize("text", ["[" * 100_000, '{"event":"Media","x":' + "[" * 100_000])
    def test_deep_nesting(self, text):
        assert receive(text) == [Ignored("bad_json")]

    @pytest.mark.parametrize("value", ["!!!!", "A", "AAAAA", "AA=A", 1, ["AAAA"], "ÄÄÄÄ"])
    def test_bad_base64(self, value):
        assert receive(MEDIA | {"media": value}) == [Ignored("bad_audio")]

    @pytest.mark.parametrize("value", ["//7+/w", "__7-_w==", "__7-_w", "//7+\n/w==\n"])
    def test_base64_variants(self, value):
        assert frame(media=value).payload == AUDIO

    @pytest.mark.parametrize("value", ["", None])
    def test_empty_media(self, value):
        assert receive(MEDIA | {"media": value}) == [Ignored("no_audio")]

    def test_media_before_start(self):
        assert [type(event) for event in receive(MEDIA, START)] == [AudioFrame, StreamStarted]

    def test_stop_without_start_or_media(self):
        [event] = receive(STOP)
        assert event.detail == {"duration": 120, "endTime": "2021-01-14T00:00:00Z"}

    def test_two_stops(self):
        assert [event.final for event in receive(START, MEDIA, STOP, STOP)[2:]] == [False, True]

    def test_media_after_the_first_stop(self):
        assert receive(START, STOP, MEDIA)[-1] == AudioFrame("agent", 1, AUDIO)

    @pytest.mark.parametrize("message", [MEDIA, START, STOP, {"event": "Mark"}])
    def test_anything_after_the_second_stop(self, message):
        assert receive(STOP, STOP, message)[2:] == [Ignored("after_stop")]

    @pytest.mark.parametrize(
        "message", [{"event": "Stop"}, {"event": "Stop", "metadata": None}, {"event": "Stop", "metadata": []}]
    )
    def test_stop_that_tells_nothing(self, message):
        assert receive(message) == [StreamStopped({}, final=False)]

    @pytest.mark.parametrize(
        ("metadata", "detail"),
        [
            ({"duration": "12.5", "endTime": "x"}, {"duration": 12.5, "endTime": "x"}),
            ({"duration": "long", "end_time": 1}, {"endTime": "1"}),
            ({"duration": 1e300, "end_time": "\x00"}, {}),
            ({"duration": 10**400}, {}),
        ],
    )
    def test_end_in_other_spellings(self, metadata, detail):
        assert receive({"event": "Stop", "metadata": metadata})[0].detail == detail

    def test_duplicates_gaps_and_reordering_are_handed_on(self):
        frames = receive(*(MEDIA | {"sequenceId": number} for number in (1, 1, 5, 3)))
        assert [event.sequence for event in frames] == [1, 1, 5, 3]

    @pytest.mark.parametrize("size", [1, 80, 800, 16_000])
    def test_chunks_of_any_size(self, size):
        assert len(frame(media=base64.b64encode(bytes(size)).decode()).payload) == size

    @pytest.mark.parametrize(
        "message", [{"event": "Start"}, {"event": "Start", "metadata": None}, {"event": "Start", "metadata": 1}]
    )
    def test_start_without_metadata(self, message):
        assert receive(message) == [StreamStarted(CallInfo(), MULAW_8000)]

    def test_facts_beside_the_metadata_instead_of_in_it(self):
        [event] = receive({"event": "Start", "callId": "a", "productId": 1, "metadata": {"productId": 2}})
        assert (event.info.call_id, event.info.product_id) == ("a", "2")

    def test_binary_frames(self):
        assert list(RingCXProtocol().receive_binary(as_text(MEDIA).encode())) == [Ignored("binary_frame")]

    @pytest.mark.parametrize("fields", [{"protocol": "Other"}, {"version": "2.0.0"}])
    def test_unknown_versions(self, fields):
        assert receive({"event": "Connected", **fields}) == [Ignored("unknown_version")]


class TestAudioFormat:
    @pytest.mark.parametrize("name", ["contentType", "audioContentType", "content_type"])
    @pytest.mark.parametrize(
        ("value", "encoding"),
        [
            ("audio/x-mulaw", "mulaw"),
            ("audio/PCMU;rate=8000", "mulaw"),
            ("audio/basic", "mulaw"),
            ("audio/x-alaw", "alaw"),
            ("PCMA", "alaw"),
            ("audio/L16", "l16"),
        ],
    )
    def test_content_types(self, name, value, encoding):
        event, others = started(**{name: value})
        assert (event.audio.encoding, others) == (encoding, [])

    def test_unknown_content_type_is_taken_for_mulaw(self):
        event, others = started(contentType="audio/opus")
        assert (event.audio, others) == (MULAW_8000, [Ignored("unknown_content_type")])

    @pytest.mark.parametrize("value", [16000, "16000", 16000.0])
    def test_other_rates(self, value):
        assert started(sampleRateHertz=value) == (StreamStarted(CallInfo(), AudioFormat("mulaw", 16000)), [])

    @pytest.mark.parametrize("value", [0, -8000, "fast", None, 10**30, True])
    def test_unknown_rate_is_taken_for_8000(self, value):
        event, others = started(sampleRateHertz=value)
        assert (event.audio, others) == (MULAW_8000, [Ignored("unknown_sample_rate")])


class TestSecret:
    @pytest.mark.parametrize("name", ["secret", "Secret", "SECRET"])
    @pytest.mark.parametrize("event", ["Connected", "Start", "Stop", "Mark"])
    def test_in_any_message(self, name, event):
        assert receive({"event": event, name: "s3"})[0] == SecretSeen("s3")

    @pytest.mark.parametrize("event", ["Connected", "Start", "Media", "Stop"])
    def test_in_the_metadata_of_any_message(self, event):
        assert receive(MEDIA | {"event": event, "metadata": {"Secret": "s3"}})[0] == SecretSeen("s3")

    @pytest.mark.parametrize("name", ["secret", "Secret"])
    def test_in_media(self, name):
        assert receive(MEDIA | {name: "s3"}) == [SecretSeen("s3"), AudioFrame("agent", 1, AUDIO)]

    def test_as_number(self):
        assert receive(MEDIA | {"secret": 123}) == [SecretSeen("123"), AudioFrame("agent", 1, AUDIO)]

    def test_is_told_once_while_it_stays_the_same(self):
        message = MEDIA | {"secret": "s3"}
        kinds = [type(event) for event in receive(message, message, message | {"secret": "s4"})]
        assert kinds == [SecretSeen, AudioFrame, AudioFrame, SecretSeen, AudioFrame]

    def test_many_are_not_all_told(self):
        events = receive(*(MEDIA | {"secret": f"guess {number}"} for number in range(100)))
        assert sum(isinstance(event, SecretSeen) for event in events) == 16

    @pytest.mark.parametrize("value", [None, "", [], {}, True, "x" * 1001])
    def test_that_is_none(self, value):
        assert receive(MEDIA | {"secret": value}) == [AudioFrame("agent", 1, AUDIO)]

    def test_is_no_part_of_the_facts(self):
        event, _ = [event for event in receive({"event": "Start", "metadata": {"secret": "s3"}})][::-1]
        assert event.info == CallInfo()
