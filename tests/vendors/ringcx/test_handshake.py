from base64 import b64encode

import pytest

from calls.events import CallInfo
from calls.vendors.ringcx.handshake import read_handshake

INFO = CallInfo(
    call_id="12345",
    session_id="2",
    from_number="2223334444",
    to_number="8005550100",
    account_id="99990000",
    sub_account_id="99990001",
    rc_account_id="123456789",
    agent_id="123",
    product_type="QUEUE",
    product_id="1234",
    direction="inbound",
)
VALUES = ["12345", "2", "2223334444", "8005550100", "99990000", "99990001", "123456789", "123", "Queue", "1234"]
SPELLINGS = {
    "labels with +": [
        *("Call+ID", "Session+ID", "Caller+ANI", "DNIS", "EV+Account+ID", "EV+Subaccount+ID"),
        *("RingCentral+Office+Account+ID", "Agent+ID", "Product+Type", "Product+ID"),
    ],
    "labels with %20": [
        *("Call%20ID", "Session%20ID", "Caller%20ANI", "DNIS", "EV%20Account%20ID", "EV%20Subaccount%20ID"),
        *("RingCentral%20Office%20Account%20ID", "Agent%20ID", "Product%20Type", "Product%20ID"),
    ],
    "camelCase": [
        *("callId", "sessionId", "callerAni", "dnis", "evAccountId", "evSubaccountId"),
        *("ringCentralOfficeAccountId", "agentId", "productType", "productId"),
    ],
    "snake_case": [
        *("call_id", "session_id", "caller_ani", "dnis", "ev_account_id", "ev_subaccount_id"),
        *("ringcentral_office_account_id", "agent_id", "product_type", "product_id"),
    ],
    "kebab-case": [
        *("call-id", "session-id", "caller-ani", "dnis", "ev-account-id", "ev-subaccount-id"),
        *("ringcentral-office-account-id", "agent-id", "product-type", "product-id"),
    ],
    "upper case": [
        *("CALLID", "SESSIONID", "CALLERANI", "DNIS", "EVACCOUNTID", "EVSUBACCOUNTID"),
        *("RINGCENTRALOFFICEACCOUNTID", "AGENTID", "PRODUCTTYPE", "PRODUCTID"),
    ],
    "as in Start": [
        *("callId", "sessionId", "ani", "dnis", "accountId", "subaccountId"),
        *("rcAccountId", "agentId", "productType", "productId"),
    ],
}


def query_of(names):
    return "&".join(f"{name}={value}" for name, value in zip(names, VALUES, strict=True)).encode()


def secrets_of(query=b"", *headers):
    return read_handshake(query, headers, "").secrets


@pytest.mark.parametrize("names", SPELLINGS.values(), ids=SPELLINGS.keys())
def test_every_spelling(names):
    assert read_handshake(query_of(names), [], "").info == INFO


@pytest.mark.parametrize(
    "query", [b"", b"&&=&a", b"callId", b"callId=", b"callId=null&other=1", b"%%%=%zz", b"\xff=\xff"]
)
def test_missing_facts(query):
    assert read_handshake(query, [], "").info == CallInfo()


@pytest.mark.parametrize(
    "query",
    [b"callId=a&callId=b", b"callId=&call_id=a", b"Call+ID=a&callId=b", b"callId=a&callId=", b"callId=%00&callId=a"],
)
def test_of_repeated_names_the_first_that_says_something_counts(query):
    assert read_handshake(query, [], "").info.call_id == "a"


def test_values_are_decoded():
    info = read_handshake(b"ani=%2B12025550123&productType=queue&callId=a%20b+c", [], "").info
    assert (info.from_number, info.product_type, info.call_id) == ("+12025550123", "QUEUE", "a b c")


@pytest.mark.parametrize("name", [b"secret", b"Secret", b"SECRET", b"%73ecret"])
def test_secret_in_the_query(name):
    assert secrets_of(name + b"=s3%2Fcret") == ("s3/cret",)


def test_secret_whose_plus_signs_were_never_encoded():
    assert secrets_of(b"secret=a+b") == ("a b", "a+b")


def test_secret_as_bearer():
    assert (
        secrets_of(b"", (b"authorization", b"Bearer s3"))
        == secrets_of(b"", (b"Authorization", b"bearer s3"))
        == ("s3",)
    )


def test_secret_without_scheme():
    assert secrets_of(b"", (b"authorization", b"s3")) == ("s3",)


@pytest.mark.parametrize("credentials", [b"user:s3", b"s3:password", b"s3:", b":s3", b"s3"])
def test_secret_in_basic(credentials):
    assert "s3" in secrets_of(b"", (b"authorization", b"Basic " + b64encode(credentials)))


def test_secret_after_basic_without_base64():
    assert "s3-cret" in secrets_of(b"", (b"authorization", b"Basic s3-cret"))


@pytest.mark.parametrize("name", [b"x-secret", b"X-Secret", b"x-ringcx-secret", b"x-stream-secret", b"secret"])
def test_secret_in_headers(name):
    assert secrets_of(b"", (name, b"s3")) == ("s3",)


def test_all_candidates_are_told_once_the_query_first():
    headers = [(b"x-secret", b"c"), (b"authorization", b"Bearer b"), (b"x-secret", b"a")]
    assert secrets_of(b"secret=a", *headers) == ("a", "c", "b")


def test_no_secret():
    assert secrets_of(b"secret=&Secret", (b"authorization", b""), (b"host", b"hub.example")) == ()


def test_candidates_are_bounded():
    assert len(secrets_of(b"&".join(b"secret=%d" % number for number in range(1000)))) == 16


def test_secret_is_no_part_of_the_facts():
    assert read_handshake(b"secret=s3", [], "").info == CallInfo()
