import pytest

from calls.events import CallInfo
from calls.vendors.audiocodes.handshake import read_handshake


def secrets_of(*values):
    return read_handshake(b"", [(b"authorization", value.encode()) for value in values], "demo").secrets


@pytest.mark.parametrize("value", ["Bearer t0ken", "bearer t0ken", "BEARER   t0ken "])
def test_bearer(value):
    assert secrets_of(value) == ("t0ken",)


@pytest.mark.parametrize("value", ["", "Bearer", "Bearer ", "t0ken", "Basic dTpw", "Token t0ken"])
def test_no_bearer(value):
    assert secrets_of(value) == ()


def test_headers_in_any_case():
    assert read_handshake(b"", [(b"Authorization", b"Bearer t")], "").secrets == ("t",)


def test_candidates_are_bounded():
    assert len(secrets_of(*[f"Bearer {number}" for number in range(100)])) == 4


def test_secret_in_the_query_is_none():
    assert read_handshake(b"token=t&secret=t", [], "").secrets == ()


def test_slug_and_nothing_else():
    handshake = read_handshake(b"caller=1", [], "demo")
    assert (handshake.address, handshake.info) == ("demo", CallInfo())
