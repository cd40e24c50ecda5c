from calls.stt import make_recognizer
from calls.stt.base import Final, Interim, SpeechEnded, SpeechStarted
from tests.stt.engines import track_config


def run(options, seconds):
    events = []
    track = make_recognizer("scripted", options, production=False).open_track(track_config(), events.append)
    for position in range(0, seconds * 8000, 800):
        track.feed(position, b"\xff" * 800)
    return events


def test_a_script_is_said_at_the_pace_of_the_audio():
    script = [
        {"start_ms": 500, "end_ms": 1500, "text": "cancel my order"},
        {"start_ms": 5000, "end_ms": 6000, "text": "now"},
    ]
    events = run({"script": script}, 3)
    assert [type(event) for event in events] == [SpeechStarted, Interim, Interim, Final, SpeechEnded]
    final = events[3]
    assert (final.start_ms, final.end_ms, final.text) == (500, 1500, "cancel my order")
    assert [word.start_ms for word in final.words] == [500, 833, 1166]


def test_without_a_script_sentences_come_at_a_steady_rate():
    events = run({"period_ms": 2000}, 20)
    finals = [event for event in events if isinstance(event, Final)]
    assert len(finals) == 10
    assert [final.start_ms for final in finals] == list(range(200, 20_000, 2000))
