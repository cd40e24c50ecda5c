"""Every message that the hub sends, against the table of Ringover's README."""

import base64
import json

import pytest

from calls.commands import BadCommand, Command
from calls.events import Speech
from calls.vendors.base import capabilities_of, with_defaults
from calls.vendors.ringover.listener import Wrong, read_message
from calls.vendors.wav import read_wav, write_wav
from tests.vendors.ringover.conversation import RINGOVER, connect, pcm


def sent(type, options=(), **params):
    """The one message of a command, as objects; only what passes `check_command` is sent."""
    command = Command(type, params)
    RINGOVER.check_command(command, with_defaults(RINGOVER, dict(options)))
    [message] = connect(**dict(options)).send_command(command)
    read_message(message)
    return json.loads(message)


def refused(type, options=(), **params):
    with pytest.raises(BadCommand) as error:
        RINGOVER.check_command(Command(type, params), with_defaults(RINGOVER, dict(options)))
    return error.value


def test_play():
    url = "https://test.com/test.mp3?a=1&b=é"
    assert sent("play", url=url) == {"event": "play", "file": url}


def test_break():
    assert sent("break") == {"event": "break"}


class TestStreamAudio:
    @pytest.mark.parametrize("rate", [8000, 16000, 24000])
    def test_raw(self, rate):
        audio = pcm(*range(-1000, 1001))
        [message] = connect(sampleRate=rate).send_audio(audio)
        data = base64.b64encode(audio).decode()
        assert json.loads(message) == {
            "type": "streamAudio",
            "data": {"audioDataType": "raw", "sampleRate": rate, "audioData": data},
        }
        assert f'"sampleRate":{rate},' in message

    @pytest.mark.parametrize("samples", [1, 2, 3])
    def test_base64_is_padded(self, samples):
        [message] = connect().send_audio(pcm(*range(samples)))
        text = json.loads(message)["data"]["audioData"]
        assert len(text) % 4 == 0
        assert base64.b64decode(text, validate=True) == pcm(*range(samples))

    def test_wav(self):
        [message] = connect(audioDataType="wav").send_audio(pcm(1, 2, 3))
        data = json.loads(message)["data"]
        assert (data["audioDataType"], data["sampleRate"]) == ("wav", 8000)
        file = base64.b64decode(data["audioData"], validate=True)
        assert read_wav(file, "it", connect().play_format) == pcm(1, 2, 3)

    def test_no_audio_is_not_sent(self):
        assert connect().send_audio(b"") == ()

    def test_turns_are_not_marked(self):
        protocol = connect()
        assert [*protocol.open_playout("hello"), *protocol.close_playout()] == []


class TestDigits:
    @pytest.mark.parametrize(
        ("digits", "auto"),
        [
            ("123", 123),
            ("0", 0),
            ("9007199254740991", 9007199254740991),
            ("012", "012"),
            ("00", "00"),
            ("012*#", "012*#"),
            ("*", "*"),
            ("9007199254740993", "9007199254740993"),
            ("1" * 64, "1" * 64),
            ("٣", "٣"),
            ("1_0", "1_0"),
        ],
    )
    def test_as_a_number_where_nothing_is_lost(self, digits, auto):
        [message] = connect().send_command(Command("digits", {"digits": digits}))
        data = json.loads(message)["data"]
        assert (data, type(data)) == (auto, type(auto))

    def test_always_as_a_string(self):
        assert sent("digits", {"digitsType": "string"}, digits="123") == {"event": "digits", "data": "123"}

    def test_always_as_a_number(self):
        assert sent("digits", {"digitsType": "number"}, digits="123") == {"event": "digits", "data": 123}

    @pytest.mark.parametrize("digits", ["012", "00", "1*", "#", "9007199254740993"])
    def test_number_that_would_be_mangled_is_refused(self, digits):
        error = refused("digits", {"digitsType": "number"}, digits=digits)
        assert error.field == "digits"
        assert "auto" in str(error)


class TestTransfer:
    @pytest.mark.parametrize("kind", ["auto", "number"])
    def test_as_a_number_without_the_plus_sign(self, kind):
        message = sent("transfer", {"transferType": kind}, target="+12025550123")
        assert message == {"event": "transfer", "data": 12025550123}

    def test_as_a_string_without_the_plus_sign(self):
        message = sent("transfer", {"transferType": "string"}, target="+12025550123")
        assert message == {"event": "transfer", "data": "12025550123"}

    def test_longest_number(self):
        assert sent("transfer", target="+999999999999999")["data"] == 999999999999999

    @pytest.mark.parametrize(
        "target", ["sip:user@host", "sips:user@host", "tel:+1", "abc", "", "+", "+0123", "+1234567890123456", "+٣٣٣٣"]
    )
    @pytest.mark.parametrize("kind", ["auto", "number", "string"])
    def test_everything_else_is_refused(self, kind, target):
        assert refused("transfer", {"transferType": kind}, target=target).field == "target"


class TestHangUp:
    def test_closes_the_connection(self):
        assert connect().send_command(Command("hangup")) == []
        capability = capabilities_of(RINGOVER, {})["hangup"]
        assert (capability.closes, capability.confirmed_by_end, capability.needs_account) == (True, True, False)

    def test_by_rest(self):
        assert connect(hangup="rest").send_command(Command("hangup")) == []
        capability = capabilities_of(RINGOVER, {"hangup": "rest"})["hangup"]
        assert (capability.closes, capability.confirms, capability.needs_account) == (False, True, True)


def test_hub_keeps_everything_else_to_itself():
    protocol = connect()
    said = [
        *protocol.send_speech(Speech(kind="final", at_ms=1, text="hello")),
        *protocol.say_text("hello"),
        *protocol.fail("broken"),
    ]
    assert said == []
    assert not protocol.takes_text


class TestWhatTheSimulatorFindsWrong:
    AUDIO = base64.b64encode(pcm(1, 2)).decode()

    @pytest.mark.parametrize(
        ("message", "fault"),
        [
            (b"audio", "binary message"),
            ("", "no JSON"),
            ("[]", "no object"),
            ('{"event":"break","event":"break"}', "twice"),
            ('{"event":"digits","data":NaN}', "NaN"),
            ('{"event":"mark"}', "unknown event: 'mark'"),
            ('{"data":1}', "unknown event: None"),
            ('{"event":"break","data":null}', "the keys data, event"),
            ('{"event":"streamAudio","data":{}}', "unknown event"),
            ('{"type":"break","data":{}}', "unknown type"),
            ('{"event":"play","url":"https://a/b"}', "the keys event, url"),
            ('{"event":"play","file":"b.mp3"}', "no URL"),
            ('{"event":"digits","data":true}', "data True"),
            ('{"event":"digits","data":1.5}', "data 1.5"),
            ('{"event":"digits","data":"12a"}', "data '12a'"),
            ('{"event":"transfer","data":"+12025550123"}', "data '+12025550123'"),
            ('{"event":"transfer","data":0}', "data 0"),
        ],
        ids=range(17),
    )
    def test_messages(self, message, fault):
        with pytest.raises(Wrong, match=fault.replace("+", r"\+")):
            read_message(message)

    @pytest.mark.parametrize(
        ("change", "fault"),
        [
            ({"audioDataType": "opus"}, "audioDataType 'opus'"),
            ({"sampleRate": "8000"}, "sampleRate '8000'"),
            ({"sampleRate": 8000.0}, "sampleRate 8000.0"),
            ({"sampleRate": True}, "sampleRate True"),
            ({"sampleRate": 11025}, "sampleRate 11025"),
            ({"audioData": ""}, "without audio"),
            ({"audioData": None}, "without audio"),
            ({"audioData": AUDIO + "=" * 4}, "no padded base64"),
            ({"audioData": "AQACAA"}, "no padded base64"),
            ({"audioData": "AQA\nCAA=="}, "no padded base64"),
            ({"audioData": "AQAC"}, "half a sample"),
            ({"audioDataType": "wav"}, "not a WAV file"),
            ({"more": 1}, "the keys"),
        ],
        ids=range(13),
    )
    def test_audio(self, change, fault):
        data = {"audioDataType": "raw", "sampleRate": 8000, "audioData": self.AUDIO} | change
        with pytest.raises(Wrong, match=fault):
            read_message(json.dumps({"type": "streamAudio", "data": data}))

    @pytest.mark.parametrize("missing", ["audioDataType", "sampleRate", "audioData"])
    def test_every_field_of_audio_must_be_there(self, missing):
        data = {"audioDataType": "raw", "sampleRate": 8000, "audioData": self.AUDIO}
        del data[missing]
        with pytest.raises(Wrong, match="the keys"):
            read_message(json.dumps({"type": "streamAudio", "data": data}))

    def test_wav_of_another_rate(self):
        data = {
            "audioDataType": "wav",
            "sampleRate": 8000,
            "audioData": base64.b64encode(write_wav(pcm(1, 2), 16000)).decode(),
        }
        with pytest.raises(Wrong, match="another rate"):
            read_message(json.dumps({"type": "streamAudio", "data": data}))
