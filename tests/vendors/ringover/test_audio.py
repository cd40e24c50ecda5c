"""The audio that comes in: bare samples of any cut, RTP packets, and which of them it is."""

import audioop
import random
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.events import AudioFormat, AudioFrame, Ignored, StreamStarted, Warned
from calls.vendors.ringover.audio import read_payload
from tests.vendors.ringover.conversation import connect, of_type, pcm, receive, rtp

MULAW, ALAW = bytes(range(256))[:160], bytes(range(96, 256))


def heard(events, track="customer"):
    return b"".join(event.payload for event in of_type(AudioFrame, events) if event.track == track)


def sequences(events):
    return [event.sequence for event in of_type(AudioFrame, events)]


def warnings(events):
    return [event.code for event in of_type(Warned, events)]


class TestSamples:
    @given(cuts=st.lists(st.integers(1, 30), min_size=1, max_size=20))
    def test_mono_of_any_cut(self, cuts):
        audio = random.Random(1).randbytes(sum(cuts) // 2 * 2)
        messages, at = [], 0
        for cut in cuts:
            messages.append(audio[at : at + cut])
            at += cut
        events = receive(connect(encoding="l16"), *filter(None, messages))
        assert heard(events) == audio
        assert all(len(frame.payload) % 2 == 0 and frame.payload for frame in of_type(AudioFrame, events))

    @given(cuts=st.lists(st.integers(1, 30), min_size=1, max_size=20))
    @pytest.mark.parametrize(("side", "tracks"), [("left", ("customer", "agent")), ("right", ("agent", "customer"))])
    def test_stereo_of_any_cut(self, side, tracks, cuts):
        audio = random.Random(1).randbytes(sum(cuts) // 4 * 4)
        messages, at = [], 0
        for cut in cuts:
            messages.append(audio[at : at + cut])
            at += cut
        events = receive(connect(encoding="l16", channels=2, customerChannel=side), *filter(None, messages))
        left, right = (b"".join(audio[at : at + 2] for at in range(start, len(audio), 4)) for start in (0, 2))
        assert (heard(events, tracks[0]), heard(events, tracks[1])) == (left, right)

    def test_samples_have_no_numbers(self):
        assert sequences(receive(connect(), pcm(1), pcm(2))) == [None, None]

    def test_half_a_sample_announces_the_stream(self):
        events = receive(connect(), b"\x01")
        assert of_type(StreamStarted, events)
        assert not of_type(AudioFrame, events)


class TestFrameLengths:
    """20 ms is what media servers send: another length hints at another format."""

    @pytest.mark.parametrize(
        ("size", "options", "suggested"),
        [
            (640, {}, "16000 Hz mono or 8000 Hz stereo"),
            (320, {"sampleRate": 16000}, "8000 Hz mono"),
            (1280, {"sampleRate": 16000}, "16000 Hz stereo or 32000 Hz mono"),
            (640, {"sampleRate": 16000, "channels": 2}, "16000 Hz mono or 8000 Hz stereo"),
        ],
        ids=range(4),
    )
    def test_of_another_format(self, size, options, suggested):
        events = receive(connect(encoding="l16", **options), *[bytes(size)] * 60)
        [warning] = of_type(Warned, events)
        assert warning.code == "frame_length"
        assert suggested in warning.detail

    @pytest.mark.parametrize(
        ("size", "options"),
        [
            (320, {}),
            (640, {"sampleRate": 16000}),
            (640, {"channels": 2}),
            (1280, {"sampleRate": 16000, "channels": 2}),
            (480, {}),
            (333, {}),
        ],
        ids=range(6),
    )
    def test_of_the_same_format_or_of_none(self, size, options):
        assert warnings(receive(connect(encoding="l16", **options), *[bytes(size)] * 60)) == []

    def test_now_and_then_means_nothing(self):
        assert warnings(receive(connect(), *[bytes(320), bytes(640)] * 30)) == []


class TestRtp:
    def test_mulaw(self):
        events = receive(connect(encoding="rtp"), rtp(7, MULAW))
        assert of_type(StreamStarted, events)[0].audio == AudioFormat("l16", 8000)
        assert heard(events) == audioop.ulaw2lin(MULAW, 2)

    def test_alaw(self):
        assert heard(receive(connect(encoding="rtp"), rtp(7, ALAW, type=8))) == audioop.alaw2lin(ALAW, 2)

    def test_encoding_may_change(self):
        events = receive(connect(encoding="rtp"), rtp(7, MULAW), rtp(8, ALAW, type=8))
        assert heard(events) == audioop.ulaw2lin(MULAW, 2) + audioop.alaw2lin(ALAW, 2)

    @pytest.mark.parametrize(
        "how",
        [
            {"type": 0x80},  # marker
            {"first": 0x82, "between": bytes(8)},  # two sources
            {"first": 0x90, "between": b"\xbe\xde\x00\x01" + bytes(4)},  # an extension
            {"first": 0x91, "between": bytes(4) + b"\xbe\xde\x00\x00"},  # a source and an empty extension
            {"first": 0xA0, "after": b"\0\0\0\x04"},  # padding
            {"first": 0xB1, "between": bytes(4) + b"\xbe\xde\x00\x02" + bytes(8), "after": b"\0\x02"},
        ],
        ids=["marker", "sources", "extension", "both", "padding", "all"],
    )
    def test_headers_are_stripped(self, how):
        assert heard(receive(connect(encoding="rtp"), rtp(7, MULAW, **how))) == audioop.ulaw2lin(MULAW, 2)

    def test_packets_of_any_length(self):
        events = receive(connect(encoding="rtp"), rtp(1, MULAW[:80]), rtp(2, MULAW + ALAW))
        assert [len(frame.payload) for frame in of_type(AudioFrame, events)] == [160, 640]

    def test_numbers_count_on_where_they_wrap(self):
        numbers = [65533, 65535, 65534, 65536, 65538, 65537, 131071, 131072]
        assert sequences(receive(connect(encoding="rtp"), *map(rtp, numbers[:6]))) == numbers[:6]
        late = [65536, 65535, 65537]
        assert sequences(receive(connect(encoding="rtp"), *map(rtp, late))) == [0, -1, 1]

    def test_several_wraps(self):
        numbers = range(65000, 65000 + 5 * 65536, 20000)
        assert sequences(receive(connect(encoding="rtp"), *map(rtp, numbers))) == list(numbers)

    def test_another_sender_goes_on_with_the_numbers(self):
        events = receive(connect(encoding="rtp"), rtp(10), rtp(11), rtp(40000, source=2), rtp(40002, source=2))
        assert sequences(events) == [10, 11, 12, 14]
        assert warnings(events) == []

    def test_several_senders_at_once_are_told(self):
        packets = [rtp(number, source=number % 2) for number in range(50)]
        assert warnings(receive(connect(encoding="rtp"), *packets)) == ["rtp_senders"]

    @pytest.mark.parametrize("type", [13, 101, 200])
    def test_other_payloads(self, type):
        events = receive(connect(encoding="rtp"), rtp(1), rtp(2, b"1234", type=type), rtp(3))
        assert of_type(Ignored, events) == [Ignored("rtp_payload_type")]
        assert sequences(events) == [1, 3]

    def test_packet_without_audio(self):
        assert receive(connect(encoding="rtp"), rtp(1), rtp(2, b""))[-1] == Ignored("no_audio")

    @pytest.mark.parametrize(
        "data",
        [
            b"\x80",
            rtp(1, b"")[:11],
            bytes(320),
            rtp(1, first=0x40),
            rtp(1, b"", first=0x8F),
            rtp(1, b"", first=0x90)[:12] + b"\0\0\xff\xff",
        ],
        ids=range(6),
    )
    def test_what_is_no_packet(self, data):
        assert read_payload(data) is None
        assert receive(connect(encoding="rtp"), rtp(1), data)[-1] == Ignored("bad_rtp")

    def test_padding_longer_than_the_packet(self):
        assert read_payload(rtp(1, b"\xff\xff", first=0xA0)) is None

    def test_profile_of_rtp_and_a_stream_that_is_none(self):
        events = receive(connect(encoding="rtp"), *[bytes(320)] * 10)
        assert warnings(events) == ["not_rtp"]
        assert of_type(Ignored, events) == [Ignored("bad_rtp")] * 10
        assert of_type(StreamStarted, events)

    @given(data=st.binary(max_size=40))
    def test_never_raises(self, data):
        payload = read_payload(data)
        assert payload is None or len(payload) <= len(data) - 12


class TestSniffing:
    def test_three_packets_in_a_row_are_rtp(self):
        protocol = connect()
        assert receive(protocol, rtp(1, MULAW), rtp(2, MULAW)) == []
        events = receive(protocol, rtp(3, ALAW))
        assert sequences(events) == [1, 2, 3]
        assert heard(events) == audioop.ulaw2lin(MULAW + MULAW + ALAW, 2)

    def test_packets_may_be_lost_or_swapped_meanwhile(self):
        events = receive(connect(), *map(rtp, [10, 12, 11, 15, 16, 17]))
        assert sequences(events) == [10, 12, 11, 15, 16, 17]

    def test_wrap_meanwhile(self):
        assert sequences(receive(connect(), *map(rtp, [65535, 65536, 65537]))) == [65535, 65536, 65537]

    @pytest.mark.parametrize(
        "messages",
        [
            [bytes(320)],
            [bytes(172)],
            [b"\x80\x00" + bytes(170), bytes(172)],
            [rtp(1), rtp(2), bytes(320)],
            [rtp(1), b"\0" + rtp(2)[1:]],
            [rtp(5)] * 10,
            [rtp(1, source=number) for number in range(10)],
        ],
        ids=range(7),
    )
    def test_everything_else_is_samples(self, messages):
        events = receive(connect(), *messages)
        assert heard(events) == b"".join(messages)
        assert sequences(events) == [None] * len(messages)

    def test_random_samples_of_that_length(self):
        chance = random.Random(1)
        for _ in range(300):
            frames = [chance.randbytes(172) for _ in range(12)]
            assert heard(receive(connect(), *frames)) == b"".join(frames)

    def test_rtp_after_the_call_was_announced_otherwise(self):
        """The text told 16 kHz: what was announced stays, so the packets are made to fit."""
        tone = audioop.lin2ulaw(pcm(*[8000, 8000, -8000, -8000] * 40), 2)
        events = receive(connect(), {"id": 1, "sampleRate": 16000}, *(rtp(number, tone) for number in range(10)))
        assert of_type(StreamStarted, events)[0].audio == AudioFormat("l16", 16000)
        assert warnings(events) == ["converted"]
        samples = struct.unpack(f"<{len(heard(events)) // 2}h", heard(events))
        assert len(samples) == 10 * 160 * 2 - 1  # the last one lies between two packets
        assert samples[:9] == (7932, 7932, 7932, 0, -7932, -7932, -7932, 0, 7932)

    def test_told_encoding_needs_no_proof(self):
        assert sequences(receive(connect("encoding=rtp"), rtp(9))) == [9]
        assert sequences(receive(connect("encoding=l16"), rtp(9))) == [None]

    def test_samples_that_look_like_rtp_are_told(self):
        assert warnings(receive(connect(encoding="l16"), *map(rtp, range(5)))) == ["looks_like_rtp"]
