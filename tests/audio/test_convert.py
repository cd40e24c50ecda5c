import numpy as np

from calls.audio.convert import Converter, convert
from calls.audio.g711 import decode
from calls.events import AudioFormat

TELEPHONE = AudioFormat("alaw", 8000)
WIDE = AudioFormat("l16", 16000)


async def test_all_of_the_audio_comes_out_in_the_other_format() -> None:
    tone = np.rint(8000 * np.sin(np.arange(16_000) * 2 * np.pi * 440 / 16_000)).astype("<i2").tobytes()

    async def pieces():
        for at in range(0, len(tone), 1000):
            yield tone[at : at + 1000]

    out = b"".join([piece async for piece in convert(pieces(), WIDE, TELEPHONE)])
    assert len(out) == 8000
    spectrum = np.abs(np.fft.rfft(decode(out, "alaw").astype(float)))
    assert spectrum.argmax() == 440


def test_the_same_format_is_left_alone() -> None:
    converter = Converter(TELEPHONE, TELEPHONE)
    assert converter.feed(b"\xd5\x80") == b"\xd5\x80" and converter.flush() == b""
