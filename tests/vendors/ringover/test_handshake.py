import pytest

from calls.vendors.ringover.handshake import read_handshake


def secrets_of(query="", *headers, address=""):
    pairs = [(name.lower().encode(), value.encode()) for name, value in headers]
    return read_handshake(query.encode(), pairs, address).secrets


def test_token_in_the_path():
    handshake = read_handshake(b"", [], "t0ken")
    assert (handshake.address, handshake.secrets) == ("t0ken", ("t0ken",))


@pytest.mark.parametrize("query", ["token=t0ken", "call_id=a&Token=t0ken", "token=t%30ken"])
def test_token_in_the_query(query):
    handshake = read_handshake(query.encode(), [], "")
    assert (handshake.address, handshake.secrets) == ("t0ken", ("t0ken",))


@pytest.mark.parametrize(
    "header",
    [
        ("Authorization", "Bearer t0ken"),
        ("Authorization", "bearer  t0ken"),
        ("Authorization", "t0ken"),
        ("X-Token", "t0ken"),
        ("X-Auth-Token", " t0ken "),
        ("Token", "t0ken"),
    ],
    ids=range(6),
)
def test_token_in_a_header(header):
    assert secrets_of("", header) == ("t0ken",)


def test_order_of_preference():
    assert secrets_of("token=b", ("X-Token", "d"), ("Authorization", "Bearer c"), address="a") == ("a", "b", "d", "c")


def test_each_token_once_and_not_too_many():
    assert secrets_of("token=a&token=a", address="a") == ("a",)
    assert len(secrets_of("&".join(f"token={number}" for number in range(40)))) == 4


@pytest.mark.parametrize("headers", [[], [("Host", "hub:443"), ("Origin", "https://hub:443"), ("Cookie", "token=a")]])
def test_no_token(headers):
    assert secrets_of("call_id=a", *headers) == ()


def test_facts_of_the_call():
    handshake = read_handshake(
        b"call_id=9058220947198958123&from=%2B33600000000&to=33184800000&token=t&lang=fr", [], ""
    )
    info = handshake.info
    assert (info.call_id, info.from_number, info.to_number) == ("9058220947198958123", "+33600000000", "33184800000")
    assert info.extra == {"call_id": "9058220947198958123", "lang": "fr"}


def test_format():
    assert read_handshake(b"sampleRate=16k&channels=stereo&encoding=l16", [], "").facts == {
        "encoding": "l16",
        "rate": "16000",
        "channels": "2",
    }
    assert read_handshake(b"sampleRate=44100", [], "").facts == {"odd": "44100"}
    assert read_handshake(b"", [], "").facts == {}


@pytest.mark.parametrize("query", [b"\xff\xfe", b"&&&=", b"%", b"a=%zz", b"&".join(b"a%d=1" % n for n in range(99))])
def test_odd_queries(query):
    assert read_handshake(query, [], "t").secrets == ("t",)
