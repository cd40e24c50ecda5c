"""Everything that is due, once around. Safe to run in any number of processes at a time, and after any crash."""

import logging
from collections.abc import Callable

from django.utils import timezone

from calls.models import EmbedTicket
from calls.services import calls, recordings

log = logging.getLogger(__name__)

INTERVAL_SECONDS = 2.0


def drop_old_tickets() -> int:
    return EmbedTicket.objects.filter(expires_at__lt=timezone.now()).delete()[0]


JOBS: tuple[Callable[[], int], ...] = (
    calls.interrupt_dead_streams,
    calls.close_due_calls,
    recordings.finish_due_recordings,
    drop_old_tickets,
)


def sweep() -> int:
    """Does what is due and returns how many rows were dealt with. One job's failure doesn't keep the next from running."""
    done = 0
    for job in JOBS:
        try:
            done += job()
        except Exception:
            log.exception("%s failed; it is tried again in %s s", job.__name__, INTERVAL_SECONDS)
    return done
