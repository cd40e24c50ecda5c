"""Fixtures that everybody uses, named by role, so that a test of permissions reads as a sentence."""

from __future__ import annotations

import secrets
import shutil
import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.utils import timezone

from calls.models import Call, Segment, Stream, StreamingProfile, Team, User
from calls.models.accounts import Role
from calls.vendors import VENDORS
from tests import acme as acme_vendor
from tests.server import template


def pytest_configure() -> None:
    """Static files come from real hubs only: each client of these tests would look all of them up anew. On Redis, each
    worker speaks with itself only, as each has its own database."""
    django_settings.SERVESTATIC_USE_FINDERS = django_settings.SERVESTATIC_USE_STATIC_ROOT = False
    if django_settings.REDIS_URL:
        prefix = f"hub-test-{secrets.token_hex(6)}"
        django_settings.REDIS_PREFIX = django_settings.CHANNEL_LAYERS["default"]["CONFIG"]["prefix"] = prefix


LONG = ("ingest", "two_way", "checking", "hub", "bots")  # folders whose files mostly wait for real time to pass


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long begins first, so that no worker is alone with it at the end."""
    tests = Path(__file__).parent

    def place(item: pytest.Item) -> int:
        folder = item.path.relative_to(tests).parts[0]
        return LONG.index(folder) if folder in LONG else len(LONG)

    items.sort(key=place)


@pytest.fixture(autouse=True)
def data_dir(settings: Any, tmp_path: Path) -> Path:
    """Spools and recordings of a test lie in its own folder."""
    settings.HUB_DATA_DIR = tmp_path
    return tmp_path


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A copy of a database that is migrated once. SQLite in a file, as in real life: in memory, threads that share it
    lock each other out."""
    test = connection.settings_dict["TEST"]
    if connection.vendor == "sqlite":
        test["NAME"] = shutil.copy(template(), tmp_path_factory.mktemp("database") / "test.sqlite3")
    else:
        test["TEMPLATE"] = template()


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """Of SQLite the copy is taken as it is; pytest removes its folder."""
    return connection.vendor == "sqlite"


@pytest.fixture(scope="session", autouse=True)
def no_connection_is_left(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Threads of the code under test may keep a connection; PostgreSQL would then refuse to drop the database."""
    yield
    with django_db_blocker.unblock():
        if connection.vendor == "postgresql" and connection.settings_dict["NAME"].startswith("test_"):
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
def team(db: None) -> Team:
    """Joins the supervisor and the viewer with the profiles of this file."""
    return Team.objects.create(name="Front office")


@pytest.fixture
def supervisor(team: Team) -> User:
    user = User.objects.create_user("supervisor", role=Role.SUPERVISOR)
    team.users.add(user)
    return user


@pytest.fixture
def agent(db: None) -> User:
    return User.objects.create_user("agent", role=Role.AGENT, agent_id="123")


@pytest.fixture
def viewer(team: Team) -> User:
    user = User.objects.create_user("viewer", role=Role.VIEWER)
    team.users.add(user)
    return user


@pytest.fixture
def profile(team: Team) -> StreamingProfile:
    """RingCX, queue 1234, any sub-account, no secret."""
    profile = StreamingProfile.objects.create(name="Sales", product_type="QUEUE", product_id="1234")
    team.profiles.add(profile)
    return profile


@pytest.fixture
def acme(team: Team, monkeypatch: pytest.MonkeyPatch) -> StreamingProfile:
    """The profile of a vendor that can do nearly everything; national numbers are American."""
    monkeypatch.setitem(VENDORS, "acme", acme_vendor.INFO)
    profile = StreamingProfile.objects.create(vendor="acme", name="Acme", default_region="US")
    team.profiles.add(profile)
    return profile


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
