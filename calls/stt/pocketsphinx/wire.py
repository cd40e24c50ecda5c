"""Messages between the server process and a worker process: msgpack, each behind its length (4 bytes, big-endian)."""

from __future__ import annotations

import msgspec

from calls.stt.base import Word


class Prepare(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """A phrase list that utterances may name by its key from now on; `build` a decoder for it at once."""

    key: int
    phrases: tuple[str, ...]
    build: bool


class Begin(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """An utterance of `speaker` at `rate` Hz, biased to the phrases `key`."""

    utterance: int
    speaker: int
    rate: int
    key: int


class Forget(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """The speaker says no more."""

    speaker: int


class Audio(msgspec.Struct, frozen=True, array_like=True, tag=True):
    utterance: int
    pcm: bytes  # 16-bit little-endian


class End(msgspec.Struct, frozen=True, array_like=True, tag=True):
    utterance: int


class Drop(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """Forget the utterance; nothing more is sent about it."""

    utterance: int


class Ready(msgspec.Struct, frozen=True, array_like=True, tag=True):
    pass


class Progress(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """`samples` of the utterance are decoded; since `start_ms` of it, `text` was heard (None: as before)."""

    utterance: int
    samples: int
    start_ms: int
    text: str | None


class Heard(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """A finished piece of an utterance. Times are milliseconds from the utterance's first sample."""

    utterance: int
    words: tuple[Word, ...]
    confidence: float


class Ended(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """Everything was said about the utterance."""

    utterance: int
    failed: bool = False


class Note(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """Something for the log, such as phrases that can't be used."""

    text: str


ToWorker = Prepare | Begin | Audio | End | Drop | Forget
FromWorker = Ready | Progress | Heard | Ended | Note

_encoder = msgspec.msgpack.Encoder()
decode_to_worker = msgspec.msgpack.Decoder(ToWorker).decode
decode_from_worker = msgspec.msgpack.Decoder(FromWorker).decode


def pack(message: ToWorker | FromWorker) -> bytes:
    body = _encoder.encode(message)
    return len(body).to_bytes(4, "big") + body
