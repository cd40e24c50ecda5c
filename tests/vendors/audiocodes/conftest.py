import base64
import json
from pathlib import Path

import pytest

from calls.events import Resumed, Send
from calls.vendors import VENDORS
from tests.vendors import line

AUDIOCODES = VENDORS["audiocodes"]
SESSIONS = Path(__file__).parent / "sessions"


class Connection:
    """A protocol, and what it was told and said. Messages are objects, or text as it came."""

    def __init__(self, known=None, **options):
        self.protocol = line.make_protocol(AUDIOCODES, **options)
        self.known = known or {}

    def receive(self, *messages):
        """All events; a resumed session is looked up at once."""
        events = []
        for message in messages:
            for event in self.protocol.receive_text(message if isinstance(message, str) else json.dumps(message)):
                events.append(event)
                if isinstance(event, Resumed):
                    events += event.go_on(self.known)
        return events

    def replay(self, name):
        return self.receive(*(SESSIONS / f"{name}.jsonl").read_text().splitlines())

    def initiate(self, *formats, **fields):
        return self.receive(initiate(supportedMediaFormats=list(formats) or ["raw/lpcm16"], **fields))


def initiate(**fields):
    return {"type": "session.initiate", "conversationId": "c1", "expectAudioMessages": True, **fields}


def activity(**fields):
    return {"type": "activities", "conversationId": "c1", "activities": [fields]}


def chunk(audio, **fields):
    return {"type": "userStream.chunk", "audioChunk": base64.b64encode(audio).decode(), **fields}


def answers(events):
    return [json.loads(event.message) for event in events if isinstance(event, Send)]


def others(events):
    """What is neither an answer nor the question of a resumed session."""
    return [event for event in events if not isinstance(event, Send | Resumed)]


def parsed(messages):
    return [json.loads(message) for message in messages]


def call_of(*arguments, **audio):
    [call] = line.simulate(AUDIOCODES, *arguments, **audio)
    return call


def opened(*arguments, seconds=10.0, options=(), until=1.0):
    """A call under way."""
    stream = call_of(*arguments, seconds=seconds).streams[0]
    made = line.Line(stream, line.make_protocol(AUDIOCODES, stream.upgrade, **dict(options)))
    made.run(until=until)
    return made


def sent(heard, type=None):
    messages = [json.loads(message) for message in heard.messages]
    return [message for message in messages if type is None or message["type"] == type]


@pytest.fixture
def connection():
    """Accepted, with raw/lpcm16."""
    made = Connection()
    made.initiate()
    return made
