"""What scripts say can be translated: the tool that collects it reads literals only, and each place gets its value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.conf import settings

SCRIPTS = Path(settings.BASE_DIR) / "static" / "js"
DECLARED = {"capabilities.js"}  # what they say is data, and collected as such
TEXTS = {"gettext": 1, "pgettext": 2, "ngettext": 2, "npgettext": 3}  # how many literals each begins with
OPENING, CLOSING = frozenset("([{"), frozenset(")]}")
TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\n]*|/\*.*?\*/)
    |(?P<text>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')
    |(?P<word>[\w$]+)
    |(?P<sign>.)""",
    re.DOTALL | re.VERBOSE,
)
REGEX = re.compile(r"/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\[\n])+/[a-z]*")
TEMPLATE = re.compile(r"(?:\\.|\$(?!\{)|[^`\\$])*", re.DOTALL)


@dataclass(frozen=True)
class Token:
    kind: str  # text, template, regex, word, sign
    value: str
    line: int


def tokens(source: str) -> Iterator[Token]:
    """JavaScript, as far as it takes to tell calls from strings, comments and regular expressions."""
    at, before, templates = 0, Token("sign", "", 0), [0]  # for each template that is open: braces open in its `${}`
    while at < len(source):
        line = source.count("\n", 0, at) + 1
        ends_template = source[at] == "}" and len(templates) > 1 and templates[-1] == 0
        is_value = before.kind in {"text", "template", "regex"} or before.value in {")", "]", "}"}
        is_value |= before.kind == "word" and before.value not in {"return", "typeof", "case"}
        if source[at] == "`" or ends_template:
            match = TEMPLATE.match(source, at + 1)
            assert match
            before = Token("template", match[0], line)
            at = match.end()
            if source[at] == "`" and ends_template:
                templates.pop()
            elif source[at] == "$" and not ends_template:
                templates.append(0)
            at += 1 if source[at] == "`" else 2
        elif not is_value and (match := REGEX.match(source, at)) and source[at + 1] not in "/*":
            before = Token("regex", match[0], line)
            at = match.end()
        else:
            match = TOKEN.match(source, at)
            assert match and match.lastgroup
            at = match.end()
            if match.lastgroup == "space":
                continue
            before = Token(match.lastgroup, match[0], line)
            templates[-1] += (before.value == "{") - (before.value == "}")
        yield before


@dataclass
class Marked:
    """A call of `gettext` or the like."""

    place: str
    texts: list[str] = field(default_factory=list)  # fewer than it needs, where one is no literal
    needed: int = 1
    values: set[str] | None = None  # the names that `fill` gets with it; None where that isn't written there

    @property
    def names(self) -> list[set[str]]:
        singular_and_plural = self.texts[-2:] if self.needed > 1 and "ngettext" in self.place else self.texts[-1:]
        return [set(re.findall(r"%\((\w+)\)s", text)) for text in singular_and_plural]


def end_of(found: list[Token], start: int) -> int:
    """Where the bracket closes that opens at `start`."""
    depth = 0
    for place in range(start, len(found)):
        if found[place].kind == "sign":
            depth += (found[place].value in OPENING) - (found[place].value in CLOSING)
        if depth == 0:
            return place
    raise AssertionError(f"A bracket in line {found[start].line} is never closed.")


def names_of(found: list[Token], start: int) -> set[str]:
    """The names of an object that is written out, with `{` at `start`."""
    names, place, end = set(), start + 1, end_of(found, start)
    while place < end:
        names.add(found[place].value)
        while place < end and found[place].value != ",":
            place = end_of(found, place) + 1 if found[place].value in OPENING else place + 1
        place += 1
    return names


def marked_in(name: str, source: str) -> list[Marked]:
    found, calls = list(tokens(source)), []
    for n, token in enumerate(found[:-1]):
        if token.kind != "word" or token.value not in TEXTS or found[n + 1].value != "(":
            continue
        call = Marked(f"{name}:{token.line} {token.value}", needed=TEXTS[token.value])
        for place in range(n + 2, n + 2 + 2 * call.needed, 2):
            if found[place].kind != "text" or found[place + 1].value not in {",", ")"}:
                break
            call.texts.append(found[place].value[1:-1])
        end = end_of(found, n + 1)
        if (
            n > 1
            and found[n - 2].value in {"fill", "pieces"}
            and found[end + 1].value == ","
            and found[end + 2].value == "{"
        ):
            call.values = names_of(found, end + 2)
        calls.append(call)
    return calls


@pytest.fixture(scope="module")
def marked() -> list[Marked]:
    found = [
        call
        for path in sorted(SCRIPTS.rglob("*.js"))
        for call in marked_in(str(path.relative_to(SCRIPTS)), path.read_text())
    ]
    assert len(found) > 100
    return found


def test_texts_are_written_out_where_they_are_marked(marked: list[Marked]) -> None:
    wanting = [call.place for call in marked if len(call.texts) < call.needed]
    assert [place for place in wanting if place.split(":")[0] not in DECLARED] == []


def test_singular_and_plural_have_the_same_places(marked: list[Marked]) -> None:
    assert [call.place for call in marked if len({frozenset(names) for names in call.names}) > 1] == []


def test_each_place_gets_a_value(marked: list[Marked]) -> None:
    assert [call.place for call in marked if call.values is not None and set().union(*call.names) != call.values] == []


@pytest.mark.parametrize(
    ("source", "texts"),
    [
        ('gettext("One (1)")', ["One (1)"]),
        ("gettext(`One`)", []),
        ("gettext(name)", []),
        ('gettext("One " + name)', []),
        ('ngettext("%(n)s call", plural, n)', ["%(n)s call"]),
        ('`${gettext("In")} ${`${deep}`}` + /"/.test(x)', ["In"]),
        ('pgettext("a place", "Start")', ["a place", "Start"]),
    ],
)
def test_what_the_scanner_takes_for_a_text(source: str, texts: list[str]) -> None:
    [call] = marked_in("here.js", source)
    assert call.texts == texts


def test_what_the_scanner_leaves_out() -> None:
    assert (
        marked_in("here.js", '// gettext(name)\nconst s = "gettext(name)"; /* gettext(name) */ x = /gettext(name)/;')
        == []
    )


def test_the_scanner_sees_what_a_text_is_filled_with() -> None:
    [call] = marked_in(
        "here.js", 'fill(ngettext("%(count)s of %(all)s", "%(count)s", count), { count, all: sum(a, {b, c}) })'
    )
    assert call.values == {"count", "all"} and call.names == [{"count", "all"}, {"count"}]
