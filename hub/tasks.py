"""Tasks: a doorbell and a clock for work that is rows."""

from celery import shared_task

from calls.services import sweep


@shared_task(ignore_result=True)
def close_due() -> None:
    sweep.close_due()


@shared_task(ignore_result=True)
def finish_due() -> None:
    sweep.finish_due()


@shared_task(ignore_result=True)
def summarize_due() -> None:
    sweep.summarize_due()


@shared_task(ignore_result=True)
def deliver_due() -> None:
    sweep.deliver_due()
