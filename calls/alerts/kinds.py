"""The kinds of rules, as data: which sides a rule may name, and what its threshold means."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Threshold:
    """Bounds in `unit`, and what a new rule gets."""

    low: float
    high: float
    default: float
    unit: str


@dataclass(frozen=True, slots=True)
class Kind:
    """`tracks`: the sides that a rule may name; "" is any of them, or all together. A state lasts; a phrase is a moment.
    `enabled`: whether a new rule is on unless told otherwise."""

    tracks: tuple[str, ...]
    threshold: Threshold | None = None
    enabled: bool = True

    @property
    def is_state(self) -> bool:
        return self.threshold is not None


KINDS = {
    "phrase": Kind(tracks=("", "agent", "customer", "bot")),
    "silence": Kind(tracks=("", "agent", "customer"), threshold=Threshold(5, 3600, 30, "s")),
    "long": Kind(tracks=("",), threshold=Threshold(60, 86_400, 900, "s")),
    "confidence": Kind(tracks=("", "agent", "customer"), threshold=Threshold(0.05, 0.95, 0.5, "0 to 1")),
    # A lexicon that knows no irony: admins switch it on, knowing what docs/alerts.md says of it.
    "mood": Kind(tracks=("customer",), threshold=Threshold(-0.95, -0.05, -0.35, "-1 to 1"), enabled=False),
}
