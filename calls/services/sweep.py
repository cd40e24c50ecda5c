"""Everything that is due, once around. Safe to run in any number of processes at a time, and after any crash.

Closing takes milliseconds and must be prompt; finishing may take minutes; summarising and delivering wait for
strangers. So they are rounds of their own, for as many threads or workers.
"""

import logging
from collections.abc import Callable

from django.utils import timezone

from calls.models import EmbedTicket
from calls.services import (
    alert_watch,
    calls,
    checks,
    commands,
    pairings,
    passages,
    recordings,
    removal,
    summaries,
    webhook_deliveries,
)

log = logging.getLogger(__name__)

INTERVAL_SECONDS = 2.0

Job = Callable[[], int]


def drop_old_tickets() -> int:
    return EmbedTicket.objects.filter(expires_at__lt=timezone.now()).delete()[0]


def close_due() -> int:
    """Ends streams whose process is dead, calls whose grace is over and commands that nobody sent. Returns how many rows
    were dealt with."""
    return _run(
        calls.interrupt_dead_streams,
        calls.close_due_calls,
        commands.expire_due,
        commands.forget_old_keys,
        alert_watch.watch_clock,
        drop_old_tickets,
        pairings.drop_old_pairings,
        checks.give_up_lost_checks,
        checks.delete_old_test_calls,
    )


def finish_due() -> int:
    """Finishes recordings, transcribes what was skipped, and removes what was kept long enough. Returns how many rows were
    dealt with."""
    return _run(recordings.finish_due_recordings, passages.transcribe_due_passages, removal.remove_due_calls)


def summarize_due() -> int:
    """Writes summaries, perhaps by a language model elsewhere. Returns how many rows were dealt with."""
    return _run(summaries.write_due_summaries)


def deliver_due() -> int:
    """Tells webhooks. Returns how many rows were dealt with."""
    return _run(webhook_deliveries.deliver_due, webhook_deliveries.forget_old_deliveries)


def _run(*jobs: Job) -> int:
    """One job's failure doesn't keep the next from running."""
    done = 0
    for job in jobs:
        try:
            done += job()
        except Exception:
            log.exception("%s failed; it is tried again in %s s", job.__name__, INTERVAL_SECONDS)
    return done
