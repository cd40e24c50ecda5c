"""Extracts what people read into `hub/locale/<language>/LC_MESSAGES/`: see docs/translations.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.commands import makemessages

from hub.declared_texts import declared_texts

IGNORED = ["tests/*", "bench/*", "build/*", "docs/*", "node_modules/*"]


class Command(makemessages.Command):
    """Django's, with the texts that are data, and without line numbers, which would change with every edit."""

    def handle(self, *args: Any, **options: Any) -> None:
        options["no_location"] = options["no_wrap"] = True
        options["ignore_patterns"] = [*options["ignore_patterns"], *IGNORED]
        declared = Path(settings.BASE_DIR, "hub", "declared_texts_extracted.py")
        if options["domain"] == "django":
            declared.write_text("".join(f"gettext_noop({text!r})\n" for text in sorted(declared_texts())))
        try:
            super().handle(*args, **options)
        finally:
            declared.unlink(missing_ok=True)
