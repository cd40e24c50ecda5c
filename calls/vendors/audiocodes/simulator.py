"""`manage.py simulate audiocodes`: its options, and what happens in each connection. See `platform.py`."""

from __future__ import annotations

import argparse
import datetime
import uuid
from collections.abc import Mapping, Sequence

from calls.events import AudioFormat
from calls.vendors.audiocodes import formats
from calls.vendors.audiocodes.platform import AudioCodesStream, Plan, Setup
from calls.vendors.audiocodes.referee import Conversation
from calls.vendors.heard import Heard
from calls.vendors.simulation import ANY_PACE, SimulatedCall, Simulator, count


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--slug", default="demo", help="Of the profile, in the default URL. Default: %(default)s")
    add("--secret", default="", help="The profile's secret, sent as bearer token.")
    add("--format", choices=formats.NAMES, default="raw/lpcm16", help="The media format. Default: %(default)s")
    add("--conversation-id", help="Several calls get -1, -2 … appended. Default: a new one.")
    add("--caller", default="+12025550123")
    add("--callee", default="+18005550100")
    add("--cycles", type=count, default=1, metavar="N", help="User streams that the audio comes in.")
    add("--text", action="append", default=[], metavar="WORDS", help="The platform recognises and speaks itself; the "
        "caller says this. Again for each of his turns.")  # fmt: skip
    add("--press", type=_keys, action="append", default=[], metavar="SECOND:KEYS", help="Such as 3:1 or 4.5:12#.")
    add("--resume", action="store_true", help="Cut the connection halfway, and go on over another.")
    add("--drop", action="store_true", help="Cut the connection at the end instead of ending the session.")
    add("--transfer-fails", action="store_true", help="Transfers end with “busy”, and the call goes on.")
    add("--play-fails", action="store_true", help="Files can't be played.")
    add("--any-pace", action="store_true", help=ANY_PACE)
    add("--validate", action="store_true", help="Only ask whether somebody is there, by connection.validate.")


def _keys(text: str) -> tuple[float, str]:
    at, _, keys = text.partition(":")
    if not keys or set(keys) - set("0123456789*#ABCD"):
        raise argparse.ArgumentTypeError("must be a second and keys, such as 3:1")
    return float(at), keys


def _audio(options: argparse.Namespace) -> AudioFormat:
    return _media(options).audio


def _media(options: argparse.Namespace) -> formats.MediaFormat:
    media = formats.parse(options.format)
    assert media is not None
    return media


def _make_calls(
    options: argparse.Namespace, agent: bytes, customer: bytes, now: datetime.datetime
) -> Sequence[SimulatedCall]:
    if options.text and options.resume:
        raise ValueError("--resume cuts the audio in two, and with --text there is none")
    call_id = options.conversation_id or str(uuid.uuid4())
    ids = [call_id] if options.calls == 1 else [f"{call_id}-{number}" for number in range(1, options.calls + 1)]
    return [_make_call(options, id, customer) for id in ids]


def _make_call(options: argparse.Namespace, id: str, customer: bytes) -> SimulatedCall:
    media = _media(options)
    headers = [("Authorization", f"Bearer {options.secret}")] if options.secret else []
    setup = Setup(
        headers=headers,
        media=media,
        caller=options.caller,
        callee=options.callee,
        transfer_fails=options.transfer_fails,
        play_fails=options.play_fails,
    )
    conversation = Conversation(
        id=id,
        offered=(media.name,),
        text_mode=bool(options.text),
        heard=Heard(),
        paced=options.speed == 1 and not options.any_pace,
    )
    plans = _plans(options, customer, media)
    return SimulatedCall([AudioCodesStream(conversation, setup, plan) for plan in plans], conversation.heard)


def _plans(options: argparse.Namespace, customer: bytes, media: formats.MediaFormat) -> Sequence[Plan]:
    keys = sorted(options.press)
    if options.validate:
        return [Plan("connection.validate", (), (), (), drops=False)]
    if options.text:
        return [Plan("session.initiate", (), options.text, keys, drops=options.drop)]
    if not options.resume:
        cycles = _cut(customer, options.cycles, media.sample_bytes)
        return [Plan("session.initiate", cycles, (), keys, drops=options.drop)]
    first, second = [*_cut(customer, 2, media.sample_bytes), b""][:2]
    return [
        Plan("session.initiate", _cut(first, options.cycles, media.sample_bytes), (), keys, drops=True),
        Plan("session.resume", _cut(second, options.cycles, media.sample_bytes), (), (), drops=options.drop),
    ]


def _cut(audio: bytes, parts: int, sample_bytes: int) -> Sequence[bytes]:
    samples = -(-len(audio) // sample_bytes // parts)
    size = max(1, samples) * sample_bytes
    return [audio[start : start + size] for start in range(0, len(audio), size)]


def _from_options(options: Mapping[str, object]) -> Sequence[str]:
    return [] if options["mediaFormat"] == "auto" else ["--format", str(options["mediaFormat"])]


SIMULATOR = Simulator(
    path="/ws/audiocodes/{slug}/",
    audio=_audio,
    silent=True,
    hears=True,
    add_arguments=_add_arguments,
    from_options=_from_options,
    call_id_argument="--conversation-id",
    preflight=("--validate",),
    make_calls=_make_calls,
)
