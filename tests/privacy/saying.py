"""Card numbers, and how people say them."""

from __future__ import annotations

from hypothesis import strategies as st

from calls.privacy.checks import luhn

DIGITS = "zero one two three four five six seven eight nine".split()
TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
TENS = ["", "", *"twenty thirty forty fifty sixty seventy eighty ninety".split()]
FILLERS = ["uh", "um", "okay", "and", "then", "yeah"]
ISSUED = {"4": 16, "51": 16, "55": 16, "2223": 16, "37": 15, "6011": 16, "3530": 16}


def card_of(prefix: str, middle: str) -> str:
    """The number with its check digit."""
    return next(number for digit in "0123456789" if luhn(number := prefix + middle + digit))


@st.composite
def cards(draw: st.DrawFn) -> str:
    prefix = draw(st.sampled_from(sorted(ISSUED)))
    count = ISSUED[prefix] - len(prefix) - 1
    return card_of(prefix, draw(st.text("0123456789", min_size=count, max_size=count)))


def two(digits: str) -> list[str]:
    """As one number below 100, where it is one: 00 to 09 are said digit by digit."""
    high, low = int(digits[0]), int(digits[1])
    if high == 0:
        return [DIGITS[high], DIGITS[low]]
    if high == 1:
        return [TEENS[low]]
    return [TENS[high], *([DIGITS[low]] if low else [])]


@st.composite
def spoken(draw: st.DrawFn, number: str) -> list[str]:
    """Its words, the digits as somebody may group them, with fillers between the groups."""
    words: list[str] = []
    at = 0
    while at < len(number):
        left = number[at:]
        how = draw(st.sampled_from(["digit", "digit", "oh", "pair", "double", "triple"]))
        if how == "pair" and len(left) >= 2 and left[0] != "0":
            said, took = two(left[:2]), 2
        elif how == "double" and len(left) >= 2 and left[0] == left[1]:
            said, took = ["double", DIGITS[int(left[0])]], 2
        elif how == "triple" and len(left) >= 3 and len(set(left[:3])) == 1:
            said, took = ["triple", DIGITS[int(left[0])]], 3
        else:
            said, took = ["oh" if how == "oh" and left[0] == "0" else DIGITS[int(left[0])]], 1
        # "twenty" "five" would be heard as 25: a digit that could belong to the ten before it is said after a filler.
        if words and words[-1] in TENS[2:] and said[0] in DIGITS[1:]:
            words.append("and then")
        elif words and draw(st.integers(0, 9)) == 0:
            words.append(draw(st.sampled_from(FILLERS)))
        words += said
        at += took
    return words
