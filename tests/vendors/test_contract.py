"""What every vendor's folder owes the hub, whichever vendor it is."""

import functools
import json
import random
import re
import typing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import calls.vendors
from calls.commands import COMMANDS, ParameterKind
from calls.events import AudioFrame, CommandOutcome, Dtmf, Event, Ignored, StreamStarted, Warned
from calls.vendors import VENDORS
from calls.vendors.base import TwoWayProtocol, with_defaults
from tests.vendors import line

EVENT_TYPES = typing.get_args(Event)

pytestmark = pytest.mark.parametrize("vendor", VENDORS.values(), ids=VENDORS.keys())

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
)


@functools.cache
def conversation(name):
    """The vendor's stream from its upgrade to its end, with a hub that says what the protocol says."""
    return line.converse(VENDORS[name], seconds=0.4)


def texts(vendor):
    """What the vendor itself would send: the shapes that random damage is most telling on."""
    return [message for message in conversation(vendor.name).messages if isinstance(message, str)]


def assert_are_events(vendor, events):
    for event in events:
        assert isinstance(event, EVENT_TYPES)
        match event:
            case Ignored(reason):
                assert re.fullmatch(r"[a-z_]{3,32}", reason)
            case Warned(code, detail):
                assert re.fullmatch(r"[a-z_]{3,32}", code)
                assert detail
            case Dtmf(digits):
                assert re.fullmatch("[0-9*#A-D]+", digits)
            case CommandOutcome(type):
                assert vendor.capabilities[type].confirms
            case StreamStarted(info):
                assert_can_be_stored(info)


def assert_can_be_stored(info):
    facts = {field: getattr(info, field) for field in info.__struct_fields__ if field != "extra"}
    assert len(info.extra) <= 100
    for value in [*facts.values(), *info.extra, *info.extra.values()]:
        assert len(value) <= 200
        assert value == "" or value.isprintable()


def places(message):
    """Every object in a message, the outermost first."""
    inner = message.values() if isinstance(message, dict) else message if isinstance(message, list) else ()
    if isinstance(message, dict) and message:
        yield message
    for value in inner:
        yield from places(value)


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
        assert command in COMMANDS or capability.label, command


def test_parameters_of_commands_can_be_asked_for(vendor):
    for command, capability in vendor.capabilities.items():
        names = [parameter.name for parameter in capability.parameters]
        assert len(set(names)) == len(names), command
        for parameter in capability.parameters:
            assert parameter.kind in typing.get_args(ParameterKind)
            assert parameter.label
            assert bool(parameter.choices) == (parameter.kind == "choice")
        if command in COMMANDS:  # the vendor's may be narrower, but a client needs to know one shape only
            assert {parameter.name for parameter in COMMANDS[command][1]} <= set(names) or not names


def test_options_have_defaults_that_fit(vendor):
    for name, option in vendor.options.items():
        assert re.fullmatch("[a-z]+([A-Z][a-z]*)*", name)
        assert option.label
        if option.choices:
            assert option.default in option.choices
        elif not isinstance(option.default, bool | str):
            assert option.low <= option.default <= option.high > option.low


def test_endpoint_shows_how_the_profile_is_found(vendor):
    endpoint = vendor.endpoint
    assert endpoint.routes
    assert all("//" not in route and not route.startswith("/") for route in endpoint.routes)
    placeholder = {"product": "", "token": "<token>", "slug": "<slug>"}[endpoint.profile_by]
    assert placeholder in endpoint.shown
    assert bool(placeholder) == any("<str:address>" in route for route in endpoint.routes)


def test_is_two_way_where_it_says_how_to_play(vendor):
    protocol = line.make_protocol(vendor)
    assert isinstance(protocol, TwoWayProtocol) == (vendor.playout is not None)


def test_own_stream_goes_well(vendor):
    heard = conversation(vendor.name)
    assert heard.faults == []
    assert heard.end == "close"
    assert not heard.of_type(Ignored)
    assert heard.of_type(StreamStarted)
    assert heard.of_type(AudioFrame)
    assert_are_events(vendor, [event for _, event in heard.events])


def test_samples_are_whole(vendor):
    [*_, started] = conversation(vendor.name).of_type(StreamStarted)
    width = 2 if started.audio.encoding == "l16" else 1
    for frame in conversation(vendor.name).of_type(AudioFrame):
        assert frame.payload
        assert len(frame.payload) % width == 0


def test_protocols_share_no_state(vendor):
    messages = conversation(vendor.name).messages
    first, second = line.make_protocol(vendor), line.make_protocol(vendor)
    said = [line.receive(first, message) for message in messages]
    assert [line.receive(second, message) for message in messages] == said


@settings(deadline=None)
@given(text=st.text(alphabet=st.characters()) | json_values.map(json.dumps))
def test_never_raises_on_text(vendor, text):
    assert_are_events(vendor, line.make_protocol(vendor).receive_text(text))


@settings(deadline=None)
@given(data=st.lists(st.binary(), max_size=4))
def test_never_raises_on_bytes(vendor, data):
    protocol = line.make_protocol(vendor)
    for frame in data:
        assert_are_events(vendor, protocol.receive_binary(frame))


@settings(deadline=None)
@given(data=st.data())
def test_never_raises_on_messages_with_foreign_values(vendor, data):
    protocol = line.make_protocol(vendor)
    for text in texts(vendor)[:5] + texts(vendor)[-3:]:
        message = json.loads(text)
        place = data.draw(st.sampled_from(list(places(message))))
        place[data.draw(st.sampled_from(sorted(place)))] = data.draw(json_values)
        assert_are_events(vendor, protocol.receive_text(json.dumps(message)))


def test_never_raises_in_ten_thousand_damaged_messages(vendor):
    chance = random.Random(1)
    messages = texts(vendor)
    protocol = line.make_protocol(vendor)
    for number in range(10_000):
        if number % 100 == 0:
            protocol = line.make_protocol(vendor)
        text = list(chance.choice(messages))
        for _ in range(chance.randint(1, 8)):
            at = chance.randrange(len(text))
            text[at : at + chance.randint(0, 3)] = chr(chance.choice([0, 34, 44, 48, 92, 123, 0xD800, 0x1F600]))
        assert_are_events(vendor, protocol.receive_text("".join(text)))


HOSTILE = [
    "[" * 200_000,
    '{"a":' * 100_000,
    '{"NAME":"KIND","x":' + "[" * 100_000 + "]" * 100_000 + "}",
    '{"NAME":"KIND","sequenceId":' + "9" * 4000 + "}",
    '{"NAME":"KIND","callId":"' + "9" * 100_000 + '","metadata":{"callId":' + "9" * 4000 + "}}",
    '{"NAME":NaN}',
    '{"NAME":null}',
    '{"NAME":["KIND"]}',
    '{"NAME":"KIND","activities":{"a":1}}',
    '{"NAME":"KIND","activities":[null,1,"a",[],{}]}',
    '{"NAME":"\\ud800"}',
    "\ud800",
    "\x00",
    "",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_never_raises_on_hostile_json(vendor, text):
    names = sorted({key for message in texts(vendor) for key in json.loads(message)} & {"event", "type"})
    for known in [*texts(vendor)[:3], '{"event":"Media","type":"activities"}']:
        for name in names:
            kind = json.loads(known).get(name, "")
            protocol = line.make_protocol(vendor)
            assert_are_events(vendor, protocol.receive_text(text.replace("NAME", name).replace("KIND", kind)))


@given(
    query=st.binary(),
    headers=st.lists(st.tuples(st.sampled_from([b"authorization", b"x-secret"]) | st.binary(), st.binary())),
    address=st.text(),
)
def test_never_raises_on_a_handshake(vendor, query, headers, address):
    handshake = vendor.read_handshake(query, headers, address)
    assert len(handshake.secrets) < 100
    protocol = vendor.protocol(handshake, with_defaults(vendor, {}))
    assert_are_events(vendor, [*protocol.receive_text("{}"), *protocol.receive_binary(b"\0")])


@given(
    query=st.sampled_from(["callId", "Product+Type", "secret", "call_id", "uuid", "from"]).flatmap(
        lambda name: st.text().map(lambda v: f"{name}={v}")
    )
)
def test_handshake_facts_can_be_stored(vendor, query):
    assert_can_be_stored(vendor.read_handshake(query.encode("utf-8", "surrogatepass"), [], "").info)


def test_simulator_sends_as_time_goes_by(vendor):
    heard = line.converse(vendor, seconds=2)
    times = [at for at, _ in heard.sent]
    assert times == sorted(times)
    assert 2 <= times[-1] < 3


def test_simulator_takes_audio_as_it_says(vendor):
    audio = vendor.simulator.audio(line.parse(vendor))
    heard = line.converse(vendor, seconds=1)
    [*_, started] = heard.of_type(StreamStarted)
    customer = [frame.payload for frame in heard.of_type(AudioFrame) if frame.track == "customer"]
    assert started.audio == audio
    assert len(b"".join(customer)) == audio.rate * (2 if audio.encoding == "l16" else 1)
