"""What the hub says: play streams, commands, what it hears."""

import base64
import itertools

import pytest

from calls.commands import BadCommand, Command
from calls.events import CommandOutcome, Speech
from calls.vendors.base import capabilities_of, with_defaults
from tests.vendors.audiocodes.conftest import AUDIOCODES, Connection, activity, chunk, parsed

ABORT = {"type": "activities", "activities": [{"type": "event", "name": "abortPrompts"}]}


def send(connection, type, **params):
    """The one activity that a command becomes."""
    [message] = parsed(connection.protocol.send_command(Command(type, params)))
    assert message.keys() == {"type", "activities"}
    [item] = message["activities"]
    return item


def check(type, **params):
    AUDIOCODES.check_command(Command(type, params), with_defaults(AUDIOCODES, {}))


class TestPlayStreams:
    def test_a_turn(self, connection):
        protocol = connection.protocol
        messages = [*protocol.open_playout("Good morning"), *protocol.send_audio(b"ab"), *protocol.close_playout()]
        start, piece, stop = parsed(messages)
        id = start["streamId"]
        assert start == {
            "type": "playStream.start",
            "streamId": id,
            "mediaFormat": "raw/lpcm16",
            "altText": "Good morning",
        }
        assert piece == {"type": "playStream.chunk", "streamId": id, "audioChunk": base64.b64encode(b"ab").decode()}
        assert stop == {"type": "playStream.stop", "streamId": id}

    def test_words_that_nobody_knows(self, connection):
        assert "altText" not in parsed(connection.protocol.open_playout(""))[0]

    def test_ids_are_never_used_again(self, connection):
        ids = [parsed(connection.protocol.open_playout(""))[-1]["streamId"] for _ in range(100)]
        assert len(set(ids)) == 100

    def test_one_at_a_time(self, connection):
        [first] = parsed(connection.protocol.open_playout(""))
        stop, second = parsed(connection.protocol.open_playout(""))
        assert stop == {"type": "playStream.stop", "streamId": first["streamId"]}
        assert second["type"] == "playStream.start"

    def test_audio_without_a_stream_is_late(self, connection):
        assert connection.protocol.send_audio(b"ab") == []
        connection.protocol.open_playout("")
        connection.protocol.close_playout()
        assert connection.protocol.send_audio(b"ab") == []

    def test_nothing_is_said_outside_of_a_session(self, connection):
        connection.protocol.open_playout("")
        connection.receive({"type": "session.end"})
        for protocol in (Connection().protocol, connection.protocol):
            said = itertools.chain(
                protocol.open_playout(""),
                protocol.send_audio(b"ab"),
                protocol.close_playout(),
                protocol.send_command(Command("break")),
                protocol.send_speech(Speech("started", 0)),
                protocol.say_text("hello"),
            )
            assert list(said) == []


class TestBreak:
    def test_while_playing(self, connection):
        [start] = parsed(connection.protocol.open_playout(""))
        assert parsed(connection.protocol.send_command(Command("break"))) == [
            {"type": "playStream.stop", "streamId": start["streamId"]},
            ABORT,
            {"type": "userStream.speech.started"},
            {"type": "userStream.speech.stopped"},
        ]

    def test_while_the_platform_may_be_playing(self, connection):
        assert parsed(connection.protocol.send_command(Command("break")))[0] == ABORT

    def test_without_speech_events(self):
        connection = Connection(breakSpeechEvents=False)
        connection.initiate()
        assert parsed(connection.protocol.send_command(Command("break"))) == [ABORT]

    def test_names_who_speaks(self, connection):
        connection.receive({"type": "userStream.start", "participant": "caller"})
        assert parsed(connection.protocol.send_command(Command("break")))[1] == {
            "type": "userStream.speech.started",
            "participant": "caller",
        }


class TestCommands:
    @pytest.mark.parametrize("digits", ["0", "012*#", "9" * 20])
    def test_digits(self, connection, digits):
        check("digits", digits=digits)
        assert send(connection, "digits", digits=digits) == {
            "type": "event",
            "name": "sendDtmf",
            "activityParams": {"dtmfDigits": digits},
        }

    @pytest.mark.parametrize("digits", ["", "9" * 21, "1 2", "A", "1,2", None], ids=str)
    def test_digits_that_the_platform_would_ignore(self, digits):
        with pytest.raises(BadCommand) as caught:
            check("digits", digits=digits)
        assert caught.value.field == "digits"

    @pytest.mark.parametrize(
        "target, url",
        [
            ("+12025550123", "tel:+12025550123"),
            ("sip:support@example.com", "sip:support@example.com"),
            ("sips:support@example.com:5061", "sips:support@example.com:5061"),
        ],
    )
    def test_transfer(self, connection, target, url):
        assert send(connection, "transfer", target=target) == {
            "type": "event",
            "name": "transfer",
            "activityParams": {"transferTarget": url},
        }

    def test_hangup(self, connection):
        item = send(connection, "hangup")
        assert item["name"] == "hangup"
        assert item["activityParams"]["hangupReason"]

    def test_play(self):
        connection = Connection(playUrlMediaFormat="raw/mulaw", playUrlCaching=True)
        connection.initiate()
        assert send(connection, "play", url="https://example.com/a.wav") == {
            "type": "event",
            "name": "playUrl",
            "activityParams": {
                "playUrlUrl": "https://example.com/a.wav",
                "playUrlMediaFormat": "raw/mulaw",
                "playUrlCaching": True,
            },
        }

    @pytest.mark.parametrize("act", ["start", "stop", "pause", "resume"])
    def test_recording(self, connection, act):
        assert send(connection, f"{act}Recording") == {"type": "event", "name": f"{act}CallRecording"}

    def test_metadata(self, connection):
        check("sendMetadata", value={"order": 17})
        item = send(connection, "sendMetadata", value={"order": 17})
        assert item == {"type": "event", "name": "sendMetaData", "value": {"order": 17}}

    @pytest.mark.parametrize("value", ["order 17", 17, ["order"], None], ids=str)
    def test_metadata_that_is_no_object(self, value):
        with pytest.raises(BadCommand, match="JSON object"):
            check("sendMetadata", value=value)

    def test_text_to_be_said(self):
        connection = Connection()
        connection.initiate(expectAudioMessages=False)
        [message] = parsed(connection.protocol.say_text('Say "hello" – now'))
        assert message == {"type": "activities", "activities": [{"type": "message", "text": 'Say "hello" – now'}]}

    def test_failing_is_told_once(self, connection):
        assert parsed(connection.protocol.fail("out of order")) == [{"type": "session.error", "reason": "out of order"}]
        assert connection.protocol.fail("out of order") == []


class TestReceiptsOfPlayedFiles:
    FINISHED = activity(type="event", name="playFinished")
    FAILED = activity(
        type="event", name="playUrlFailed", value={"reason": "Invalid URL", "playUrlUrl": "https://a.example/"}
    )

    def test_finished(self, connection):
        send(connection, "play", url="https://a.example/")
        assert connection.receive(self.FINISHED) == [CommandOutcome("play", True)]

    def test_failed(self, connection):
        send(connection, "play", url="https://a.example/")
        assert connection.receive(self.FAILED) == [CommandOutcome("play", False, "Invalid URL")]

    def test_each_ends_once(self, connection):
        for _ in range(2):
            send(connection, "play", url="https://a.example/")
        assert connection.receive(self.FINISHED, self.FAILED, self.FINISHED) == [
            CommandOutcome("play", True),
            CommandOutcome("play", False, "Invalid URL"),
        ]

    def test_prompt_that_nobody_commanded(self, connection):
        assert connection.receive(self.FINISHED) == []

    def test_end_of_our_own_audio(self, connection):
        send(connection, "play", url="https://a.example/")
        connection.protocol.open_playout("")
        assert connection.receive(self.FINISHED) == []
        connection.protocol.close_playout()
        assert connection.receive(self.FINISHED) == [CommandOutcome("play", True)]


@pytest.mark.parametrize("asked", [True, False])
def test_receipt_of_a_played_file_is_promised_where_it_is_asked_for(asked):
    assert capabilities_of(AUDIOCODES, {"playNotifications": asked})["play"].confirms == asked


class TestWhatIsHeard:
    def told(self, connection, kind, text="", confidence=None):
        return parsed(connection.protocol.send_speech(Speech(kind, 100, text, confidence)))

    def test_speech_begins_and_ends(self, connection):
        assert self.told(connection, "started") == [{"type": "userStream.speech.started"}]
        assert self.told(connection, "stopped") == [{"type": "userStream.speech.stopped"}]

    def test_hypothesis(self, connection):
        assert self.told(connection, "interim", "i want") == [
            {"type": "userStream.speech.hypothesis", "alternatives": [{"text": "i want"}]}
        ]

    def test_recognition(self, connection):
        assert self.told(connection, "final", "i want to", 0.5) == [
            {"type": "userStream.speech.committed"},
            {"type": "userStream.speech.recognition", "alternatives": [{"text": "i want to", "confidence": 0.5}]},
        ]

    def test_recognition_of_unknown_confidence(self, connection):
        assert self.told(connection, "final", "yes")[1]["alternatives"] == [{"text": "yes"}]

    @pytest.mark.parametrize("kind", ["interim", "final"])
    def test_nothing_recognised(self, connection, kind):
        assert self.told(connection, kind) == []

    def test_participant(self, connection):
        connection.receive({"type": "userStream.start", "participant": "caller"}, chunk(b"ab", participant="caller"))
        assert self.told(connection, "started") == [{"type": "userStream.speech.started", "participant": "caller"}]
        assert "participant" not in self.told(connection, "interim", "yes")[0]
