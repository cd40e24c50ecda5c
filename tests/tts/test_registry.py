import subprocess
import sys

import pytest

from calls.tts import ENGINES, SynthesizerUnavailable, list_engines, make_synthesizer


def test_the_list_tells_the_engines_and_imports_none():
    code = "import sys, calls.tts; assert not {'openai', 'espeakng_loader', 'google.cloud', 'numpy', 'django'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
    assert list(ENGINES) == list(list_engines()) == ["espeak", "flite", "openai", "google"]


def test_what_is_wrong_is_said():
    with pytest.raises(SynthesizerUnavailable, match="no speech synthesiser 'hal'; there are: espeak, flite"):
        make_synthesizer("hal")
    with pytest.raises(SynthesizerUnavailable, match="options of the speech synthesiser 'espeak' are wrong"):
        make_synthesizer("espeak", {"voise": "f3"})


@pytest.mark.parametrize("name", sorted(ENGINES))
def test_an_engine_is_what_the_list_says(name):
    engine = make_synthesizer(name)
    assert engine.name == name
    assert engine.capabilities is ENGINES[name].capabilities


def test_what_is_not_installed_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "openai", None)
    monkeypatch.delitem(sys.modules, "calls.tts.openai_compatible", raising=False)
    with pytest.raises(SynthesizerUnavailable, match="Run: pip install openai"):
        make_synthesizer("openai")
