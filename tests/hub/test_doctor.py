"""What the doctor says of a speech synthesiser that works, and of one that doesn't."""

from __future__ import annotations

from typing import Any

import pytest

from calls.tts.base import SynthesisFailed, SynthesizerUnavailable
from hub.management.commands.doctor import Command


def test_a_synthesizer_that_speaks(settings: Any) -> None:
    settings.HUB_SYNTHESIZER, settings.HUB_SYNTHESIZER_OPTIONS = "espeak", {}
    assert Command().check_synthesizer().startswith("eSpeak NG (built in), first sound after ")


def test_one_that_can_not_start(settings: Any) -> None:
    settings.HUB_SYNTHESIZER, settings.HUB_SYNTHESIZER_OPTIONS = "espeak", {"espeak": {"language": "xx"}}
    with pytest.raises(SynthesizerUnavailable, match="does not speak the language 'xx'"):
        Command().check_synthesizer()


def test_one_whose_endpoint_is_not_there(settings: Any) -> None:
    options = {"base_url": "http://127.0.0.1:9/v1", "model": "m", "voice": "v"}
    settings.HUB_SYNTHESIZER, settings.HUB_SYNTHESIZER_OPTIONS = "openai", {"openai": options}
    with pytest.raises(SynthesisFailed, match="can't be reached"):
        Command().check_synthesizer()


def test_none(settings: Any) -> None:
    settings.HUB_SYNTHESIZER = "off"
    assert Command().check_synthesizer() == "off"
