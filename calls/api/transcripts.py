"""A transcript as text, WebVTT and SubRip."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from calls.models import Segment


def speaker(segment: Segment) -> str:
    """Such as `Agent 123` or `Customer`."""
    return f"{segment.track.title()} {segment.participant}".strip()


def clock(ms: int, separator: str) -> str:
    seconds, ms = divmod(ms, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{separator}{ms:03}"


def one_line(text: str) -> str:
    return " ".join(text.split())


def txt(segments: Iterable[Segment]) -> Iterator[str]:
    for segment in segments:
        yield f"[{clock(segment.start_ms, '.')}] {one_line(speaker(segment))}: {one_line(segment.text)}\n"


def vtt(segments: Iterable[Segment]) -> Iterator[str]:
    """A cue must end after it starts; `&`, `<` and `>` are escaped, so that text is never markup or an arrow."""
    yield "WEBVTT\n"
    for segment in segments:
        end_ms = max(segment.end_ms, segment.start_ms + 1)
        yield (
            f"\n{segment.id}\n{clock(segment.start_ms, '.')} --> {clock(end_ms, '.')}\n"
            f"<v {escape(one_line(speaker(segment)), quote=False)}>{escape(one_line(segment.text), quote=False)}\n"
        )


# SubRip knows no escapes, and players take <…> and {\…} for markup: such characters become their look-alikes.
SRT_TEXT = str.maketrans({"<": "‹", ">": "›", "{": "(", "}": ")"})


def srt(segments: Iterable[Segment]) -> Iterator[str]:
    for number, segment in enumerate(segments, 1):
        end_ms = max(segment.end_ms, segment.start_ms + 1)
        text = one_line(f"{speaker(segment)}: {segment.text}").translate(SRT_TEXT)
        yield f"{number}\n{clock(segment.start_ms, ',')} --> {clock(end_ms, ',')}\n{text}\n\n"


FORMATS = {"txt": (txt, "text/plain"), "vtt": (vtt, "text/vtt"), "srt": (srt, "application/x-subrip")}
