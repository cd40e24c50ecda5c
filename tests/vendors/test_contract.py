"""What every vendor's folder owes the hub, whichever vendor it is."""

import argparse
import datetime
import json
import random
import re
import typing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import calls.vendors
from calls.events import Event, Ignored
from calls.vendors import VENDORS
from calls.vendors.base import COMMANDS

EVENT_TYPES = typing.get_args(Event)
NOW = datetime.datetime(2026, 1, 15, 9, 30, 12, tzinfo=datetime.UTC)

pytestmark = pytest.mark.parametrize("vendor", VENDORS.values(), ids=VENDORS.keys())

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
)


def simulate(vendor, *arguments, seconds=1):
    parser = argparse.ArgumentParser()
    vendor.simulator.add_arguments(parser)
    options = parser.parse_args(arguments)
    options.calls = 1
    audio = bytes(vendor.simulator.audio.rate * seconds)
    return vendor.simulator.make_calls(options, audio, audio, NOW)


def recorded_messages(vendor):
    """What the vendor itself would send: the shapes that random damage is most telling on."""
    [call] = simulate(vendor)
    return [message for _, message in call.streams[0].messages()]


def assert_are_events(events):
    for event in events:
        assert isinstance(event, EVENT_TYPES)
        if isinstance(event, Ignored):
            assert re.fullmatch(r"[a-z_]{3,32}", event.reason)


def test_is_registered_under_its_name(vendor):
    assert VENDORS[vendor.name] is vendor
    assert vendor.label


def test_folder_has_a_readme_that_names_its_sources(vendor):
    readme = (Path(calls.vendors.__file__).parent / vendor.name / "README.md").read_text()
    assert "http" in readme


def test_says_of_every_command_whether_it_can_do_it(vendor):
    assert set(COMMANDS) <= set(vendor.capabilities)
    for command, capability in vendor.capabilities.items():
        assert capability.supported or len(capability.reason) > 20, command


def test_own_messages_are_understood(vendor):
    protocol = vendor.protocol()
    for message in recorded_messages(vendor):
        events = protocol.receive_text(message) if isinstance(message, str) else protocol.receive_binary(message)
        assert_are_events(events)
        assert not [event for event in events if isinstance(event, Ignored)]


def test_protocols_share_no_state(vendor):
    first, second = vendor.protocol(), vendor.protocol()
    messages = [message for message in recorded_messages(vendor) if isinstance(message, str)]
    said = [first.receive_text(message) for message in messages]
    assert [second.receive_text(message) for message in messages] == said


@settings(deadline=None)
@given(text=st.text(alphabet=st.characters()) | json_values.map(json.dumps))
def test_never_raises_on_text(vendor, text):
    assert_are_events(vendor.protocol().receive_text(text))


@settings(deadline=None)
@given(data=st.binary())
def test_never_raises_on_bytes(vendor, data):
    assert_are_events(vendor.protocol().receive_binary(data))


@settings(deadline=None)
@given(data=st.data())
def test_never_raises_on_messages_with_foreign_values(vendor, data):
    protocol = vendor.protocol()
    for text in recorded_messages(vendor)[:4] + recorded_messages(vendor)[-2:]:
        message = json.loads(text)
        place = message["metadata"] if isinstance(message.get("metadata"), dict) else message
        place[data.draw(st.sampled_from(sorted(place)))] = data.draw(json_values)
        assert_are_events(protocol.receive_text(json.dumps(message)))


def test_never_raises_in_ten_thousand_damaged_messages(vendor):
    chance = random.Random(1)
    messages = [message for message in recorded_messages(vendor) if isinstance(message, str)]
    protocol = vendor.protocol()
    for number in range(10_000):
        if number % 100 == 0:
            protocol = vendor.protocol()
        text = list(chance.choice(messages))
        for _ in range(chance.randint(1, 8)):
            at = chance.randrange(len(text))
            text[at : at + chance.randint(0, 3)] = chr(chance.choice([0, 34, 44, 48, 92, 123, 0xD800, 0x1F600]))
        assert_are_events(protocol.receive_text("".join(text)))


@pytest.mark.parametrize(
    "text",
    [
        "[" * 200_000,
        '{"event":' * 100_000,
        '{"event":"Media","x":' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"event":"Media","sequenceId":' + "9" * 4000 + "}",
        '{"event":"Start","metadata":{"callId":' + "9" * 4000 + "}}",
        '{"event":"Start","metadata":{"callId":"' + "9" * 100_000 + '"}}',
        '{"event":NaN}',
        '{"event":"\\ud800"}',
        "\ud800",
        "\x00",
        "",
    ],
    ids=lambda text: text[:24].encode("unicode_escape").decode() or "empty",
)
def test_never_raises_on_hostile_json(vendor, text):
    assert_are_events(vendor.protocol().receive_text(text))


@given(
    query=st.binary(),
    headers=st.lists(st.tuples(st.sampled_from([b"authorization", b"x-secret"]) | st.binary(), st.binary())),
)
def test_never_raises_on_a_handshake(vendor, query, headers):
    handshake = vendor.read_handshake(query, headers)
    assert len(handshake.secrets) < 100


@given(
    query=st.sampled_from(["callId", "Product+Type", "secret"]).flatmap(
        lambda name: st.text().map(lambda v: f"{name}={v}")
    )
)
def test_handshake_facts_can_be_stored(vendor, query):
    handshake = vendor.read_handshake(query.encode("utf-8", "surrogatepass"), [])
    for field in handshake.info.__struct_fields__:
        value = getattr(handshake.info, field)
        assert len(value) <= 200
        assert value == "" or value.isprintable()


def test_simulator_times_never_decrease(vendor):
    [call] = simulate(vendor, seconds=2)
    for stream in call.streams:
        times = [at for at, _ in stream.messages()]
        assert times == sorted(times)
        assert 2 <= times[-1] < 3
