"""Everything that is due, once around. Safe to run in any number of processes at a time, and after any crash.

Closing takes milliseconds and must be prompt; finishing may take minutes. So they are two rounds, for two threads or
workers.
"""

import logging
from collections.abc import Callable

from django.utils import timezone

from calls.models import EmbedTicket
from calls.services import calls, passages, recordings

log = logging.getLogger(__name__)

INTERVAL_SECONDS = 2.0

Job = Callable[[], int]


def drop_old_tickets() -> int:
    return EmbedTicket.objects.filter(expires_at__lt=timezone.now()).delete()[0]


def close_due() -> int:
    """Ends streams whose process is dead and calls whose grace is over. Returns how many rows were dealt with."""
    return _run(calls.interrupt_dead_streams, calls.close_due_calls, drop_old_tickets)


def finish_due() -> int:
    """Finishes recordings, and transcribes what was skipped. Returns how many rows were dealt with."""
    return _run(recordings.finish_due_recordings, passages.transcribe_due_passages)


def _run(*jobs: Job) -> int:
    """One job's failure doesn't keep the next from running."""
    done = 0
    for job in jobs:
        try:
            done += job()
        except Exception:
            log.exception("%s failed; it is tried again in %s s", job.__name__, INTERVAL_SECONDS)
    return done
