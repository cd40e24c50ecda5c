"""What reaches the log: one line an event, without the secrets that addresses may hold.

Nobody logs an address of a vendor's socket on purpose. But Django names the path of every request that it refuses, a
traceback may hold one, and the development server logs each connection.
"""

import logging
import re

from calls.vendors import VENDORS

_PATHS = [
    re.escape(vendor.endpoint.shown.partition("<")[0])
    for vendor in VENDORS.values()
    if vendor.endpoint.profile_by == "token"
]
_SECRETS = re.compile(
    "(" + "|".join([*_PATHS, r"[?&](?:token|ticket|key|secret)="]) + r""")[^/?&#\s"'<>]+""", re.IGNORECASE
)


class WithoutRefusals(logging.Filter):
    """Takes the traceback off a request that was refused (a 403, say): it tells of no fault."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.startswith("django.request") and getattr(record, "status_code", 500) < 500:
            record.exc_info = record.exc_text = None
        return True


class LineFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return _SECRETS.sub(r"\1…", super().format(record))
