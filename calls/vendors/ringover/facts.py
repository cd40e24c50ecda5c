"""What Ringover tells of a call, whichever way it spells the names: in the upgrade's query, in the first text message or
in any later one.

None of these names is documented. Those that Ringover uses in its REST API and webhooks are known here, and those that
FreeSWITCH, which streams like this, gives such facts; case and punctuation don't matter, and an envelope around the facts
(`{"data": {…}}`) is looked through. Whatever else is told is kept as it came.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

import msgspec

from calls.events import CallInfo
from calls.vendors.values import read_text, squash

# Names, squashed, the better one first: a value under a worse name counts only where no better one says anything.
CALL_ID = ("callid", "calluuid", "uuid", "uniqueid", "sessionuuid", "id")
CHANNEL_ID = ("channelid", "channeluuid")
NAMES: Mapping[str, tuple[str, ...]] = {
    "from_number": ("fromnumber", "from", "ani", "callernumber", "caller", "callerid", "calleridnumber", "cli"),
    "to_number": ("tonumber", "to", "dnis", "calleenumber", "callee", "callednumber", "called", "destinationnumber"),
    "agent_id": ("agentid", "userid"),
    "direction": ("direction", "calldirection"),
}
ENCODING = ("encoding", "codec", "audioencoding", "audioformat", "format")
RATE = ("samplerate", "sampleratehertz", "sampleratehz", "samplingrate", "rate")
CHANNELS = ("channels", "channelcount", "audiochannels")

# Where the facts may be wrapped in.
ENVELOPES = {"data", "metadata", "meta", "payload", "params", "parameters", "info", "start", "message", "body"}
PREFIXES = {"call", "audio", "media", "mediaformat"}  # `{"call": {"from": …}}`: the inner name may do alone
SECRETS = ("token", "secret", "password", "authorization", "key", "signature", "jwt")
DIRECTIONS = {
    **dict.fromkeys(("in", "inbound", "incoming"), "inbound"),
    **dict.fromkeys(("out", "outbound", "outgoing"), "outbound"),
}
ENCODINGS = {
    **dict.fromkeys(("l16", "pcm", "linear16", "lpcm16", "pcm16", "s16le", "pcms16le", "raw", "slin"), "l16"),
    "rtp": "rtp",
}
RATES = (8000, 16000, 24000, 32000, 48000)  # Hz
KINDS = (("event",), ("type",))  # they say what a message is, nothing of the call
KEY_KINDS = ("dtmf", "digit", "digits")  # of a message that tells which keys were pressed, should there be such a one
KEY_NAMES = ("digits", "digit", "data", "value")
MAX_KEYS = 64  # in a message
MAX_DEPTH, MAX_VALUES = 4, 200  # of a message
MAX_EXTRA, MAX_ODD = 50, 3  # facts without a field, and unknown formats, that are kept of a stream
LONGEST_ID, LONGEST_FACT, LONGEST_NAME = 200, 64, 64  # characters: what the tables hold


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """The facts of a message. `info.extra` has each id and everything without a field, by Ringover's names. A format is
    "" or 0 where nothing is told of it; `odd` says which of it was told but is unknown."""

    info: CallInfo
    encoding: str = ""
    rate: int = 0  # Hz
    channels: int = 0
    odd: tuple[str, ...] = ()

    def over(self, other: Told) -> Told:
        """These facts, and `other`'s where this says nothing."""
        info = self.info.over(other.info)
        return Told(
            info=msgspec.structs.replace(info, extra=dict(islice(info.extra.items(), MAX_EXTRA))),
            encoding=self.encoding or other.encoding,
            rate=self.rate or other.rate,
            channels=self.channels or other.channels,
            odd=tuple(dict.fromkeys((*other.odd, *self.odd)))[:MAX_ODD],
        )


def read_facts(pairs: Iterable[tuple[Sequence[str], object]]) -> Told:
    """Of names (each a path through nested objects) and values. Never raises."""
    found: dict[str, str] = {}  # by squashed name; of a repeated one the first that says something
    extra: dict[str, str] = {}
    for path, value in pairs:
        name = _name_of(path)
        text = read_text(value, LONGEST_ID)
        if not text or any(word in squash(part) for part in path for word in SECRETS):
            continue
        found.setdefault(name, text)
        own_name = read_text(".".join(path), LONGEST_NAME)
        if own_name and len(extra) < MAX_EXTRA and (name in CALL_ID or name not in _WITH_FIELD):
            extra.setdefault(own_name, text)
    facts = {field: text for field, names in NAMES.items() if (text := _first(found, names))[:LONGEST_FACT] == text}
    facts["direction"] = DIRECTIONS.get(facts.get("direction", "").lower(), "")
    encoding, rate, channels = (_first(found, names) for names in (ENCODING, RATE, CHANNELS))
    told = Told(
        info=CallInfo(call_id=_first(found, CALL_ID), extra=extra, **facts),
        encoding=ENCODINGS.get(squash(encoding), ""),
        rate=_read_rate(rate),
        channels={"1": 1, "mono": 1, "mixed": 1, "2": 2, "stereo": 2}.get(channels.lower(), 0),
    )
    known = ((encoding, told.encoding), (rate, told.rate), (channels, told.channels))
    return msgspec.structs.replace(told, odd=tuple(text for text, value in known if text and not value))


def read_keys(message: Mapping[str, object]) -> str:
    """The keys that a message tells, if that is what it is for. Never raises."""
    if not any(squash(read_text(message.get(kind), LONGEST_NAME)) in KEY_KINDS for (kind,) in KINDS):
        return ""
    data = message.get("data")
    for place in (message, data if isinstance(data, dict) else {}):
        for name in KEY_NAMES:
            keys = read_text(place.get(name), MAX_KEYS).upper()
            if re.fullmatch("[0-9*#A-D]+", keys):
                return keys
    return ""


def walk(value: object) -> Iterator[tuple[Sequence[str], object]]:
    """Every value in nested objects with the path to it, the outermost first. Lists are passed over: what is in one is
    not about this call alone."""
    waiting: deque[tuple[tuple[str, ...], object]] = deque([((), value)])
    for _ in range(MAX_VALUES):
        if not waiting:
            return
        path, value = waiting.popleft()
        if not isinstance(value, dict):
            if path and path not in KINDS:
                yield path, value
        elif len(path) < MAX_DEPTH:
            waiting += [((*path, name), inner) for name, inner in islice(value.items(), MAX_VALUES)]


def call_ids(info: CallInfo) -> list[str]:
    """Every id that Ringover may know the call by, the likeliest first."""
    return list(dict.fromkeys(filter(None, [info.call_id, *_ids(info, CALL_ID)])))


def channel_ids(info: CallInfo) -> list[str]:
    return _ids(info, CHANNEL_ID)


def _ids(info: CallInfo, names: Sequence[str]) -> list[str]:
    by_name = [(_name_of(own_name.split(".")), text) for own_name, text in info.extra.items()]
    return [text for wanted in names for name, text in by_name if name == wanted]


def _name_of(path: Sequence[str]) -> str:
    """What a fact is called, without its wrapping."""
    names = [name for name in map(squash, path[:-1]) if name not in ENVELOPES]
    last = squash(path[-1])
    whole = "".join(names) + last
    if whole not in _KNOWN and names and names[0] in PREFIXES:
        whole = "".join(names[1:]) + last
    return whole


def _first(found: Mapping[str, str], names: Sequence[str]) -> str:
    return next((found[name] for name in names if name in found), "")


def _read_rate(text: str) -> int:
    """Hz, also written as "16k" or "16000 Hz"; 0 for a rate that no telephone has."""
    number = squash(text).removesuffix("hz")
    number = number[:-1] + "000" if number.endswith("k") else number
    return int(number) if number in map(str, RATES) else 0


_FORMAT = {*ENCODING, *RATE, *CHANNELS}
_WITH_FIELD = {name for names in NAMES.values() for name in names} | _FORMAT
_KNOWN = {*CALL_ID, *CHANNEL_ID, *_WITH_FIELD}
