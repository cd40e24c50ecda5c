"""The simulated Ringover: what it sends, what it hears, and what it finds wrong."""

import base64
import json
import struct
from urllib.parse import parse_qs

import numpy as np
import pytest

from calls.commands import Command
from calls.events import AudioFormat, AudioFrame, Ready, StreamStarted
from calls.vendors.heard import Heard
from calls.vendors.ringover.listener import Ear
from tests.vendors.line import Line, converse, make_protocol, simulate
from tests.vendors.ringover.conversation import RINGOVER, of_type, pcm

AGENT, CUSTOMER = pcm(*[1000] * 4000), pcm(*range(-2000, 2000))


def run(*arguments, react=lambda now, event: (), stream=0, **audio):
    return converse(RINGOVER, *arguments, react=react, stream=stream, **audio)


def texts(heard):
    return [(at, json.loads(message)) for at, message in heard.sent if isinstance(message, str)]


def heard_by_the_hub(heard, track="customer"):
    return b"".join(frame.payload for frame in heard.of_type(AudioFrame) if frame.track == track)


def say(seconds, rate=8000):
    data = {
        "audioDataType": "raw",
        "sampleRate": rate,
        "audioData": base64.b64encode(bytes(int(seconds * rate) * 2)).decode(),
    }
    return json.dumps({"type": "streamAudio", "data": data})


def hub(*plan, **arguments):
    """A conversation in which the hub sends `(at, message)`, whatever Ringover says."""
    [call] = simulate(RINGOVER, *arguments.pop("arguments", ()), **arguments)
    [stream] = call.streams
    line = Line(stream, make_protocol(RINGOVER, stream.upgrade))
    for at, message in plan:
        line.run(until=at)
        line.say([message])
    line.run()
    return line.heard, call


class TestWhatItSends:
    def test_text_then_frames_of_20_ms(self):
        heard = run(customer=CUSTOMER, agent=AGENT)
        (first, told), *frames = heard.sent
        assert (first, set(json.loads(told))) == (0.0, {"event", "call_id", "from_number", "to_number", "direction"})
        assert {len(frame) for _, frame in frames} == {320}
        assert [at for at, _ in frames[:3]] == pytest.approx([0.02, 0.04, 0.06])
        assert heard_by_the_hub(heard) == CUSTOMER

    def test_last_frame_is_filled_up(self):
        heard = run(customer=pcm(*[5] * 170), agent=pcm(*[5] * 170))
        assert heard_by_the_hub(heard) == pcm(*[5] * 170) + bytes(2 * 150)

    def test_frames_of_another_length(self):
        assert len(run("--frame-ms", "100", seconds=1).of_type(AudioFrame)) == 10

    def test_stereo(self):
        heard = run("--channels", "2", "--tell-format", customer=CUSTOMER, agent=AGENT)
        assert heard_by_the_hub(heard) == CUSTOMER
        assert heard_by_the_hub(heard, "agent") == AGENT

    @pytest.mark.parametrize("rate", [16000, 24000, 48000])
    def test_rate(self, rate):
        heard = run("--rate", str(rate), "--tell-format", seconds=0.5)
        assert of_type(StreamStarted, [event for _, event in heard.events])[0].audio == AudioFormat("l16", rate)
        assert len(heard_by_the_hub(heard)) == rate

    def test_rtp(self):
        heard = run("--encoding", "rtp", customer=pcm(*[8000] * 8000), agent=AGENT * 2)
        frames = heard.of_type(AudioFrame)
        assert [frame.sequence for frame in frames] == list(range(0xFFF0, 0xFFF0 + 50))
        assert set(np.frombuffer(heard_by_the_hub(heard), "<i2")) == {7932}

    def test_text_late(self):
        heard = run("--metadata", "late", "--call-id", "77", seconds=2)
        [(at, told)] = texts(heard)
        assert (at, told["call_id"]) == (pytest.approx(1.02), 77)
        assert [started.info.call_id for started in heard.of_type(StreamStarted)] == ["", ""]

    def test_told_in_the_query(self):
        [call] = simulate(RINGOVER, "--metadata", "query", "--call-id", "077", "--from", "1", "--to", "+2")
        query = parse_qs(call.streams[0].upgrade.query)
        assert query == {"call_id": ["077"], "from_number": ["1"], "to_number": ["+2"], "direction": ["in"]}
        heard = run("--metadata", "query", "--call-id", "077")
        assert texts(heard) == []
        assert heard.of_type(StreamStarted)[0].info.call_id == "077"

    def test_told_nowhere(self):
        heard = run("--metadata", "none")
        assert texts(heard) == []
        assert heard.of_type(StreamStarted)[0].info.call_id == ""

    def test_ids_are_numbers_as_ringovers_own(self):
        [(_, told)] = texts(run())
        assert 10**17 < told["call_id"] < 2**63
        [(_, told)] = texts(run("--call-id", "a-1"))
        assert told["call_id"] == "a-1"

    def test_calls_have_ids_of_their_own(self):
        calls = simulate(RINGOVER, "--call-id", "a", calls=3)
        assert [call.streams[0].metadata["call_id"] for call in calls] == ["a-1", "a-2", "a-3"]

    def test_connection_that_is_cut(self):
        assert run("--drop").end == "drop"

    def test_reconnections_share_the_audio_and_the_id(self):
        connections = [
            run("--reconnect", "2", "--call-id", "7", stream=number, customer=CUSTOMER, agent=AGENT)
            for number in range(3)
        ]
        assert [heard.end for heard in connections] == ["drop", "drop", "close"]
        assert {told["call_id"] for heard in connections for _, told in texts(heard)} == {7}
        assert b"".join(map(heard_by_the_hub, connections)).rstrip(b"\0") == CUSTOMER.rstrip(b"\0")

    @pytest.mark.parametrize(
        "arguments",
        [
            ("--encoding", "rtp", "--rate", "16000"),
            ("--encoding", "rtp", "--channels", "2"),
            ("--reconnect", "-1"),
            ("--reconnect", "50"),
        ],
        ids=range(4),
    )
    def test_options_that_contradict_each_other(self, arguments):
        with pytest.raises(ValueError, match=r"--|too short"):
            simulate(RINGOVER, *arguments)


class TestHowItEnds:
    def test_transfer_ends_the_stream(self):
        heard, _ = hub((0.3, '{"event":"transfer","data":12025550123}'), seconds=10)
        assert heard.notes == ["transfer to 12025550123"]
        assert (heard.end, heard.faults) == ("close", [])
        assert heard.sent[-1][0] == pytest.approx(0.8, abs=0.021)

    def test_waits_for_a_transfer_with_silence(self):
        arguments = ("--until", "transfer")
        heard, _ = hub(
            (3.0, '{"event":"transfer","data":12025550123}'), arguments=arguments, customer=CUSTOMER, agent=AGENT
        )
        assert (heard.end, heard.faults) == ("close", [])
        assert heard_by_the_hub(heard).startswith(CUSTOMER + bytes(16000))

    @pytest.mark.parametrize(
        ("act", "fault"), [("transfer", "did not transfer the call"), ("hangup", "did not hang up")]
    )
    def test_waits_in_vain(self, act, fault):
        [call] = simulate(RINGOVER, "--until", act, "--patience", "2", seconds=0.5)
        [stream] = call.streams
        now, faults = 0.0, []
        while not (step := stream.poll(now)).end:
            faults += step.faults
            now = step.wake_at
        assert now == pytest.approx(2.5)
        assert [fault in text for text in step.faults] == [True]

    def test_waits_for_the_hub_to_hang_up(self):
        [call] = simulate(RINGOVER, "--until", "hangup", seconds=0.1)
        [stream] = call.streams
        assert not stream.poll(5.0).end
        assert stream.closed(5.0, 1000, "hangup") is None
        assert "1011 broken, before" in stream.closed(5.0, 1011, "broken")
        assert "did not hang up" in stream.receive(5.0, '{"event":"transfer","data":12025550123}')

    def test_hub_that_hangs_up_unasked(self):
        [call] = simulate(RINGOVER)
        assert call.streams[0].closed(0.1, 1000, "") == "the hub ended the stream with 1000, before the vendor did"

    def test_hub_may_close_after_a_transfer(self):
        [call] = simulate(RINGOVER)
        [stream] = call.streams
        stream.poll(0.0)
        stream.receive(0.1, '{"event":"transfer","data":12025550123}')
        assert stream.closed(0.2, 1000, "") is None


class TestWhatItHears:
    def test_what_the_protocol_sends(self):
        """Audio and every command, through the hub's own protocol."""
        protocol = make_protocol(RINGOVER)
        tone = pcm(*[1000, -1000] * 960)
        commands = [
            Command("break"),
            Command("digits", {"digits": "012*#"}),
            Command("play", {"url": "https://a.example/b.mp3"}),
        ]

        def react(now, event):
            if isinstance(event, Ready):
                return [
                    *protocol.send_audio(tone),
                    *(message for command in commands for message in protocol.send_command(command)),
                ]
            return ()

        heard = run(react=react)
        assert heard.faults == []
        assert heard.notes == ["hears audio", "break", "digits 012*#", "play https://a.example/b.mp3"]

    def test_audio_is_heard_when_it_comes_and_one_after_the_other(self):
        tone = pcm(*[1000] * 1920)
        [call] = simulate(RINGOVER)
        [stream] = call.streams
        protocol = make_protocol(RINGOVER)
        stream.poll(0.0)
        for at in (0.1, 0.15):
            [message] = protocol.send_audio(tone)
            assert stream.receive(at, message) is None
        samples = struct.unpack("<4640h", call.heard.wav(8000)[44:])
        assert set(samples[:800]) == {0}
        assert set(samples[800:]) == {1000}

    def test_break_drops_what_is_not_heard_yet(self):
        _, call = hub((0.1, say(0.5)), (0.2, '{"event":"break"}'))
        assert len(call.heard.wav(8000)) == pytest.approx(44 + 2 * 1600, abs=4)

    def test_reconnections_are_heard_on_one_clock(self):
        [call] = simulate(RINGOVER, "--reconnect", "1", seconds=2)
        for stream in call.streams:
            stream.poll(0.0)
            stream.receive(0.5, say(0.24))
            stream.poll(1.0)
        assert [piece.start for piece in call.heard.pieces] == [0.5, 2.0]

    def test_faults_are_told(self):
        heard, _ = hub((0.1, '{"event":"digits","data":true}'))
        assert heard.faults == ["the hub sent data True where digits are expected"]


def pace(*plan):
    """The faults of audio that comes so: `(seconds, seconds of audio)`."""
    ear = Ear(Heard())
    return [fault for at, length in plan if (fault := ear.play(at, bytes(2 * round(8000 * length)), 8000))]


class TestPace:
    def test_as_the_hub_does(self):
        steady = [(0.0, 0.36), *((0.1 + 0.24 * number, 0.24) for number in range(100)), (24.1, 0.1)]
        assert pace(*steady) == []

    def test_second_turn(self):
        assert pace((0.0, 0.24), (0.2, 0.24), (0.4, 0.1), (0.7, 0.24), (3.0, 0.24)) == []

    def test_audio_too_far_ahead(self):
        assert pace(*((0.01 * number, 0.24) for number in range(6))) == ["audio 1.2 s ahead of what the caller hears"]

    def test_one_message_that_is_too_long(self):
        assert pace((0.0, 5.0)) == ["audio 5.0 s ahead of what the caller hears"]

    def test_audio_that_runs_dry(self):
        assert pace((0.0, 0.24), (0.24, 0.24), (0.7, 0.24)) == ["audio ran dry for 220 ms in the middle of a turn"]

    def test_each_kind_of_fault_once(self):
        assert len(pace((0.0, 0.24), (0.24, 0.24), (0.6, 0.24), (0.84, 0.24), (1.3, 0.24))) == 1

    def test_jitter_that_nobody_hears(self):
        assert pace((0.0, 0.24), (0.24, 0.24), (0.5, 0.24)) == []

    def test_small_pieces(self):
        assert pace(*((0.02 * number, 0.02) for number in range(50))) == ["audio in pieces of 20 ms: each costs a gap"]

    def test_after_a_break(self):
        ear = Ear(Heard())
        for _ in range(2):
            ear.play(0.0, bytes(3840), 8000)
        ear.flush(0.1)
        assert ear.play(0.3, bytes(3840), 8000) is None
        assert ear.heard.pieces[-1].start == 0.3

    def test_no_pace_where_time_runs_faster(self):
        heard, _ = hub((0.1, say(5.0)), speed=2.0)
        assert heard.faults == []
        heard, _ = hub((0.1, say(5.0)))
        assert len(heard.faults) == 1
