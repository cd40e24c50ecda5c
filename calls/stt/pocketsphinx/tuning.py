"""Every number of the built-in engine that was chosen by measurement. See docs/recognition.md."""

from __future__ import annotations

MODEL_RATE = 16000
PASSAGE_SECONDS = 12.0
INTERIM_MS = 200
PIECE_MS = 100
DECODERS = 6  # a worker: about 60 MB each when all are in use

DECODER: dict[str, object] = {}

# The mean of speech as the decoder sees it. Through the telephone band it is far from the model's own.
_PHONE_CMN = "41,26.1,-38.6,41.2,-22.1,-7.4,10.6,-33.8,10.4,-16.6,-4.6,5.5,-14.6"
_WIDE_CMN = "41.00,-5.29,-0.12,5.09,2.48,-4.07,-1.37,-1.78,-5.08,-2.05,-6.45,-1.42,1.17"


def initial_cmn(rate: int) -> str:
    return _PHONE_CMN if rate < MODEL_RATE else _WIDE_CMN
