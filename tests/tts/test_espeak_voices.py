import pytest

from calls.tts.espeak.voices import Listed, UnknownVoice, Voices

VOICES = Voices(
    [
        Listed("English (Caribbean)", "gmw/en-029", (("en-029", 5), ("en", 10))),
        Listed("English (Great Britain)", "gmw/en", (("en-gb", 2), ("en", 2))),
        Listed("English (America)", "gmw/en-US", (("en-us", 2), ("en", 3))),
        Listed("German", "gmw/de", (("de", 5),)),
        Listed("Spanish (Spain)", "roa/es", (("es", 5),)),
        Listed("Spanish (Latin America)", "roa/es-419", (("es-419", 5), ("es-mx", 6))),
    ],
    [Listed("female3", "!v/f3", ()), Listed("Mr_Serious", "!v/Mr serious", ())],
)


@pytest.mark.parametrize(
    ("language", "name", "voice"),
    [
        ("en-US", "", "gmw/en-US"),
        ("en_us", "", "gmw/en-US"),
        ("en-AU", "", "gmw/en"),
        ("en-CA", "", "gmw/en-US"),
        ("EN", "", "gmw/en"),
        ("de-Latn-CH-1996", "", "gmw/de"),
        ("es-US", "", "roa/es-419"),
        ("es-ES", "", "roa/es"),
        ("en-US", "f3", "gmw/en-US+f3"),
        ("de", "Female3", "gmw/de+f3"),
        ("de", "mr_serious", "gmw/de+Mr serious"),
        ("de", "en-gb", "gmw/en"),
        ("de", "en-us+f3", "gmw/en-US+f3"),
        ("de", "+f3", "gmw/de+f3"),
        ("xx", "German", "gmw/de"),
        ("xx", "gmw/de", "gmw/de"),
    ],
)
def test_what_is_meant_is_found(language, name, voice):
    assert VOICES.find(language, name) == voice


@pytest.mark.parametrize(
    ("language", "name", "message"),
    [
        ("xx", "", "language 'xx'"),
        ("", "", "language ''"),
        ("en", "nova", "no voice 'nova'"),
        ("en", "en-us+nova", "no variant 'nova'; it has: f3, female3, mr"),
        ("en", "../../etc/passwd", "no voice '../../etc/passwd'"),
    ],
    ids=range(5),
)
def test_what_is_not_there_is_told(language, name, message):
    with pytest.raises(UnknownVoice) as caught:
        VOICES.find(language, name)
    assert message in str(caught.value)
