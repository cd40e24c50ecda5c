"""What we say to Google, and the useful part of what it answers."""

from __future__ import annotations

import msgspec
from google.cloud import speech_v2 as speech

from calls.stt.base import TrackConfig

MAX_REQUEST_BYTES = 25_000
MAX_PHRASES, MAX_PHRASE_CHARACTERS, PHRASE_BOOST = 500, 100, 10.0

_AudioEncoding = speech.ExplicitDecodingConfig.AudioEncoding
_ENCODINGS = {"mulaw": _AudioEncoding.MULAW, "alaw": _AudioEncoding.ALAW, "l16": _AudioEncoding.LINEAR16}


def config_request(recognizer: str, model: str, config: TrackConfig) -> speech.StreamingRecognizeRequest:
    """The first message of every stream."""
    decoding = speech.ExplicitDecodingConfig(
        encoding=_ENCODINGS[config.encoding],
        sample_rate_hertz=config.rate,
        audio_channel_count=1,
    )
    recognition = speech.RecognitionConfig(
        explicit_decoding_config=decoding,
        model=model,
        language_codes=[config.language or "en-US"],
        features=speech.RecognitionFeatures(
            enable_word_time_offsets=True, enable_word_confidence=True, enable_automatic_punctuation=True
        ),
    )
    phrases = [phrase.strip()[:MAX_PHRASE_CHARACTERS] for phrase in config.phrases if phrase.strip()][:MAX_PHRASES]
    if phrases:
        inline = speech.PhraseSet(phrases=[speech.PhraseSet.Phrase(value=p, boost=PHRASE_BOOST) for p in phrases])
        phrase_set = speech.SpeechAdaptation.AdaptationPhraseSet(inline_phrase_set=inline)
        recognition.adaptation = speech.SpeechAdaptation(phrase_sets=[phrase_set])
    return speech.StreamingRecognizeRequest(
        recognizer=recognizer,
        streaming_config=speech.StreamingRecognitionConfig(
            config=recognition,
            streaming_features=speech.StreamingRecognitionFeatures(
                interim_results=True, enable_voice_activity_events=True
            ),
        ),
    )


class Spoken(msgspec.Struct, frozen=True):
    """A word; offsets in seconds of the stream."""

    text: str
    start: float
    end: float
    confidence: float | None


class Answer(msgspec.Struct, frozen=True):
    """One response: where speech began, what is final (text, confidence, end, words), what is only a guess yet."""

    speech_began: float | None
    finals: tuple[tuple[str, float | None, float, tuple[Spoken, ...]], ...]
    interim: str


def read_answer(response: speech.StreamingRecognizeResponse) -> Answer:
    # The plain protobuf message below the wrapper: proto-plus costs ten times as much per field.
    message = speech.StreamingRecognizeResponse.pb(response)
    began = speech.StreamingRecognizeResponse.SpeechEventType.SPEECH_ACTIVITY_BEGIN
    finals, interim = [], []
    for result in message.results:
        if not result.alternatives:
            continue
        best = result.alternatives[0]
        if not result.is_final:
            interim.append(best.transcript.strip())
            continue
        words = tuple(
            Spoken(word.word, _seconds(word.start_offset), _seconds(word.end_offset), word.confidence or None)
            for word in best.words
        )
        finals.append((best.transcript.strip(), best.confidence or None, _seconds(result.result_end_offset), words))
    return Answer(
        _seconds(message.speech_event_offset) if message.speech_event_type == began else None,
        tuple(finals),
        " ".join(text for text in interim if text),
    )


def _seconds(duration: object) -> float:
    return float(duration.seconds) + duration.nanos / 1e9  # type: ignore[attr-defined]
