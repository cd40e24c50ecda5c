"""Decoders and utterances, inside a worker process. One decoder serves one utterance at a time."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from itertools import islice

from pocketsphinx import Config, Decoder, NGramModel, set_loglevel

from calls.stt.base import Word
from calls.stt.pocketsphinx import languages, tuning
from calls.stt.pocketsphinx.phrases import PhrasePlan
from calls.stt.pocketsphinx.voice import TelephoneBand, Voice
from calls.stt.pocketsphinx.wire import Begin, Ended, FromWorker, Heard, Note, Progress

FRAME_MS = 10
_VARIANT = re.compile(r"\(\d+\)$")

Send = Callable[[FromWorker], None]


def _clean(word: str) -> str:
    """The word without its variant mark; "" for silence and noise."""
    return "" if word[0] in "<[+" else _VARIANT.sub("", word)


class BiasedDecoder:
    """A decoder with its dictionary and its language model, built for one phrase list."""

    def __init__(self, general: NGramModel | None, key: int, phrases: tuple[str, ...], send: Send) -> None:
        set_loglevel("FATAL")
        config = Config(lm=None, **tuning.DECODER)
        self.key = key
        self.decoder = Decoder(config)
        self.general = general or languages.general_model(config)
        model = self.general
        plan = PhrasePlan(phrases, self.decoder.lookup_word)
        if plan.left_out:
            send(Note(f"phrases with these words can't be used: {', '.join(sorted(set(plan.left_out))[:20])}"))
        if arpa := plan.arpa():
            try:
                for word, sounds in plan.new_words.items():
                    self.decoder.add_word(word, sounds, False)
                model = languages.mixed_model(self.general, languages.phrase_model(config, arpa))
            except (OSError, AttributeError, ValueError, RuntimeError) as error:
                send(Note(f"the phrase list is not used: {error}"))
        self.decoder.add_lm("speech", model)
        self.decoder.activate_search("speech")


class DecoderPool:
    """At most `limit` decoders, built when first needed, kept by phrase list; the longest unused makes room."""

    def __init__(self, limit: int, send: Send) -> None:
        self._limit, self._send = limit, send
        self._phrases: dict[int, tuple[str, ...]] = {0: ()}
        self._free: list[BiasedDecoder] = []
        self._count = 0
        self._general: NGramModel | None = None

    def prepare(self, key: int, phrases: tuple[str, ...], build: bool) -> None:
        self._phrases[key] = phrases
        if build and all(decoder.key != key for decoder in self._free) and (decoder := self.take(key)):
            self.give_back(decoder)

    def take(self, key: int) -> BiasedDecoder | None:
        """None while all are at work."""
        for i, decoder in enumerate(self._free):
            if decoder.key == key:
                return self._free.pop(i)
        if self._count >= self._limit:
            if not self._free:
                return None
            del self._free[0]
            self._count -= 1
        made = BiasedDecoder(self._general, key, self._phrases.get(key, ()), self._send)
        self._general = made.general
        self._count += 1
        return made

    def give_back(self, decoder: BiasedDecoder) -> None:
        self._free.append(decoder)

    def discard(self, decoder: BiasedDecoder | None) -> None:
        """A decoder in an unknown state is not used again."""
        self._count -= decoder is not None


class Utterance:
    """Audio of one utterance on its way through a decoder, cut into passages of bounded length.

    A passage that grows too long is ended at the last pause or word boundary, and the audio after that is decoded
    again at the head of the next passage: no word is cut in two.
    """

    def __init__(self, begin: Begin, voice: Voice, send: Send) -> None:
        self.number, self.speaker, self.rate, self.key = begin.utterance, begin.speaker, begin.rate, begin.key
        self._voice, self._send = voice, send
        self.pieces: deque[bytes] = deque()
        self.ended = False
        self.decoder: BiasedDecoder | None = None
        self._wide = False
        self._band = TelephoneBand(begin.rate)
        self._passage = bytearray()  # 16 kHz, since `_start_ms`
        self._start_ms = 0
        self._samples = 0
        self._text, self._text_samples = "", 0

    def add(self, pcm: bytes) -> None:
        """Cuts what comes into pieces small enough to take turns with."""
        size = self.rate * tuning.PIECE_MS // 1000 * 2
        self.pieces.extend(pcm[i : i + size] for i in range(0, len(pcm), size))

    def begin(self, decoder: BiasedDecoder) -> None:
        if self.pieces and self.rate == tuning.MODEL_RATE:
            self._wide = self._voice.is_wide(b"".join(islice(self.pieces, tuning.ONSET_PIECES)))
        self.begin_passage(decoder)

    def begin_passage(self, decoder: BiasedDecoder) -> None:
        self.decoder = decoder
        # A moment of silence first: the decoder starts its search for densities where the last speaker's ended, and
        # would hear the same audio differently after different calls. 9 ms.
        decoder.decoder.start_utt()
        decoder.decoder.process_raw(bytes(2 * tuning.MODEL_RATE // 10))
        decoder.decoder.end_utt()
        decoder.decoder.set_cmn(self._voice.mean(self._wide))
        decoder.decoder.start_utt()

    def step(self) -> bool:
        """Decodes one piece; True when the utterance is over and its decoder free again."""
        assert self.decoder is not None
        if self.pieces:
            pcm = self.pieces.popleft()
            self._samples += len(pcm) // 2
            if self.rate == tuning.MODEL_RATE:
                self._voice.listen(pcm)
            self._decode(pcm if self._wide else self._band.process(pcm))
            self._report()
            if len(self._passage) >= tuning.PASSAGE_SECONDS * tuning.MODEL_RATE * 2:
                self._next_passage()
        if self.pieces or not self.ended:
            return False
        self._hear(self._finish(), None)
        self._send(Ended(self.number))
        return True

    def abandon(self) -> None:
        """Frees the decoder in the middle of the utterance."""
        if self.decoder is not None:
            self.decoder.decoder.end_utt()

    def _decode(self, pcm: bytes) -> None:
        assert self.decoder is not None
        self._passage += pcm
        self.decoder.decoder.process_raw(pcm)

    def _report(self) -> None:
        assert self.decoder is not None
        text = None
        if self._samples - self._text_samples >= self.rate * tuning.INTERIM_MS // 1000:
            hypothesis = self.decoder.decoder.hyp()
            words = (_clean(word) for word in hypothesis.hypstr.split()) if hypothesis else ()
            if (new := " ".join(word for word in words if word)) and new != self._text:
                self._text, self._text_samples, text = new, self._samples, new
        self._send(Progress(self.number, self._samples, self._start_ms, text))

    def _finish(self) -> list[tuple[str, int, int, float]]:
        """Ends the passage: (word or "" for a pause, first ms, last ms, confidence) from the passage's start."""
        assert self.decoder is not None
        decoder = self.decoder.decoder
        decoder.end_utt()
        self._voice.spoke(self._wide, decoder.get_cmn(False))
        return [
            (_clean(s.word), s.start_frame * FRAME_MS, (s.end_frame + 1) * FRAME_MS, min(1.0, max(0.0, s.prob)))
            for s in decoder.seg() or ()
        ]

    def _hear(self, segments: list[tuple[str, int, int, float]], until_ms: int | None) -> None:
        words = tuple(
            Word(text, self._start_ms + start, self._start_ms + end, confidence)
            for text, start, end, confidence in segments
            if text and (until_ms is None or end <= until_ms)
        )
        if words:
            confidence = sum(word.confidence or 0 for word in words) / len(words)
            self._send(Heard(self.number, words, round(confidence, 3)))

    def _next_passage(self) -> None:
        assert self.decoder is not None
        segments = self._finish()
        length_ms = len(self._passage) // 2 * 1000 // tuning.MODEL_RATE
        cut = cut_point(segments, length_ms)
        self._hear(segments, cut)
        kept = bytes(self._passage[cut * tuning.MODEL_RATE // 1000 * 2 :])
        self._passage.clear()
        self._start_ms += cut
        self._text, self._text_samples = "", self._samples
        self.begin_passage(self.decoder)
        self._decode(kept)


def cut_point(segments: list[tuple[str, int, int, float]], length_ms: int) -> int:
    """Where to end a passage, in ms: in the middle of its last pause, else between words, away from its very end."""
    pauses = [(a + b) // 2 for text, a, b, _ in segments if not text and length_ms - 4000 <= a and b <= length_ms - 200]
    if pauses:
        return pauses[-1]
    ends = [b for text, _, b, _ in segments if text and length_ms // 2 <= b <= length_ms - 300]
    return ends[-1] if ends else length_ms - 300
