"""The simulated platform: what it does, and what it finds wrong with a hub."""

import base64

import pytest

from calls.commands import Command
from calls.events import AudioFrame, CommandOutcome, Dtmf, Ready, StreamStarted, StreamStopped, TextHeard, TrackPaused
from calls.vendors.audiocodes import formats
from calls.vendors.wav import be_silent, read_wav
from tests.vendors import line
from tests.vendors.audiocodes.conftest import AUDIOCODES, call_of, opened, sent

TONE = bytes(range(1, 201)) * 160  # one second of raw/lpcm16


def converse(*arguments, **audio):
    return line.converse(AUDIOCODES, *arguments, **audio)


def heard_of(heard):
    return b"".join(event.payload for event in heard.of_type(AudioFrame))


class TestWhatItSends:
    def test_a_session_from_end_to_end(self):
        heard = converse(customer=TONE)
        types = [message["type"] for message in sent(heard)]
        assert types == [
            "session.initiate",
            "activities",
            "userStream.start",
            *["userStream.chunk"] * 50,
            "userStream.stop",
            "session.end",
        ]
        assert len({message["conversationId"] for message in sent(heard)}) == 1
        assert (heard.faults, heard.end) == ([], "close")
        assert heard_of(heard) == TONE

    def test_chunks_come_as_they_are_spoken(self):
        heard = converse(customer=TONE)
        times = [at for at, message in heard.sent if "userStream.chunk" in message]
        assert times == pytest.approx([0.02 * number for number in range(1, 51)])

    @pytest.mark.parametrize("name", formats.NAMES)
    def test_each_format(self, name):
        media = formats.parse(name)
        audio = be_silent(media.audio, 1)
        heard = converse("--format", name, customer=audio)
        assert heard.faults == []
        assert heard.of_type(StreamStarted)[-1].audio == media.audio
        assert heard_of(heard) == audio
        first = base64.b64decode(sent(heard, "userStream.chunk")[0]["audioChunk"])
        assert first.startswith(b"RIFF") == media.wav

    def test_cycles(self):
        heard = converse("--cycles", "4", customer=TONE)
        assert len(sent(heard, "userStream.start")) == len(sent(heard, "userStream.stop")) == 4
        assert len(heard.of_type(TrackPaused)) == 4
        assert heard_of(heard) == TONE
        assert heard.faults == []

    def test_numbers(self):
        heard = converse("--caller", "+331", "--callee", "+332", "--conversation-id", "c 7")
        info = heard.of_type(StreamStarted)[-1].info
        assert (info.call_id, info.from_number, info.to_number) == ("c 7", "+331", "+332")

    def test_calls_have_ids_of_their_own(self):
        calls = line.simulate(AUDIOCODES, "--conversation-id", "c", calls=3)
        assert [call.streams[0].conversation.id for call in calls] == ["c-1", "c-2", "c-3"]
        assert call_of().streams[0].label != call_of().streams[0].label

    def test_secret(self):
        [call] = line.simulate(AUDIOCODES, "--secret", "s3")
        assert line.handshake_of(AUDIOCODES, call.streams[0].upgrade).secrets == ("s3",)
        assert call_of().streams[0].upgrade.headers == []

    def test_keys(self):
        heard = converse("--press", "0.5:1", "--press", "0.2:23#")
        assert [(at, event.digits) for at, event in heard.events if isinstance(event, Dtmf)] == [
            (pytest.approx(0.2), "23#"),
            (pytest.approx(0.5), "1"),
        ]

    def test_keys_after_the_audio(self):
        heard = converse("--press", "3:1", seconds=1)
        assert heard.of_type(Dtmf) == [Dtmf("1")]
        assert heard.sent[-1][0] > 3

    def test_keys_that_the_hub_never_asked_for(self):
        heard = converse("--press", "0.5:1", options=[("sendDtmf", False)])
        assert heard.of_type(Dtmf) == []
        assert "never set sendDTMF" in heard.notes[0]

    def test_session_that_is_cut(self):
        heard = converse("--drop")
        assert heard.end == "drop"
        assert sent(heard, "session.end") == []

    def test_resume(self):
        first, second = call_of("--resume", customer=TONE).streams
        before = line.Line(first, line.make_protocol(AUDIOCODES)).run()
        told = before.of_type(StreamStarted)[-1].info.extra
        after = line.Line(second, line.make_protocol(AUDIOCODES), told).run()
        assert (before.end, after.end) == ("drop", "close")
        assert second.upgrade.wait > 0
        assert sent(after)[0]["type"] == "session.resume"
        assert heard_of(before) + heard_of(after) == TONE
        assert before.faults == after.faults == []
        assert after.of_type(Ready)

    def test_resume_in_another_format(self):
        first, second = call_of("--resume", "--format", "raw/mulaw", customer=b"a" * 8000).streams
        line.Line(first, line.make_protocol(AUDIOCODES)).run()
        after = line.Line(second, line.make_protocol(AUDIOCODES), {"mediaFormat": "raw/lpcm16"}).run()
        assert "accepted raw/lpcm16; offered: raw/mulaw" in after.faults[0]

    def test_validation(self):
        heard = converse("--validate")
        assert [message["type"] for message in sent(heard)] == ["connection.validate"]
        assert (heard.faults, heard.end) == ([], "close")

    @pytest.mark.parametrize(
        "arguments",
        [["--press", "x"], ["--press", "3:"], ["--press", "3:z"], ["--format", "mp3"], ["--cycles", "0"]],
        ids=" ".join,
    )
    def test_wrong_arguments(self, arguments, capsys):
        with pytest.raises(SystemExit):
            call_of(*arguments)
        assert arguments[0] in capsys.readouterr().err

    def test_arguments_that_contradict_each_other(self):
        with pytest.raises(ValueError, match="--resume"):
            call_of("--text", "hello", "--resume")


class TestTextMode:
    def test_turns(self):
        protocol_says = []

        def react(now, event):
            """A hub that answers each turn, and begins with a greeting."""
            if isinstance(event, Ready | TextHeard):
                words = "hello" if isinstance(event, Ready) else f"you said {event.text}"
                protocol_says.append(now)
                return made.protocol.say_text(words)
            return ()

        stream = call_of("--text", "one", "--text", "two").streams[0]
        made = line.Line(stream, line.make_protocol(AUDIOCODES))
        heard = made.run(react=react)
        assert heard.faults == []
        assert heard.notes == ["the hub says: hello", "the hub says: you said one", "the hub says: you said two"]
        assert [event.text for event in heard.of_type(TextHeard)] == ["one", "two"]
        assert protocol_says == sorted(protocol_says)
        assert sent(heard, "userStream.start") == []

    def test_hub_that_says_nothing(self):
        heard = converse("--text", "one")
        assert [event.text for event in heard.of_type(TextHeard)] == ["one"]
        assert heard.faults == []

    def test_audio_is_wrong(self):
        made = opened("--text", "one")
        made.say(made.protocol.open_playout("hello"))
        assert made.heard.faults == ["audio is played though the platform speaks itself"]


class TestWhatItDoes:
    def test_hangup(self):
        made = opened()
        made.say(made.protocol.send_command(Command("hangup")))
        heard = made.run()
        assert sent(heard, "session.end")[0]["reasonCode"] == "bot-disconnected"
        assert CommandOutcome("hangup", True, "bot disconnected") in heard.of_type(CommandOutcome)
        assert (heard.faults, heard.end) == ([], "close")
        assert heard.sent[-1][0] < 2

    def test_end_that_the_hub_says(self):
        made = opened()
        made.say(['{"type":"session.end","reasonCode":"bot-disconnected"}'])
        assert made.run().of_type(StreamStopped)

    def test_transfer(self):
        made = opened()
        made.say(made.protocol.send_command(Command("transfer", {"target": "+12025550123"})))
        heard = made.run()
        assert CommandOutcome("transfer", True, "answered") in heard.of_type(CommandOutcome)
        assert sent(heard, "session.end")[0]["reasonCode"] == "transferred"
        assert "the hub transfers to tel:+12025550123" in heard.notes

    def test_transfer_without_notifications(self):
        made = opened(options=[("transferNotifications", False)])
        made.say(made.protocol.send_command(Command("transfer", {"target": "sip:a@b.example"})))
        outcomes = [event for event in made.run().of_type(CommandOutcome) if event.type == "transfer"]
        assert outcomes == [CommandOutcome("transfer", True, "transferred")]

    def test_transfer_that_fails(self):
        made = opened("--transfer-fails", seconds=3)
        made.say(made.protocol.send_command(Command("transfer", {"target": "+12025550123"})))
        heard = made.run()
        assert heard.of_type(CommandOutcome)[0] == CommandOutcome(
            "transfer", False, "The number was busy (SIP ;cause=486)."
        )
        assert sent(heard, "session.end")[0]["reasonCode"] == "client-disconnected"

    @pytest.mark.parametrize("arguments, ok, detail", [([], True, ""), (["--play-fails"], False, "not found")])
    def test_file(self, arguments, ok, detail):
        made = opened(*arguments, seconds=3)
        made.say(made.protocol.send_command(Command("play", {"url": "https://a.example/b.wav"})))
        assert made.run().of_type(CommandOutcome)[0] == CommandOutcome("play", ok, detail)

    @pytest.mark.parametrize("arguments", [[], ["--play-fails"]])
    def test_file_that_nobody_asked_about(self, arguments):
        made = opened(*arguments, seconds=3, options=[("playNotifications", False)])
        made.say(made.protocol.send_command(Command("play", {"url": "https://a.example/b.wav"})))
        assert not [event for event in made.run().of_type(CommandOutcome) if event.type == "play"]

    @pytest.mark.parametrize("barge_in, chunks", [(True, 150), (False, 100)])
    def test_caller_is_withheld_without_barge_in(self, barge_in, chunks):
        made = opened(seconds=3, options=[("bargeIn", barge_in)])
        made.say(made.protocol.open_playout(""))
        made.run(until=2.0)
        made.say(made.protocol.close_playout())
        assert len(sent(made.run(), "userStream.chunk")) == pytest.approx(chunks, abs=1)

    def test_what_was_heard(self):
        call = call_of(seconds=3)
        made = line.Line(call.streams[0], line.make_protocol(AUDIOCODES))
        made.run(until=1.0)
        made.say([*made.protocol.open_playout(""), *made.protocol.send_audio(TONE[:3200])])
        made.say(made.protocol.close_playout())
        heard = read_wav(call.heard.wav(16000), "heard.wav", formats.DEFAULT.audio)
        assert heard == bytes(32000) + TONE[:3200]

    def test_break_cuts_what_is_heard(self):
        call = call_of(seconds=3)
        made = line.Line(call.streams[0], line.make_protocol(AUDIOCODES))
        made.run(until=1.0)
        made.say([*made.protocol.open_playout(""), *made.protocol.send_audio(TONE[:6400])])
        made.run(until=1.1)
        made.say(made.protocol.send_command(Command("break")))
        assert call.heard.end == pytest.approx(1.1)
