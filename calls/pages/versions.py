"""Forms of things that somebody else saved meanwhile."""

from __future__ import annotations

from typing import cast

from django.forms import BaseForm
from django.http import QueryDict


def overwrite_next(form: BaseForm, stored_version: int) -> None:
    """What was typed stays in the form; saved once more, it overwrites what came between, knowingly."""
    typed = cast(QueryDict, form.data).copy()
    typed["version"] = str(stored_version)
    form.data = typed
