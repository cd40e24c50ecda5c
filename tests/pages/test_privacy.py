"""What the call's page says of masking and retention, and the page on which a call is deleted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from calls.models import AuditEntry, Call, Recording, StreamingProfile, User
from tests.conftest import MakeCall


@pytest.fixture
def browse() -> Callable[[User], Client]:
    def sign_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return sign_in


Browse = Callable[[User], Client]


def test_the_calls_page_says_what_is_taken_out_and_when_it_goes(
    browse: Browse, viewer: User, make_call: MakeCall, profile: StreamingProfile
) -> None:
    plain = browse(viewer).get(f"/calls/{make_call().id}/").content.decode()
    assert "Taken out of" not in plain and "Removed with" not in plain
    profile.retention_days = 30
    profile.save()
    call = make_call(mask=["card", "ssn"])
    page = browse(viewer).get(f"/calls/{call.id}/").content.decode()
    assert "Taken out of transcript and recording: card numbers, US social security numbers." in page
    assert f"{call.ended_at + timedelta(days=30):%Y-%m-%d %H:%M} UTC" in page
    assert "Delete this call" not in page


def test_a_call_whose_profile_is_gone_still_has_its_day(browse: Browse, admin: User, make_call: MakeCall) -> None:
    call = make_call(retention_days=7)
    Call.objects.update(profile=None)
    page = browse(admin).get(f"/calls/{call.id}/").content.decode()
    assert f"{call.ended_at + timedelta(days=7):%Y-%m-%d %H:%M} UTC" in page
    assert f"/calls/{call.id}/delete/" in page


def test_an_admin_deletes_a_call(browse: Browse, admin: User, make_call: MakeCall) -> None:
    call = make_call(from_number="2223334444")
    client = browse(admin)
    assert "Delete the call from 2223334444?" in client.get(f"/calls/{call.id}/delete/").content.decode()
    assert Call.objects.exists()
    answer = client.post(f"/calls/{call.id}/delete/", follow=True)
    assert "The call is deleted." in answer.content.decode()
    assert not Call.objects.exists()
    assert AuditEntry.objects.get(action="call.removed").actor == admin
    assert client.post(f"/calls/{call.id}/delete/").status_code == 404


def test_what_can_not_be_deleted_yet_says_why(browse: Browse, admin: User, make_call: MakeCall) -> None:
    live, finishing = make_call(state="live"), make_call()
    Recording.objects.create(call=finishing, attempts=1, due_at=timezone.now() + timedelta(minutes=5))
    client = browse(admin)
    page = client.get(f"/calls/{live.id}/delete/").content.decode()
    assert "can be deleted once it has ended" in page and 'class="danger"' not in page
    for call in (live, finishing):
        assert client.post(f"/calls/{call.id}/delete/").status_code == 409
    assert "Its recording is being made" in client.post(f"/calls/{finishing.id}/delete/").content.decode()
    assert Call.objects.count() == 2


def test_a_profile_that_can_not_find_anything_says_so(browse: Browse, admin: User, profile: StreamingProfile) -> None:
    for recognizer, warned in (("off", True), ("pocketsphinx", False)):
        StreamingProfile.objects.update(mask=["card"], recognizer=recognizer)
        page = browse(admin).get(f"/profiles/{profile.id}/").content.decode()
        assert ("Choose a recogniser." in page) == warned
