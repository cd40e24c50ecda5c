"""How customers feel, by the words they use: VADER's lexicon and rules (Hutto & Gilbert, ICWSM-14), of which the package
`nltk-vader-sentiment` is a maintained implementation. English only. docs/alerts.md says how often it is right.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, lru_cache

from vader import SentimentIntensityAnalyzer

from calls.alerts.measures import WINDOW_MS, Said

LANGUAGE = "en"
MIN_WORDS = 3  # the lexicon takes each "no" for a bad sign


@cache
def _analyzer() -> SentimentIntensityAnalyzer:
    return SentimentIntensityAnalyzer()


@lru_cache(maxsize=4096)
def mood_of(text: str) -> float:
    """From -1 (bad) to 1 (good). 0: no word of it tells."""
    return float(_analyzer().polarity_scores(text)["compound"])


def smoothed_mood(said: Iterable[Said], now_ms: int) -> float | None:
    """Of what the customer said in the last 30 s, the newest counting most. Mere answers ("yes", "no thanks") and turns
    without a word that tells change nothing."""
    total = weights = 0.0
    for segment in said:
        weight = 1 - (now_ms - segment.end_ms) / WINDOW_MS
        if segment.track != "customer" or segment.language != LANGUAGE or weight <= 0:
            continue
        mood = mood_of(segment.text)
        if mood and len(segment.text.split()) >= MIN_WORDS:
            total += weight * mood
            weights += weight
    return total / weights if weights else None
