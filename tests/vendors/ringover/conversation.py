"""What a new connection makes of messages, and where recorded ones lie."""

import base64
import json
import struct
from pathlib import Path

from calls.vendors import VENDORS
from calls.vendors.base import with_defaults

RINGOVER = VENDORS["ringover"]
SESSIONS = Path(__file__).parent / "sessions"


def connect(query="", **options):
    handshake = RINGOVER.read_handshake(query.encode(), [], "token")
    return RINGOVER.protocol(handshake, with_defaults(RINGOVER, options))


def receive(protocol, *messages):
    """All events, in order. Objects are sent as JSON."""
    events = []
    for message in messages:
        if isinstance(message, bytes):
            events += protocol.receive_binary(message)
        else:
            events += protocol.receive_text(message if isinstance(message, str) else json.dumps(message))
    return events


def recorded(name):
    for line in (SESSIONS / f"{name}.jsonl").read_text().splitlines():
        message = json.loads(line)
        yield message["text"] if "text" in message else base64.b64decode(message["binary"])


def replay(name, query="", **options):
    return receive(connect(query, **options), *recorded(name))


def of_type(kind, events):
    return [event for event in events if isinstance(event, kind)]


def pcm(*samples):
    return struct.pack(f"<{len(samples)}h", *samples)


def rtp(sequence, payload=b"\xff" * 160, *, type=0, source=1, first=0x80, between=b"", after=b""):
    """A packet; `first` is its first byte, `between` lies between header and payload."""
    header = struct.pack(">BBHII", first, type, sequence & 0xFFFF, 160 * sequence & 0xFFFFFFFF, source)
    return header + between + payload + after
