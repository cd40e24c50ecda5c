"""Which modules a page's script is made of, so that the browser asks for all of them at once, not import by import."""

from __future__ import annotations

import posixpath
import re
from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders

_IMPORTED = re.compile(r'^(?:import|export)\b[^;"]*"(\.{1,2}/[^"]+\.js)"', re.MULTILINE)


@cache
def modules_of(entry: str) -> tuple[str, ...]:
    """All that `entry` imports, and what that imports: paths as `{% static %}` takes them."""
    found: dict[str, None] = {entry: None}
    for path in (waiting := [entry]):
        file = finders.find(path)
        text = Path(file).read_text() if isinstance(file, str) else ""
        for name in _IMPORTED.findall(text):
            inner = posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
            if inner not in found:
                found[inner] = None
                waiting.append(inner)
    return tuple(found)[1:]
