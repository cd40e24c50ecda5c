"""What people type to find words: `refund`, `"cancel my order"`, `-duplicate`, `refund or credit`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.utils.translation import gettext_noop as _

from calls.search.words import words

MAX_LENGTH = 200

_QUOTES = str.maketrans(dict.fromkeys("“”„«»", '"'))
_TERM = re.compile(r'(-?)(?:"([^"]*)(?:"|$)|([^\s"]+))')


class QueryError(ValueError):
    """Why nothing can be looked for, and what to type instead. `code` as in the API's problems."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


@dataclass(frozen=True, slots=True)
class Term:
    """Words that follow each other: one, or a phrase."""

    words: tuple[str, ...]
    excluded: bool = False

    def __str__(self) -> str:
        return f'{"-" if self.excluded else ""}"{" ".join(self.words)}"'


@dataclass(frozen=True, slots=True)
class Query:
    """One of the groups must fit; a group fits with all its terms, the excluded ones being absent."""

    groups: tuple[tuple[Term, ...], ...]

    def __str__(self) -> str:
        """In one spelling, which `read` and PostgreSQL's websearch_to_tsquery take for this query."""
        return " or ".join(" ".join(map(str, group)) for group in self.groups)


def parse(text: str) -> Query:
    """Raises QueryError. An `or` with nothing on one side is passed over; quote it to find the word."""
    if not text.strip():
        raise QueryError("required", _('Give the words to find, such as refund or "cancel my order".'))
    if len(text) > MAX_LENGTH or "\0" in text:
        raise QueryError("invalid", f"Give at most {MAX_LENGTH} printable characters.")
    query = read(text)
    if not query.groups:
        raise QueryError("invalid", _("There is no word in it. Give words to find, such as refund."))
    if any(all(term.excluded for term in group) for group in query.groups):
        raise QueryError("invalid", _("A minus only leaves out. Say also what to find: order -refund."))
    return query


def read(text: str) -> Query:
    groups: list[list[Term]] = [[]]
    for minus, phrase, plain in _TERM.findall(text.translate(_QUOTES)):
        if plain.lower() == "or" and not minus:
            groups.append([])
        elif found := tuple(words(phrase or plain)):
            groups[-1].append(Term(found, excluded=bool(minus)))
    return Query(tuple(tuple(group) for group in groups if group))
