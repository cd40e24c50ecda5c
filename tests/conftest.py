"""Fixtures that everybody uses, named by role, so that a test of permissions reads as a sentence."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from calls.models import Call, Segment, Stream, StreamingProfile, User
from calls.models.accounts import Role


@pytest.fixture(autouse=True)
def data_dir(settings: Any, tmp_path: Path) -> Path:
    """Spools and recordings of a test lie in its own folder."""
    settings.HUB_DATA_DIR = tmp_path
    return tmp_path


@pytest.fixture(scope="session", autouse=True)
def no_connection_is_left(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Threads of the code under test may keep a connection; PostgreSQL would then refuse to drop the database."""
    yield
    with django_db_blocker.unblock():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            connection.close()


@pytest.fixture
def admin(db: None) -> User:
    return User.objects.create_user("admin", role=Role.ADMIN)


@pytest.fixture
def supervisor(db: None) -> User:
    return User.objects.create_user("supervisor", role=Role.SUPERVISOR)


@pytest.fixture
def agent(db: None) -> User:
    return User.objects.create_user("agent", role=Role.AGENT)


@pytest.fixture
def viewer(db: None) -> User:
    return User.objects.create_user("viewer", role=Role.VIEWER)


@pytest.fixture
def profile(db: None) -> StreamingProfile:
    """RingCX, queue 1234, any sub-account, no secret."""
    return StreamingProfile.objects.create(name="Sales", product_type="QUEUE", product_id="1234")


MakeCall = Callable[..., Call]


@pytest.fixture
def make_call(profile: StreamingProfile) -> MakeCall:
    """Makes a call with one stream, ended unless `state` says otherwise: `make_call(said=[("agent", 0, 900, "hello")])`."""

    def make(*, said: Sequence[tuple[str, int, int, str]] = (), state: str = "ended", **fields: Any) -> Call:
        number = f"{Call.objects.count() + 1:030}"
        started = fields.setdefault("started_at", timezone.now() - timedelta(minutes=5))
        ended = None if state == "live" else started + timedelta(minutes=2)
        fields = {
            "profile": profile,
            "vendor": profile.vendor,
            "vendor_call_id": number,
            "key": f"ringcx:99:{number}",
            "product_type": profile.product_type,
            "product_id": profile.product_id,
            "audio_started_at": started,
            "ended_at": ended,
            **fields,
        }
        call = Call.objects.create(state=state, **fields)
        stream = Stream.objects.create(
            call=call,
            session_id="2",
            state=state,
            offset_ms=0,
            process=uuid.uuid4(),
            lease_until=timezone.now() + timedelta(hours=1),
            started_at=started,
            ended_at=ended,
        )
        Segment.objects.bulk_create(
            Segment(call=call, stream=stream, track=track, start_ms=start, end_ms=end, text=text)
            for track, start, end, text in said
        )
        return call

    return make
