import json
from urllib.parse import parse_qs

import pytest

from calls.events import AudioFrame, SecretSeen, StreamStarted, StreamStopped
from calls.vendors import VENDORS
from calls.vendors.ringcx.simulator import RingCXStream
from tests.vendors import line

RINGCX = VENDORS["ringcx"]
AGENT, CUSTOMER = bytes(range(256)) * 10, bytes(reversed(range(256))) * 5


def simulate(*arguments: str, calls: int = 1):
    return line.simulate(RINGCX, *arguments, agent=AGENT, customer=CUSTOMER, calls=calls)


def one_stream(*arguments: str) -> RingCXStream:
    [call] = simulate(*arguments)
    [stream] = call.streams
    return stream


def events_of(stream):
    """What the hub makes of the stream."""
    protocol = line.make_protocol(RINGCX)
    return [event for _, message in stream.messages() for event in protocol.receive_text(message)]


def frames_of(*arguments: str):
    return [event for event in events_of(one_stream(*arguments)) if isinstance(event, AudioFrame)]


def audio(track, *arguments: str) -> bytes:
    return b"".join(frame.payload for frame in frames_of(*arguments) if frame.track == track)


def test_order_of_messages():
    names = [json.loads(message)["event"] for _, message in one_stream().messages()]
    assert names == ["Connected", "Start", *["Media"] * 32, "Stop", "Stop"]


def test_audio_arrives_whole_the_shorter_track_filled_up():
    assert audio("agent") == AGENT
    assert audio("customer") == CUSTOMER + b"\xff" * (len(AGENT) - len(CUSTOMER))


def test_frames_come_as_they_are_spoken():
    times = [at for at, message in one_stream().messages() if '"Media"' in message]
    assert times[:4] == pytest.approx([0.02, 0.02, 0.04, 0.04])


def test_sequence_runs_per_track():
    assert [(frame.track, frame.sequence) for frame in frames_of()][:4] == [
        ("agent", 1),
        ("customer", 1),
        ("agent", 2),
        ("customer", 2),
    ]


def test_sequence_shared_by_the_tracks():
    assert [frame.sequence for frame in frames_of("--sequence", "shared")][:4] == [1, 2, 3, 4]


def test_chunks_of_another_length():
    assert {len(frame.payload) for frame in frames_of("--chunk-ms", "100")} == {800}


def test_loss():
    assert 5 < len(frames_of("--loss", "0.5", "--seed", "1")) < 27
    assert frames_of("--loss", "1") == []


def test_duplicates():
    assert len(frames_of("--duplicate", "1")) == 64


def test_reordering_keeps_frames_within_100_ms():
    stream = one_stream("--reorder", "0.5", "--seed", "1")
    arrived = [(at, json.loads(message)) for at, message in stream.messages() if '"Media"' in message]
    delays = [at - int(message["sequenceId"]) * 0.02 for at, message in arrived]
    assert len(arrived) == 32
    assert max(delays) <= 0.1001
    assert sum(delay > 0.001 for delay in delays) > 8
    times = [at for at, _ in stream.messages()]
    assert times == sorted(times)


def test_seed_repeats_the_impairments():
    arguments = ["--loss", "0.2", "--reorder", "0.2", "--duplicate", "0.2", "--seed"]
    assert frames_of(*arguments, "7") == frames_of(*arguments, "7") != frames_of(*arguments, "8")


def test_handshake_tells_what_start_tells():
    stream = one_stream("--product-type", "CAMPAIGN", "--agent-id", "007", "--ani", "+1 202 555 0123")
    [start] = [event for event in events_of(stream) if isinstance(event, StreamStarted)]
    assert line.handshake_of(RINGCX, stream.upgrade).info == start.info
    assert start.info.from_number == "+1 202 555 0123"
    assert start.info.product_type == "CAMPAIGN"


def test_handshake_that_tells_nothing():
    assert one_stream("--handshake", "none").upgrade.query == ""


@pytest.mark.parametrize("place", ["query", "authorization", "header"])
@pytest.mark.parametrize("handshake", ["query", "none"])
def test_secret_in_the_upgrade(place, handshake):
    stream = one_stream("--secret", "s+3 &=", "--secret-in", place, "--handshake", handshake)
    assert line.handshake_of(RINGCX, stream.upgrade).secrets[0] == "s+3 &="
    assert not [event for event in events_of(stream) if isinstance(event, SecretSeen)]


def test_secret_in_messages():
    stream = one_stream("--secret", 's"3', "--secret-in", "message")
    assert all(json.loads(message)["secret"] == 's"3' for _, message in stream.messages())
    assert "secret" not in parse_qs(stream.upgrade.query)
    assert events_of(stream)[0] == SecretSeen('s"3')


def test_sessions_of_one_call():
    [call] = simulate("--sessions", "3", "--call-id", "a")
    starts = [event.info for stream in call.streams for event in events_of(stream) if isinstance(event, StreamStarted)]
    assert [(info.call_id, info.session_id, info.agent_id) for info in starts] == [
        ("a", "2", "123"),
        ("a", "3", "124"),
        ("a", "4", "125"),
    ]


def test_calls_have_ids_of_their_own():
    ids = [call.streams[0].metadata["callId"] for call in simulate("--call-id", "a", calls=3)]
    assert ids == ["a-1", "a-2", "a-3"]
    [made], [other] = simulate(), simulate()
    assert made.streams[0].metadata["callId"] != other.streams[0].metadata["callId"]


def test_end_is_told():
    stops = [event for event in events_of(one_stream("--chunk-ms", "1000")) if isinstance(event, StreamStopped)]
    end = {"duration": 1, "endTime": "2026-01-15T09:30:13Z"}
    assert stops == [StreamStopped(end, final=False), StreamStopped(end, final=True)]


def test_connection_that_is_cut():
    stream = one_stream("--no-stop")
    assert stream.drops
    assert not [event for event in events_of(stream) if isinstance(event, StreamStopped)]


def test_takes_no_messages():
    assert "no messages" in one_stream().receive(1.0, "hello")


def test_hub_may_not_close():
    assert one_stream().closed(1.0, 1000, "").endswith("with 1000, before the vendor did")


def test_ends_in_order():
    assert line.converse(RINGCX).end == "close"


@pytest.mark.parametrize(
    "arguments", [["--loss", "2"], ["--sessions", "0"], ["--secret-in", "cookie"], ["--chunk-ms", "x"]]
)
def test_wrong_arguments(arguments, capsys):
    with pytest.raises(SystemExit):
        simulate(*arguments)
    assert arguments[0] in capsys.readouterr().err
