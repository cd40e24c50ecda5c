import base64
import struct

import pytest

from calls.events import AudioFormat, AudioFrame, Ignored, StreamStarted, Unserved, Warned
from calls.vendors.audiocodes import formats
from calls.vendors.wav import read_wav
from tests.vendors.audiocodes.conftest import Connection, answers, chunk, initiate, parsed

AUDIO = {
    "mulaw": AudioFormat("mulaw", 8000),
    "lpcm16": AudioFormat("l16", 16000),
    "lpcm16_8": AudioFormat("l16", 8000),
    "lpcm16_24": AudioFormat("l16", 24000),
}
SAMPLES = bytes(range(1, 241))
all_eight = pytest.mark.parametrize(
    "name", [f"{container}/{encoding}" for container in ("raw", "wav") for encoding in AUDIO]
)


def header(name, *, size=0xFFFFFFFF, extra=b""):
    """As a recorder writes it; not ours."""
    audio = AUDIO[name.partition("/")[2]]
    width, tag = (1, 7) if audio.encoding == "mulaw" else (2, 1)
    fmt = struct.pack("<HHIIHH", tag, 1, audio.rate, audio.rate * width, width, 8 * width)
    return (
        b"RIFF" + struct.pack("<I", size) + b"WAVE" + b"fmt " + struct.pack("<I", len(fmt)) + fmt + extra
        + b"data" + struct.pack("<I", size)
    )  # fmt: skip


def opened(name):
    connection = Connection()
    connection.initiate(name)
    connection.receive({"type": "userStream.start"})
    return connection


def heard(connection, *chunks):
    events = connection.receive(*map(chunk, chunks))
    assert not [event for event in events if isinstance(event, Warned)]
    return b"".join(event.payload for event in events if isinstance(event, AudioFrame))


class TestWhatIsAccepted:
    @all_eight
    def test_each_format(self, name):
        connection = Connection()
        events = connection.initiate(name)
        [started] = [event for event in events if isinstance(event, StreamStarted)]
        assert answers(events)[0]["mediaFormat"] == name
        assert started.audio == connection.protocol.play_format == AUDIO[name.partition("/")[2]]
        assert started.info.extra["mediaFormat"] == name

    @pytest.mark.parametrize(
        "offered, accepted",
        [
            (["raw/mulaw", "raw/lpcm16"], "raw/mulaw"),
            (["raw/opus", "mp3", None, 7, "wav/lpcm16_24"], "wav/lpcm16_24"),
            (["RAW/LPCM16_8"], "RAW/LPCM16_8"),
            ([], "raw/lpcm16"),
            (None, "raw/lpcm16"),
            ("raw/mulaw", "raw/lpcm16"),
            ({"a": 1}, "raw/lpcm16"),
        ],
        ids=str,
    )
    def test_first_that_we_know(self, offered, accepted):
        events = Connection().receive(initiate(supportedMediaFormats=offered))
        assert answers(events)[0] == {"type": "session.accepted", "mediaFormat": accepted}

    def test_nothing_offered_at_all(self):
        assert answers(Connection().receive({"type": "session.initiate"}))[0]["mediaFormat"] == "raw/lpcm16"

    def test_nothing_that_we_know(self):
        connection = Connection()
        events = connection.initiate("raw/opus", "mp3")
        [answer] = answers(events)
        assert answer["type"] == "session.error"
        assert "raw/mulaw" in answer["reason"]
        assert isinstance(events[-1], Unserved)
        assert connection.initiate("raw/mulaw") == [Ignored("after_end")]

    def test_the_profiles_choice(self):
        assert (
            answers(Connection(mediaFormat="raw/mulaw").initiate("raw/lpcm16", "raw/mulaw"))[0]["mediaFormat"]
            == "raw/mulaw"
        )

    def test_the_profiles_choice_that_is_not_offered(self):
        assert answers(Connection(mediaFormat="raw/mulaw").initiate("raw/lpcm16"))[0]["mediaFormat"] == "raw/lpcm16"


class TestWhatIsHeard:
    @all_eight
    def test_each_format(self, name):
        before = header(name) if name.startswith("wav") else b""
        assert heard(opened(name), before + SAMPLES, SAMPLES) == SAMPLES * 2

    @all_eight
    @pytest.mark.parametrize("size", [1, 3, 7, 44, 45])
    def test_chunks_of_any_length(self, name, size):
        data = (header(name) if name.startswith("wav") else b"") + SAMPLES
        pieces = [data[start : start + size] for start in range(0, len(data), size)]
        assert heard(opened(name), *pieces) == SAMPLES

    def test_frames_hold_whole_samples(self):
        connection = opened("raw/lpcm16")
        events = connection.receive(chunk(b"abc"), chunk(b"d"), chunk(b"ef"))
        assert [event.payload for event in events] == [b"ab", b"cd", b"ef"]

    def test_half_a_sample_is_not_carried_into_the_next_stream(self):
        connection = opened("raw/lpcm16")
        heard(connection, b"abc")
        connection.receive({"type": "userStream.stop"}, {"type": "userStream.start"})
        assert heard(connection, b"xy") == b"xy"

    def test_header_with_other_parts(self):
        extra = b"LIST" + struct.pack("<I", 5) + b"hello\0"
        assert heard(opened("wav/lpcm16"), header("wav/lpcm16", extra=extra) + SAMPLES) == SAMPLES

    def test_header_of_each_stream(self):
        connection = opened("wav/lpcm16")
        for _ in range(2):
            assert heard(connection, header("wav/lpcm16") + SAMPLES) == SAMPLES
            connection.receive({"type": "userStream.stop"}, {"type": "userStream.start"})

    def test_header_of_every_chunk(self):
        piece = header("wav/lpcm16", size=240) + SAMPLES
        assert heard(opened("wav/lpcm16"), piece, piece) == SAMPLES * 2

    def test_header_that_was_not_agreed(self):
        assert heard(opened("raw/lpcm16"), header("wav/lpcm16") + SAMPLES) == SAMPLES

    def test_no_header_where_one_was_agreed(self):
        assert heard(opened("wav/lpcm16"), SAMPLES) == SAMPLES

    def test_audio_that_begins_like_a_header(self):
        assert heard(opened("raw/lpcm16"), b"RIFFRAFF" + SAMPLES) == b"RIFFRAFF" + SAMPLES

    def test_header_of_another_format_is_told_once(self):
        connection = opened("wav/lpcm16")
        events = connection.receive(chunk(header("wav/lpcm16_8") + SAMPLES), chunk(SAMPLES))
        [warning] = [event for event in events if isinstance(event, Warned)]
        assert warning.code == "audio_format"
        assert "8000 Hz" in warning.detail

    def test_header_that_never_ends(self):
        connection = opened("wav/lpcm16")
        endless = b"RIFF\0\0\0\0WAVE" + b"junk\0\0\0\0" * 1000
        events = connection.receive(chunk(endless), chunk(SAMPLES))
        assert [type(event) for event in events] == [Warned, AudioFrame]


class TestWhatIsPlayed:
    @all_eight
    def test_each_format(self, name):
        protocol = opened(name).protocol
        first, second = SAMPLES[:120], SAMPLES[120:]
        sent = [*protocol.open_playout(""), *protocol.send_audio(first), *protocol.send_audio(second)]
        started, *chunks = parsed([*sent, *protocol.close_playout()])
        stopped = chunks.pop()
        assert started["mediaFormat"] == name
        assert {message["streamId"] for message in (started, stopped, *chunks)} == {started["streamId"]}
        data = b"".join(base64.b64decode(message["audioChunk"], validate=True) for message in chunks)
        if name.startswith("wav"):
            data = read_wav(data, name, AUDIO[name.partition("/")[2]])
        assert data == SAMPLES

    def test_header_begins_each_stream_and_no_chunk_after(self):
        protocol = opened("wav/mulaw").protocol
        for _ in range(2):
            protocol.open_playout("")
            [first], [second] = protocol.send_audio(b"ab"), protocol.send_audio(b"cd")
            assert base64.b64decode(parsed([first])[0]["audioChunk"]).startswith(b"RIFF")
            assert base64.b64decode(parsed([second])[0]["audioChunk"]) == b"cd"
            protocol.close_playout()

    def test_what_is_written_is_read_again(self):
        for name in formats.NAMES:
            media = formats.parse(name)
            stream = formats.UserAudio(media)
            assert stream.take(media.header() + SAMPLES) == SAMPLES
            assert stream.problem == ""
