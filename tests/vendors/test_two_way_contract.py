"""What vendors owe the hub whose calls it acts on. Each vendor's own simulator says whether it would take the messages."""

import random
import typing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calls.commands import COMMANDS, BadCommand, Command
from calls.events import Speech
from calls.vendors import VENDORS
from calls.vendors.base import with_defaults
from tests.vendors import line

PAUSE = 1.0  # seconds in which nobody takes one turn for the other going on

TWO_WAY = {name: vendor for name, vendor in VENDORS.items() if vendor.playout is not None}

words = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=80)
# Values that pass the rules of commands.
VALUES = {
    "text": words,
    "digits": st.text("0123456789*#", min_size=1, max_size=64),
    "target": st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True),
    "sip": st.from_regex(r"sips?:[a-z0-9.]{1,20}@[a-z0-9]{1,20}\.example", fullmatch=True),
    "queue": st.from_regex("[0-9]{1,18}", fullmatch=True),
    "url": st.from_regex(r"https?://[a-z]{1,20}\.example/[!#$%&'()*+,./0-9:;=?@A-Z_a-z~-]{0,40}", fullmatch=True),
    "json": st.dictionaries(words, st.none() | st.integers() | words | st.lists(words, max_size=3), max_size=4),
}


def value_of(parameter):
    if parameter.kind == "choice":
        return st.sampled_from(parameter.choices)
    if parameter.kind == "target" and parameter.sip:
        return VALUES["target"] | VALUES["sip"]
    values = VALUES[parameter.kind]
    return values.filter(lambda value: not isinstance(value, str) or len(value) <= parameter.max_length)


def parameters_of(vendor, type):
    return vendor.capabilities[type].parameters or COMMANDS.get(type, ("", ()))[1]


def params_of(vendor, type):
    return st.fixed_dictionaries({parameter.name: value_of(parameter) for parameter in parameters_of(vendor, type)})


def open_line(vendor, seconds=30.0):
    """A call under way: the vendor has said what it says at the beginning."""
    [call] = line.simulate(vendor, seconds=seconds)
    stream = call.streams[0]
    opened = line.Line(stream, line.make_protocol(vendor, stream.upgrade))
    opened.run(until=1.0)
    return opened


def begin(opened, text=""):
    opened.say(opened.protocol.open_playout(text))


def play(vendor, opened, batches, text=""):
    """A turn, as early as the vendor allows it, without its end."""
    timing, audio = vendor.playout, opened.protocol.play_format
    width = 2 if audio.encoding == "l16" else 1
    begun = opened.now
    begin(opened, text)
    for number in range(1, batches + 1):
        opened.run(until=max(opened.now, begun + (number * timing.batch_ms - timing.lead_ms) / 1000))
        opened.say(opened.protocol.send_audio(bytes(audio.rate * timing.batch_ms // 1000 * width)))
    return begun + batches * timing.batch_ms / 1000


def finish(opened, at):
    opened.run(until=max(opened.now, at))
    opened.say(opened.protocol.close_playout())


ACTED = [
    pytest.param(vendor, type, id=f"{name}-{type}")
    for name, vendor in TWO_WAY.items()
    for type, capability in vendor.capabilities.items()
    if capability.supported and not capability.needs_account and type != "say"
]
two_way = pytest.mark.parametrize("vendor", TWO_WAY.values(), ids=TWO_WAY.keys())


@pytest.mark.parametrize("vendor, type", ACTED)
@settings(deadline=None, max_examples=30)
@given(data=st.data())
def test_commands_are_said_as_the_vendor_wants(vendor, type, data):
    command = Command(type, data.draw(params_of(vendor, type)))
    try:
        vendor.check_command(command, with_defaults(vendor, {}))
    except BadCommand as error:
        assert error.field in command.params
        assert len(str(error)) > 20
        return
    opened = open_line(vendor, seconds=2)
    messages = opened.protocol.send_command(command)
    assert messages or vendor.capabilities[type].closes
    opened.say(messages)
    assert opened.heard.faults == []


@two_way
def test_turns(vendor):
    opened = open_line(vendor)
    for batches in (1, 20, 3):
        finish(opened, play(vendor, opened, batches, text="hello"))
        opened.run(until=opened.now + PAUSE)
    assert opened.heard.faults == []


@two_way
def test_turns_that_follow_at_once(vendor):
    opened = open_line(vendor)
    for _ in range(3):
        finish(opened, play(vendor, opened, 5))
    assert opened.heard.faults == []


@two_way
def test_end_of_a_turn_is_said_once(vendor):
    opened = open_line(vendor)
    finish(opened, play(vendor, opened, 2))
    assert list(opened.protocol.close_playout()) == []


@two_way
def test_nothing_to_end_where_nothing_began(vendor):
    assert list(open_line(vendor).protocol.close_playout()) == []


@two_way
def test_break_ends_the_turn(vendor):
    opened = open_line(vendor)
    play(vendor, opened, 3)
    messages = opened.protocol.send_command(Command("break"))
    assert messages
    opened.say(messages)
    assert list(opened.protocol.close_playout()) == []
    finish(opened, play(vendor, opened, 3))
    assert opened.heard.faults == []


@two_way
def test_break_of_silence_is_said_too(vendor):
    """The vendor may be playing a file of its own."""
    opened = open_line(vendor)
    messages = opened.protocol.send_command(Command("break"))
    assert messages
    opened.say(messages)
    assert opened.heard.faults == []


@two_way
@settings(deadline=None)
@given(
    heard=st.lists(
        st.builds(
            Speech,
            kind=st.sampled_from(typing.get_args(typing.get_type_hints(Speech)["kind"])),
            at_ms=st.integers(0, 10**7),
            text=st.just("") | words,
            confidence=st.none() | st.floats(0, 1),
        ),
        max_size=10,
    )
)
def test_what_is_recognised_may_be_told(vendor, heard):
    opened = open_line(vendor, seconds=2)
    for speech in heard:
        opened.say(opened.protocol.send_speech(speech))
    assert opened.heard.faults == []


@two_way
@pytest.mark.parametrize("seed", range(5))
def test_a_busy_call(vendor, seed):
    """Turns, breaks in the middle of them, and commands, in any order."""
    chance = random.Random(seed)
    opened = open_line(vendor)
    for _ in range(12):
        match chance.choice(["turn", "break", "digits", "speech"]):
            case "turn":
                finish(opened, play(vendor, opened, chance.randint(1, 8), text=chance.choice(["", "hello"])))
            case "break":
                play(vendor, opened, chance.randint(1, 8))
                opened.say(opened.protocol.send_command(Command("break")))
                opened.run(until=opened.now + PAUSE)
            case "digits":
                opened.say(opened.protocol.send_command(Command("digits", {"digits": "12"})))
            case "speech":
                opened.say(opened.protocol.send_speech(Speech("final", 100, "hello", 0.5)))
    assert opened.heard.faults == []


@two_way
def test_says_that_it_fails_in_messages(vendor):
    for protocol in (line.make_protocol(vendor), open_line(vendor).protocol):
        for message in protocol.fail("The hub can't serve this call."):
            assert isinstance(message, str | bytes)


@two_way
def test_playout_keeps_its_own_promises(vendor):
    timing = vendor.playout
    assert 0 < timing.batch_ms <= timing.lead_ms
    assert timing.preroll_ms <= timing.lead_ms
