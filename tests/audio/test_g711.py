import numpy as np
import pytest

from calls.audio import g711

PCM = np.arange(-32768, 32768, 7, dtype="<i2")


@pytest.mark.parametrize("encoding", ["mulaw", "alaw"])
def test_a_byte_a_sample_and_no_louder_than_its_steps(encoding: str) -> None:
    audio = g711.encode(PCM.tobytes(), encoding)
    assert len(audio) == len(PCM)
    error = np.abs(g711.decode(audio, encoding).astype(int) - PCM)
    assert (error <= 8 + np.abs(PCM.astype(int)) / 24).all()
    assert g711.encode(g711.decode(audio, encoding).tobytes(), encoding) == audio


def test_the_silence_of_each_encoding() -> None:
    assert g711.encode(bytes(4), "mulaw") == b"\xff\xff"
    assert g711.encode(bytes(4), "alaw") == b"\xd5\xd5"


def test_linear_stays_as_it_is() -> None:
    assert g711.encode(PCM.tobytes(), "l16") == PCM.tobytes()
