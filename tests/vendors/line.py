"""A simulated stream and a protocol, talking to each other without socket or clock."""

import argparse
import datetime

import msgspec

from calls.events import Resumed, Send
from calls.vendors.base import with_defaults
from calls.vendors.wav import be_silent

NOW = datetime.datetime(2026, 1, 15, 9, 30, 12, tzinfo=datetime.UTC)
STEPS = 100_000


class Heard(msgspec.Struct):
    """What passed between the two, with the times. `events`: what the protocol made of the vendor's messages."""

    sent: list = []
    answers: list = []
    events: list = []
    faults: list = []
    notes: list = []
    end: str = ""

    @property
    def messages(self):
        return [message for _, message in self.sent]

    def of_type(self, kind):
        return [event for _, event in self.events if isinstance(event, kind)]


def parse(vendor, *arguments):
    parser = argparse.ArgumentParser()
    vendor.simulator.add_arguments(parser)
    return parser.parse_args(arguments)


def simulate(vendor, *arguments, agent=None, customer=None, seconds=1.0, calls=1, speed=1.0):
    """The calls that `manage.py simulate` would make."""
    options = parse(vendor, *arguments)
    options.calls, options.speed = calls, speed
    silence = be_silent(vendor.simulator.audio(options), seconds)
    return vendor.simulator.make_calls(options, agent or silence, customer or silence, NOW)


def address_of(vendor):
    return "demo" if "<" in vendor.endpoint.shown else ""


def handshake_of(vendor, upgrade=None):
    headers = [(name.lower().encode(), value.encode()) for name, value in upgrade.headers] if upgrade else []
    return vendor.read_handshake(upgrade.query.encode() if upgrade else b"", headers, address_of(vendor))


def make_protocol(vendor, upgrade=None, **options):
    return vendor.protocol(handshake_of(vendor, upgrade), with_defaults(vendor, options))


def receive(protocol, message):
    return protocol.receive_text(message) if isinstance(message, str) else protocol.receive_binary(message)


class Line:
    """Carries messages between a stream and a protocol, in virtual time. `known`: what an earlier stream of the call
    told, for one that resumes it."""

    def __init__(self, stream, protocol, known=None):
        self.stream, self.protocol, self.known = stream, protocol, known or {}
        self.now, self.heard = 0.0, Heard()

    def run(self, until=None, react=lambda now, event: ()):
        """Goes on to that second, or to the stream's end. `react` is what the hub sends upon an event."""
        for _ in range(STEPS):
            step = self.stream.poll(self.now)
            self.heard.notes += step.notes
            answers = 0
            self.heard.faults += step.faults
            for message in step.send:
                self.heard.sent.append((self.now, message))
                answers += self.hear(receive(self.protocol, message), react)
            if step.end:
                self.heard.end = step.end
                return self.heard
            if answers:
                continue
            assert step.wake_at is not None, "the vendor would wait forever"
            if until is not None and step.wake_at > until:
                self.now = until
                return self.heard
            self.now = max(self.now, step.wake_at)
        raise AssertionError("the vendor doesn't come to an end")

    def hear(self, events, react):
        answers = 0
        for event in events:
            self.heard.events.append((self.now, event))
            if isinstance(event, Resumed):
                answers += self.hear(event.go_on(self.known), react)
            own = [event.message] if isinstance(event, Send) else []
            answers += self.say([*own, *react(self.now, event)])
        return answers

    def say(self, messages):
        """The hub sends something now."""
        for message in messages:
            self.heard.answers.append((self.now, message))
            if fault := self.stream.receive(self.now, message):
                self.heard.faults.append(fault)
        return len(messages)


def converse(vendor, *arguments, stream=0, react=lambda now, event: (), options=(), **audio):
    """One stream from its upgrade to its end."""
    [call] = simulate(vendor, *arguments, **audio)
    chosen = call.streams[stream]
    return Line(chosen, make_protocol(vendor, chosen.upgrade, **dict(options))).run(react=react)
