"""Tasks: a doorbell and a clock for work that is rows."""

from celery import shared_task

from calls.services.sweep import sweep


@shared_task(ignore_result=True)
def sweep_due_rows() -> None:
    sweep()
