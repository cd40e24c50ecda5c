"""Every number of the built-in engine that was chosen by measurement. See docs/recognition.md."""

from __future__ import annotations

MODEL_RATE = 16000
PASSAGE_SECONDS = 12.0
INTERIM_MS = 200
PIECE_MS = 100
DECODERS = 6  # a worker: about 60 MB each when all are in use

# Narrower than the defaults where that costs no words: half the work while speech goes on, half again at its end.
DECODER: dict[str, object] = {
    "maxhmmpf": 3000,
    "maxwpf": 10,
    "fwdflatsfwin": 10,
    "fwdflatefwid": 8,
    "lw": 4.0,
    "wip": 0.65,
}

# Speech is wide-band where it has so much energy beyond the telephone's band, against what it has inside: synthetic
# voices have 0.002 to 0.06, what was brought from 8 to 16 kHz has 0.000001 to 0.000003.
WIDE_SHARE = 10**-3.6
ONSET_PIECES = 4  # what the endpointer gives at once, from before the utterance to its first sounds

# The mean of speech as the decoder sees it. Through the telephone band and our upsampling it is far from the model's
# own. Averaged over four synthetic voices and five human clips. A speaker's first utterance starts from it, later ones
# from where his last one ended, drawn back a little.
_PHONE_CMN = "47.26,13.70,-13.16,11.63,-2.45,-24.05,2.10,-21.13,-21.50,2.93,-23.73,6.67,-11.62"
_WIDE_CMN = "41.00,-5.29,-0.12,5.09,2.48,-4.07,-1.37,-1.78,-5.08,-2.05,-6.45,-1.42,1.17"

SPEAKER_SHARE = 0.75  # of the mean after the speaker's last utterance, the rest is the general one


def initial_cmn(wide: bool) -> str:
    return _WIDE_CMN if wide else _PHONE_CMN


def next_cmn(wide: bool, after: str) -> str:
    """Where a speaker's next utterance starts, from the decoder's mean `after` his last one."""
    pairs = zip(initial_cmn(wide).split(","), after.split(","), strict=True)
    return ",".join(
        f"{(1 - SPEAKER_SHARE) * float(general) + SPEAKER_SHARE * float(own):.2f}" for general, own in pairs
    )
