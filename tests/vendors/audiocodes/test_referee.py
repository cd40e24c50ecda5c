"""What the simulated platform finds wrong with a hub."""

import base64
import json

import pytest

from calls.vendors.audiocodes import formats
from tests.vendors import line
from tests.vendors.audiocodes.conftest import AUDIOCODES, call_of, opened, sent


def play(**fields):
    return json.dumps({"type": "playStream.start", "streamId": "s1", "mediaFormat": "raw/lpcm16"} | fields)


def piece(audio=bytes(640), **fields):
    return json.dumps(
        {"type": "playStream.chunk", "streamId": "s1", "audioChunk": base64.b64encode(audio).decode()} | fields
    )


def stop(id="s1"):
    return json.dumps({"type": "playStream.stop", "streamId": id})


def event(name, **fields):
    return json.dumps({"type": "activities", "activities": [{"type": "event", "name": name, **fields}]})


HEADER = formats.parse("wav/lpcm16").header()
FAULTS = {
    "no JSON": (["hello"], "JSON"),
    "bytes": ([b"hello"], "text only"),
    "no type": (["{}"], "type"),
    "unknown type": (['{"type":"session.resumed"}'], "session.resumed"),
    "unknown field": (['{"type":"userStream.started","ok":true}'], "ok"),
    "another conversation": (['{"type":"userStream.stopped","conversationId":"x"}'], "another conversation: x"),
    "accepted twice": (['{"type":"session.accepted","mediaFormat":"raw/lpcm16"}'], "accepted twice"),
    "accepted without format": (['{"type":"session.accepted"}'], "mediaFormat"),
    "accepted what was not offered": (['{"type":"session.accepted","mediaFormat":"raw/mulaw"}'], "offered: raw/lpcm16"),
    "given up": (['{"type":"session.error","reason":"broken"}'], "gave the session up: broken"),
    "chunk without stream": ([piece()], "outside of play stream s1"),
    "chunk of another stream": ([play(), piece(streamId="s2")], "outside of play stream s2"),
    "chunk after the stop": ([play(), stop(), piece()], "outside of play stream s1"),
    "chunk that is no base64": ([play(), piece(audioChunk="a")], "base64"),
    "chunk without audio": ([play(), piece(b"")], "audioChunk"),
    "half a sample": ([play(), piece(b"abc")], "half a sample"),
    "stop of nothing": ([stop()], "not open"),
    "stop of another stream": ([play(), stop("s2")], "s2 was stopped and is not open"),
    "two streams at a time": ([play(), play(streamId="s2")], "before s1 was stopped"),
    "an id again": ([play(), stop(), play()], "was there before"),
    "an id that is no text": ([play(streamId=5)], "streamId"),
    "format that can't be played": ([play(mediaFormat="mp3")], "mp3 can't be played"),
    "no header": ([play(mediaFormat="wav/lpcm16"), piece()], "lacks its WAV header"),
    "two headers": ([play(mediaFormat="wav/lpcm16"), piece(HEADER), piece(HEADER)], "header too many"),
    "header of another format": ([play(mediaFormat="wav/mulaw"), piece(HEADER + b"a")], "16000 Hz in WAV format 1"),
    "too far ahead": ([play(), piece(bytes(16000))], "500 ms ahead"),
    "ahead in small pieces": ([play(), *[piece()] * 13], "260 ms ahead"),
    "no activities": (['{"type":"activities","activities":[]}'], "activities"),
    "activity of unknown type": (['{"type":"activities","activities":[{"type":"typing"}]}'], "typing"),
    "unknown event": ([event("explode")], "explode is no event"),
    "event in another case": ([event("Hangup")], "Hangup is no event"),
    "text where audio is expected": (
        ['{"type":"activities","activities":[{"type":"message","text":"hi"}]}'],
        "expects audio",
    ),
    "no digits": ([event("sendDtmf", activityParams={"dtmfDigits": ""})], "dtmfDigits"),
    "too many digits": ([event("sendDtmf", activityParams={"dtmfDigits": "1" * 21})], "dtmfDigits"),
    "digits as number": ([event("sendDtmf", activityParams={"dtmfDigits": 12})], "dtmfDigits"),
    "no target": ([event("transfer")], "transferTarget"),
    "number without scheme": ([event("transfer", activityParams={"transferTarget": "+1202"})], "transferTarget"),
    "number with spaces": ([event("transfer", activityParams={"transferTarget": "tel:+1 202"})], "transferTarget"),
    "file of no address": (
        [event("playUrl", activityParams={"playUrlUrl": "a.wav", "playUrlMediaFormat": "wav/mulaw"})],
        "playUrlUrl",
    ),
    "metadata without value": ([event("sendMetaData")], "value"),
    "unknown parameter": ([event("abortPrompts", activityParams={"now": True})], "now"),
    "unknown session parameter": ([event("config", sessionParams={"bargein": True})], "bargein"),
    "hypothesis of nothing": (['{"type":"userStream.speech.hypothesis","alternatives":[]}'], "alternatives"),
    "confidence in per cent": (
        ['{"type":"userStream.speech.recognition","alternatives":[{"text":"a","confidence":90}]}'],
        "confidence",
    ),
}


class TestWhatItFindsWrong:
    @pytest.mark.parametrize("messages, fault", FAULTS.values(), ids=FAULTS.keys())
    def test_message(self, messages, fault):
        made = opened()
        made.say(messages[:-1])
        assert made.heard.faults == []
        made.say(messages[-1:])
        assert any(fault in found for found in made.heard.faults), made.heard.faults

    def test_silence_inside_of_a_stream(self):
        made = opened()
        made.say([play(), piece()])
        made.run(until=made.now + 0.2)
        made.say([piece()])
        assert made.heard.faults == ["play stream s1 was silent for 180 ms"]

    def test_stream_that_stays_open(self):
        made = opened()
        made.say([play(), piece()])
        made.run(until=made.now + 1.5)
        made.say([stop()])
        assert made.heard.faults == ["play stream s1 stayed open after its end"]

    def test_nobody_judges_the_pace_of_another_clock(self):
        stream = call_of(seconds=10, speed=2.0).streams[0]
        made = line.Line(stream, line.make_protocol(AUDIOCODES))
        made.run(until=1.0)
        made.say([play(), piece(bytes(16000)), stop()])
        assert made.heard.faults == []

    def test_message_before_the_session_is_accepted(self):
        stream = call_of().streams[0]
        stream.poll(0.0)
        assert "before userStream.started" in stream.receive(0.1, '{"type":"userStream.started"}')

    @pytest.mark.parametrize(
        "silent_after, fault",
        [
            ("session.initiate", "didn't accept the session"),
            ("userStream.start", "didn't answer userStream.start"),
            ("userStream.stop", "didn't answer userStream.stop"),
        ],
    )
    def test_answer_that_never_comes(self, silent_after, fault):
        class Deaf:
            """A hub that loses one message."""

            def __init__(self):
                self.protocol = line.make_protocol(AUDIOCODES)

            def receive_text(self, text):
                return () if json.loads(text)["type"] == silent_after else self.protocol.receive_text(text)

        heard = line.Line(call_of().streams[0], Deaf()).run()
        assert [fault in found for found in heard.faults] == [True]
        assert sent(heard)[-1]["type"] == "session.end"

    def test_hub_that_closes(self):
        made = opened()
        assert (
            made.stream.closed(1.0, 1011, "hub_error")
            == "the hub ended the stream with 1011 hub_error, before the vendor did"
        )

    def test_hub_that_closes_after_the_end(self):
        made = opened()
        made.run()
        assert made.stream.closed(11.0, 1000, "") is None
