import subprocess
import sys

import pytest

from calls.stt import ENGINES, RecognizerUnavailable, list_engines, make_recognizer


def test_the_list_tells_the_engines_and_imports_none():
    code = "import sys, calls.stt; assert not {'pocketsphinx', 'google.cloud.speech_v2', 'django'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
    assert list(ENGINES) == ["pocketsphinx", "google", "scripted"]


def test_production_refuses_invented_transcripts():
    assert "scripted" not in list_engines(production=True)
    assert "scripted" in list_engines(production=False)
    with pytest.raises(RecognizerUnavailable, match="not for production"):
        make_recognizer("scripted", production=True)
    assert make_recognizer("scripted", production=False).name == "scripted"


def test_what_is_wrong_is_said():
    with pytest.raises(RecognizerUnavailable, match="no recogniser 'siri'"):
        make_recognizer("siri", production=False)
    with pytest.raises(RecognizerUnavailable, match="options of the recogniser 'pocketsphinx' are wrong"):
        make_recognizer("pocketsphinx", {"workres": 2}, production=False)


@pytest.mark.parametrize("name", sorted(ENGINES))
def test_an_engine_is_what_the_list_says(name):
    engine = make_recognizer(name, production=False)
    assert engine.name == name
    assert engine.capabilities is ENGINES[name].capabilities
