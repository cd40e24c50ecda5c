"""Whoever logs an address: what in it is secret does not get far."""

import logging
import sys

import pytest

from hub.logs import LineFormatter, WithoutRefusals


def line(message: str, *arguments: object, error: BaseException | None = None) -> str:
    failed = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord("x", logging.WARNING, "x.py", 1, message, arguments, failed)
    return LineFormatter("%(levelname)s %(message)s").format(record)


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("Not Found: /ws/ringover/s3cret/", "Not Found: /ws/ringover/…/"),
        ("Not Found: /ws/ringover/s3cret", "Not Found: /ws/ringover/…"),
        ("wss://hub.example.com/ws/Ringover/s3cret/?a=b", "wss://hub.example.com/ws/Ringover/…/?a=b"),
        ("'/ws/ringover/s3cret/'", "'/ws/ringover/…/'"),
        ("/ws/ringover/?token=s3cret&a=b", "/ws/ringover/?token=…&a=b"),
        ("/ws/ringover?token=s3cret", "/ws/ringover?token=…"),
        ("/ws/audiocodes/desk/?a=b&ticket=s3cret:x:y", "/ws/audiocodes/desk/?a=b&ticket=…"),
        ("/embed/?callId=1&key=s3cret HTTP/1.1", "/embed/?callId=1&key=… HTTP/1.1"),
        ("/?productId=1&Secret=s3cret", "/?productId=1&Secret=…"),
        ("nothing to hide in /ws/ringcx/ or keys=5", "nothing to hide in /ws/ringcx/ or keys=5"),
    ],
)
def test_secrets_of_addresses_are_left_out(message: str, shown: str) -> None:
    assert line(message) == f"WARNING {shown}"


def test_arguments_and_tracebacks_too() -> None:
    assert "s3cret" not in line("%s refused %s", "x", "/ws/ringover/s3cret/")
    try:
        raise ValueError("no such socket: /ws/ringover/s3cret/")
    except ValueError:
        text = line("it failed", error=sys.exc_info()[1])
    assert "Traceback" in text and "s3cret" not in text and "/ws/ringover/…/" in text


@pytest.mark.parametrize(("status", "kept"), [(403, False), (400, False), (500, True), (None, True)])
def test_a_refused_request_has_no_traceback(status: int | None, kept: bool) -> None:
    failed = (ValueError, ValueError("x"), None)
    record = logging.LogRecord("django.request", logging.WARNING, "x.py", 1, "Forbidden: /team/", (), failed)
    if status:
        record.status_code = status
    assert WithoutRefusals().filter(record)
    assert bool(record.exc_info) is kept
