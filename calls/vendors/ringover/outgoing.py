"""The messages that Ringover takes: five, each exactly as its README writes it."""

from __future__ import annotations

import base64
from collections.abc import Mapping

import msgspec

from calls.commands import BadCommand, Command
from calls.vendors.wav import write_wav

LARGEST = 2**53 - 1  # a JSON number up to here arrives unharmed whoever reads it
E164_DIGITS = range(3, 16)


def stream_audio(audio: bytes, rate: int, kind: str) -> str:
    """16-bit mono samples. All three fields have to be there, the rate as a number: a missing one may cost the call."""
    data = write_wav(audio, rate) if kind == "wav" else audio
    fields = {"audioDataType": kind, "sampleRate": rate, "audioData": base64.b64encode(data).decode("ascii")}
    return _encode({"type": "streamAudio", "data": fields})


def of_command(command: Command, options: Mapping[str, object]) -> list[str]:
    """Raises `BadCommand`, as `check_command` did before if anybody asked it."""
    match command.type:
        case "break":
            return [_encode({"event": "break"})]
        case "play":
            return [_encode({"event": "play", "file": command.params["url"]})]
        case "digits":
            return [_encode({"event": "digits", "data": digits_of(command, options)})]
        case "transfer":
            return [_encode({"event": "transfer", "data": number_of(command, options)})]
        case _:  # hang-up is the closing of the connection
            return []


def check_command(command: Command, options: Mapping[str, object]) -> None:
    of_command(command, options)


def digits_of(command: Command, options: Mapping[str, object]) -> int | str:
    """Ringover documents a number, which has no leading zero, `*` or `#`: what would not survive goes as a string."""
    digits = str(command.params["digits"])
    if options["digitsType"] == "string":
        return digits
    if digits.isascii() and digits.isdecimal() and str(int(digits)) == digits and int(digits) <= LARGEST:
        return int(digits)
    if options["digitsType"] == "auto":
        return digits
    raise BadCommand(
        "digits",
        "This profile sends digits as a number, which can't begin with 0, hold * and #, or be that long: change the "
        "digits, or the profile's option for them to auto.",
    )


def number_of(command: Command, options: Mapping[str, object]) -> int | str:
    """Ringover writes phone numbers in E.164 without the plus sign."""
    digits = str(command.params["target"]).removeprefix("+")
    if not (digits.isascii() and digits.isdecimal() and len(digits) in E164_DIGITS and digits[0] != "0"):
        raise BadCommand("target", "Ringover transfers to phone numbers only: give one such as +12025550123.")
    return digits if options["transferType"] == "string" else int(digits)


def _encode(message: Mapping[str, object]) -> str:
    return msgspec.json.encode(message).decode()
