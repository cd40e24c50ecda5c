"""Conditions on segments: what was said. PostgreSQL has it indexed: the column `search`, which is no field (a migration
made it, the database keeps it, and nobody reads it). SQLite asks `matching` about each row."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any

from django.db import connection
from django.db.models import BooleanField, F, Func, Q, Value

from calls.search.matching import matcher
from calls.search.query import Query
from calls.search.words import ALGORITHMS

# The languages of all segments: a step in the index for each, however many rows there are.
LANGUAGES = """
WITH RECURSIVE known(language) AS (
  SELECT min(language) FROM calls_segment
  UNION ALL
  SELECT (SELECT min(language) FROM calls_segment WHERE language > known.language) FROM known
  WHERE known.language IS NOT NULL
)
SELECT language FROM known WHERE language IS NOT NULL
"""


def said(query: Query) -> Q:
    """Segments that hold what is looked for, each by the rules of its own language."""
    with connection.cursor() as cursor:
        cursor.execute(LANGUAGES)
        languages = [language for (language,) in cursor.fetchall()]
    return reduce(or_, (Q(Said(query, language), language=language) for language in languages), Q(pk__in=[]))


class Said(Func):
    function = "hub_said"
    output_field = BooleanField()

    def __init__(self, query: Query, language: str) -> None:
        super().__init__(F("text"), Value(str(query)), Value(language))
        algorithm = ALGORITHMS.get(language)
        self.indexed = [f"hub_{algorithm}" if algorithm else "simple", str(query)]

    def as_postgresql(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, list[str]]:
        text: Any = self.source_expressions[0]
        table = compiler.quote_name_unless_alias(text.alias)
        return f'{table}."search" @@ websearch_to_tsquery(%s::regconfig, %s)', self.indexed


class Unindexed(Func):
    """A condition that is tested on each row, whatever index there is."""

    template = "(%(expressions)s) IS TRUE"
    output_field = BooleanField()


def add_to_sqlite(*, connection: Any, **_: Any) -> None:
    """Receiver of `connection_created`."""
    if connection.vendor == "sqlite":
        connection.connection.create_function(
            "hub_said", 3, lambda text, query, language: matcher(query, language).matches(text), deterministic=True
        )
