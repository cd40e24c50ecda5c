"""What a stream at the door is measured by, and who is remembered of those turned away."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import signing
from django.utils import timezone

from calls.events import CallInfo
from calls.models import RefusedStream, StreamingProfile
from calls.services import stream_access as access
from calls.services.profiles import save_profile
from calls.session import admission
from calls.vendors import VENDORS
from calls.vendors.base import Handshake


@pytest.fixture
def line(db: None) -> StreamingProfile:
    """AudioCodes, with a secret."""
    return save_profile(StreamingProfile(vendor="audiocodes", name="Desk", slug="desk", secret="bearer"))


@pytest.fixture
def streamer(db: None) -> StreamingProfile:
    """Ringover, with a token."""
    return save_profile(StreamingProfile(vendor="ringover", name="Streamer", secret="a-token-of-ours"))


def decide(
    vendor: str, query: bytes = b"", **facts: Any
) -> admission.Admitted | admission.Refused | admission.Undecided:
    handshake = Handshake(**{"info": CallInfo(), "secrets": (), **facts})
    return admission.at_handshake(vendor=VENDORS[vendor], handshake=handshake, query=query)


def test_a_token_finds_its_profile_among_several(streamer: StreamingProfile) -> None:
    assert decide("ringover", address="other", secrets=("other", "a-token-of-ours")) == admission.Admitted(streamer)
    assert decide("ringover", address="a-token-of-ours") == admission.Admitted(streamer)


def test_a_token_is_another_vendor_s_nothing(streamer: StreamingProfile, line: StreamingProfile) -> None:
    assert decide("ringover", address="bearer") == admission.Refused("unknown_token")
    assert decide("audiocodes", address="a-token-of-ours") == admission.Refused("unknown_slug")


@pytest.mark.parametrize("token", ["", "\x00", "\ud800", "x" * 100_000, "a token", "%"], ids=ascii)
def test_what_can_be_no_token_finds_nothing(streamer: StreamingProfile, token: str) -> None:
    assert access.find_profile_of_token(vendor="ringover", tokens=[token]) is None
    assert access.find_profile_of_slug(vendor="audiocodes", slug=token) is None


def test_profiles_without_a_token_are_found_by_none(db: None) -> None:
    StreamingProfile.objects.create(vendor="ringover", name="Made without the service")
    assert access.find_profile_of_token(vendor="ringover", tokens=[""]) is None


def test_a_digest_alone_lets_nobody_in(streamer: StreamingProfile) -> None:
    """Whoever can write a digest into the database still has to know the secret."""
    StreamingProfile.objects.update(secret_digest=access.digest("stranger-s-token"))
    assert access.find_profile_of_token(vendor="ringover", tokens=["stranger-s-token"]) is None


def test_a_secret_holds_whatever_the_check_says(line: StreamingProfile) -> None:
    """A profile that was written past the service does not stand open."""
    StreamingProfile.objects.update(secret_check="off")
    assert decide("audiocodes", address="desk") == admission.Refused("secret_missing")
    assert decide("audiocodes", address="desk", secrets=("wrong",)) == admission.Refused("bad_secret")
    assert decide("audiocodes", address="desk", secrets=("wrong", "bearer")) == admission.Admitted(line)


def test_what_refused_peers_are_told_is_the_same(line: StreamingProfile) -> None:
    cases = [("nobody", ()), ("desk", ()), ("desk", ("wrong",))]
    told = {decide("audiocodes", address=slug, secrets=secrets).told for slug, secrets in cases}  # type: ignore[union-attr]
    assert len(told) == 1


def test_when_a_secret_was_seen_is_kept_by_the_minute(line: StreamingProfile, django_assert_num_queries: Any) -> None:
    access.check_secret(line, ["bearer"], always=True)
    line.refresh_from_db()
    assert line.secret_seen_at is not None and line.secret_missed_at is None
    with django_assert_num_queries(0):
        access.check_secret(line, ["bearer"], always=True)
    line.secret_seen_at = timezone.now() - timedelta(minutes=2)
    with django_assert_num_queries(1):
        access.check_secret(line, ["bearer"], always=True)


def test_a_handshake_costs_few_queries(
    streamer: StreamingProfile, line: StreamingProfile, django_assert_num_queries: Any
) -> None:
    access.check_secret(line, ["bearer"], always=True)
    with django_assert_num_queries(1):
        decide("ringover", address="a-token-of-ours")
    with django_assert_num_queries(1):
        decide("audiocodes", address="desk", secrets=("bearer",))


def test_a_ticket_lasts_a_minute(line: StreamingProfile, monkeypatch: pytest.MonkeyPatch) -> None:
    ticket, expires_at = access.sign_ticket(line.id)
    assert timedelta(seconds=55) < expires_at - timezone.now() <= timedelta(seconds=60)
    assert decide("audiocodes", f"a=b&ticket={ticket}".encode(), address="desk") == admission.Admitted(line)
    now = signing.time.time()
    monkeypatch.setattr(signing.time, "time", lambda: now + 61)
    assert decide("audiocodes", f"ticket={ticket}".encode(), address="desk") == admission.Refused("secret_missing")


def test_a_ticket_is_for_one_profile_and_for_nothing_else(line: StreamingProfile, streamer: StreamingProfile) -> None:
    other = save_profile(StreamingProfile(vendor="audiocodes", name="Other", slug="other", secret="s"))
    ticket, _ = access.sign_ticket(line.id)
    assert not access.is_ticket_for(other, ticket)
    assert not access.is_ticket_for(line, signing.dumps(str(line.id), salt="calls.embed"))
    assert decide("ringover", f"ticket={access.sign_ticket(streamer.id)[0]}".encode()) == admission.Refused(
        "unknown_token"
    )
    line.enabled = False
    save_profile(line)
    assert decide("audiocodes", f"ticket={ticket}".encode(), address="desk") == admission.Refused("profile_disabled")


@pytest.mark.parametrize(
    "query", [b"ticket", b"ticket=%ff%fe", b"ticket=\xff", b"&&==&ticket=a:b:c", b"ticket=" + b"x" * 60_000]
)
def test_odd_queries_are_no_tickets(line: StreamingProfile, query: bytes) -> None:
    assert decide("audiocodes", query, address="desk") == admission.Refused("secret_missing")


# Those turned away


def test_one_row_for_all_strangers_with_a_token(streamer: StreamingProfile) -> None:
    for number in range(5):
        decide("ringover", address=f"guessed-token-{number}")
    row = RefusedStream.objects.get()
    assert (row.vendor, row.reason, row.count, row.slug, row.profile) == ("ringover", "unknown_token", 5, "", None)


def test_a_row_for_each_address_and_each_profile(line: StreamingProfile) -> None:
    for slug in ("nobody", "nobody", "desk", "no slug at all", "token/in/the/wrong/place"):
        decide("audiocodes", address=slug)
    rows = {(row.reason, row.slug, row.profile): row.count for row in RefusedStream.objects.all()}
    assert rows == {
        ("unknown_slug", "nobody", None): 2,
        ("secret_missing", "desk", line): 1,
        ("unknown_slug", "", None): 2,
    }


def test_a_profile_that_is_off_is_named(streamer: StreamingProfile) -> None:
    streamer.enabled = False
    save_profile(streamer)
    decide("ringover", address="a-token-of-ours")
    row = RefusedStream.objects.get()
    assert (row.profile, row.reason) == (streamer, "profile_disabled")
    streamer.enabled = True
    save_profile(streamer)
    assert not RefusedStream.objects.exists()


def test_scanners_push_out_only_their_own_kind(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "MAX_REFUSED", 5)
    access.note_refused(
        vendor="ringcx", info=CallInfo(product_type="QUEUE", product_id="1234"), reason="unknown_product"
    )
    for number in range(20):
        decide("audiocodes", address=f"guess-{number}")
    assert RefusedStream.objects.filter(vendor="ringcx").count() == 1
    assert set(RefusedStream.objects.filter(vendor="audiocodes").values_list("slug", flat=True)) == {
        f"guess-{number}" for number in range(15, 20)
    }
