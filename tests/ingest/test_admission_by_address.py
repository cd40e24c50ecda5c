"""Vendors whose address names the profile: which streams and probes are let in, and with which status the others are not."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.message import Message
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from calls.vendors import VENDORS
from tests.ingest.client import ringcx as connect
from tests.ingest.conftest import Api
from tests.ingest.test_admission import refused
from tests.server import HubServer

SECRET = "s3cret/of+audiocodes"
OPEN, GUARDED = "/ws/audiocodes/open-line/", "/ws/audiocodes/guarded-line/"
PROBE = {"type": "ac-bot-api", "success": True}


@pytest.fixture(scope="module")
def hub() -> Iterator[HubServer]:
    """It logs all that it can."""
    with HubServer(environment={"HUB_LOG_LEVEL": "DEBUG"}) as server:
        yield server


@pytest.fixture(scope="module")
def profiles(api: Api) -> dict[str, Any]:
    return {
        "token": api.post("profiles/", {"vendor": "ringover", "name": "Token"}),
        "open": api.post("profiles/", {"vendor": "audiocodes", "name": "Open line"}),
        "guarded": api.post("profiles/", {"vendor": "audiocodes", "name": "Guarded line", "secret": SECRET}),
    }


@pytest.fixture(scope="module")
def token(profiles: dict[str, Any]) -> str:
    return str(profiles["token"]["endpointUrlWithSecret"]).split("/")[-2]


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def ask(url: str, method: str = "GET", headers: dict[str, str] | None = None) -> tuple[int, bytes, Message]:
    """A plain request, without cookies or anything that a browser would send."""
    body = b"{}" if method == "POST" else None
    request = urllib.request.Request(url, method=method, data=body, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read(), answer.headers
    except urllib.error.HTTPError as error:
        return error.code, error.read(), error.headers


async def accepted(url: str, **options: Any) -> bool:
    """The upgrade succeeds, and the hub does not close at once."""
    async with connect(url, **options) as socket:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(socket.recv(), 0.2)
        return True


async def test_a_token_lets_in_wherever_it_travels(hub: HubServer, token: str) -> None:
    assert await accepted(f"{hub.ws_url}/ws/ringover/{token}/")
    assert await accepted(f"{hub.ws_url}/ws/ringover/?token={token}")
    assert await accepted(f"{hub.ws_url}/ws/ringover/", additional_headers=bearer(token))


async def test_the_last_slash_may_be_left_out(hub: HubServer, token: str, profiles: dict[str, Any]) -> None:
    assert await accepted(f"{hub.ws_url}/ws/ringover/{token}")
    assert await accepted(f"{hub.ws_url}/ws/ringover?token={token}")
    assert await accepted(f"{hub.ws_url}{GUARDED.removesuffix('/')}?a=b", additional_headers=bearer(SECRET))
    assert await refused(f"{hub.ws_url}{GUARDED.removesuffix('/')}") == 401


@pytest.mark.parametrize(
    "path",
    [
        "/ws/ringover/not-the-token/",
        "/ws/ringover/",
        "/ws/ringover/?token=",
        "/ws/ringover/?token=x%00y",
        "/ws/ringover/%FF/",
    ],
    ids=["unknown", "none", "empty", "with NUL", "not UTF-8"],
)
async def test_another_token_is_403(hub: HubServer, profiles: dict[str, Any], path: str) -> None:
    assert await refused(hub.ws_url + path) == 403


async def test_a_token_is_compared_whole(hub: HubServer, token: str) -> None:
    for other in (token[:-1], token + "x", token.swapcase()):
        assert await refused(f"{hub.ws_url}/ws/ringover/{other}/") == 403


async def test_a_new_token_ends_the_old_one(hub: HubServer, api: Api) -> None:
    made = await asyncio.to_thread(api.post, "profiles/", {"vendor": "ringover", "secret": "first-token"})
    assert await accepted(f"{hub.ws_url}/ws/ringover/first-token/")
    status, _ = await asyncio.to_thread(api.request, "PATCH", f"profiles/{made['id']}/", {"secret": "second-token"})
    assert status == 200
    assert await refused(f"{hub.ws_url}/ws/ringover/first-token/") == 403
    assert await accepted(f"{hub.ws_url}/ws/ringover/second-token/")


async def test_a_bearer_lets_in(hub: HubServer, profiles: dict[str, Any]) -> None:
    assert await accepted(hub.ws_url + GUARDED, additional_headers=bearer(SECRET))
    assert await accepted(hub.ws_url + GUARDED, additional_headers={"Authorization": f"bearer {SECRET}"})


async def test_without_a_secret_everybody_is_let_in(hub: HubServer, profiles: dict[str, Any]) -> None:
    assert await accepted(hub.ws_url + OPEN)
    assert await accepted(hub.ws_url + OPEN, additional_headers=bearer("whatever"))


REFUSED: dict[str, tuple[str, dict[str, str]]] = {
    "no bearer": (GUARDED, {}),
    "wrong bearer": (GUARDED, bearer("wrong")),
    "bearer in capitals": (GUARDED, bearer(SECRET.upper())),
    "another scheme": (GUARDED, {"Authorization": f"Basic {SECRET}"}),
    "secret in the query": (f"{GUARDED}?secret={SECRET}&token={SECRET}", {}),
    "made-up ticket": (f"{GUARDED}?ticket=abc:def:ghi", {}),
    "unknown slug": ("/ws/audiocodes/nobody/", bearer(SECRET)),
    "slug in capitals": (GUARDED.upper().replace("/WS/AUDIOCODES", "/ws/audiocodes"), bearer(SECRET)),
    "slug with NUL": ("/ws/audiocodes/a%00b/", {}),
    "slug that is none": ("/ws/audiocodes/a%20b%C3%A9/", {}),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_others_are_401_before_the_upgrade(hub: HubServer, profiles: dict[str, Any], case: str) -> None:
    path, headers = REFUSED[case]
    assert await refused(hub.ws_url + path, additional_headers=headers) == 401


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_probe_is_refused_like_the_socket(hub: HubServer, profiles: dict[str, Any], method: str, case: str) -> None:
    path, headers = REFUSED[case]
    status, body, answered = ask(hub.url + path, method, headers)
    assert status == 401
    assert answered["WWW-Authenticate"].startswith("Bearer")
    assert b"success" not in body and SECRET.encode() not in body


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_probe_answers_those_whom_the_socket_lets_in(hub: HubServer, profiles: dict[str, Any], method: str) -> None:
    bare = OPEN.removesuffix("/")
    for path, headers in (
        (OPEN, {}),
        (bare, {}),
        (GUARDED, bearer(SECRET)),
        (OPEN + "?a=b", {"Origin": "https://x.example"}),
    ):
        status, body, answered = ask(hub.url + path, method, headers)
        assert (status, json.loads(body)) == (200, PROBE)
        assert answered["Content-Type"] == "application/json"
        assert "no-store" in answered["Cache-Control"]
        assert "Set-Cookie" not in answered
    assert ask(hub.url + OPEN, "DELETE")[0] == 405


def test_vendors_without_a_probe_have_no_page(hub: HubServer, token: str) -> None:
    assert VENDORS["ringover"].endpoint.probe is None
    assert ask(f"{hub.url}/ws/ringover/{token}/")[0] == 404
    assert ask(f"{hub.url}/ws/ringover/?token={token}")[0] == 404


async def test_nothing_tells_which_addresses_exist(hub: HubServer, profiles: dict[str, Any]) -> None:
    """A wrong secret, an unknown slug and a profile that is off are answered alike."""
    bodies = {ask(hub.url + path, headers=headers)[1] for path, headers in REFUSED.values()}
    assert len(bodies) == 1


async def test_a_profile_that_is_off_refuses_as_if_it_were_unknown(hub: HubServer, api: Api) -> None:
    for body, url, status in (
        ({"vendor": "ringover", "secret": "switched-off-token"}, "/ws/ringover/switched-off-token/", 403),
        ({"vendor": "audiocodes", "slug": "switched-off"}, "/ws/audiocodes/switched-off/", 401),
    ):
        made = await asyncio.to_thread(api.post, "profiles/", {**body, "enabled": False})
        assert await refused(hub.ws_url + url) == status
        await asyncio.to_thread(api.request, "PATCH", f"profiles/{made['id']}/", {"enabled": True})
        assert await accepted(hub.ws_url + url)


async def test_a_ticket_stands_in_for_the_secret(hub: HubServer, api: Api, profiles: dict[str, Any]) -> None:
    """As a browser has it, that can't set a header."""
    guarded, other = profiles["guarded"]["id"], profiles["open"]["id"]
    ticket = (await asyncio.to_thread(api.post, f"profiles/{guarded}/test-ticket/", None))["ticket"]
    assert await accepted(f"{hub.ws_url}{GUARDED}?ticket={ticket}")
    assert ask(f"{hub.url}{GUARDED}?ticket={ticket}")[0] == 200
    foreign = (await asyncio.to_thread(api.post, f"profiles/{other}/test-ticket/", None))["ticket"]
    assert await refused(f"{hub.ws_url}{GUARDED}?ticket={foreign}") == 401
    assert await refused(f"{hub.ws_url}{GUARDED}?ticket={ticket[:-1]}") == 401
    assert ticket not in hub.log


async def test_refused_streams_are_counted_without_a_token(hub: HubServer, api: Api, profiles: dict[str, Any]) -> None:
    for _ in range(3):
        assert await refused(f"{hub.ws_url}/ws/ringover/a-token-that-is-none/") == 403
    await refused(f"{hub.ws_url}/ws/audiocodes/no-such-line/")
    await refused(hub.ws_url + GUARDED)
    rows = (await asyncio.to_thread(api.get, "refused-streams/?limit=200"))["results"]
    (unknown,) = [row for row in rows if row["reason"] == "unknown_token"]
    assert unknown["vendor"] == "ringover" and unknown["count"] >= 3
    assert (unknown["slug"], unknown["profile"]) == (None, None)
    assert "no-such-line" in [row["slug"] for row in rows if row["reason"] == "unknown_slug"]
    (missing,) = [row for row in rows if row["reason"] == "secret_missing"]
    assert (missing["profile"], missing["slug"]) == (profiles["guarded"]["id"], "guarded-line")
    assert "a-token-that-is-none" not in json.dumps(rows)


def test_no_token_is_ever_logged(hub: HubServer, token: str, profiles: dict[str, Any]) -> None:
    """Not by the server, nor by Django, which names the path of each request that it refuses."""
    secret = "tok3n-of-a-stranger"
    for url in (
        f"/ws/ringover/{token}/", f"/ws/ringover/?token={token}", f"/ws/ringover/{secret}/", f"/ws/ringover/{secret}",
        f"/ws/ringover/?token={secret}", f"/ws/ringover/{secret}/more/", f"{GUARDED}?ticket={secret}",
    ):  # fmt: skip
        ask(hub.url + url)
        ask(hub.url + url, "POST")
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(urllib.request.Request(hub.url + url, headers={"Host": "elsewhere.example"}))
    ask(hub.url + GUARDED, headers=bearer(SECRET))
    assert "/ws/ringover/…" in hub.log  # it was about to be
    for text in (token, secret, SECRET):
        assert text not in hub.log


@pytest.fixture
def full_hub() -> Iterator[tuple[HubServer, Api]]:
    with HubServer(environment={"HUB_MAX_STREAMS": "1"}) as hub:
        yield hub, Api(hub)


async def test_a_full_hub_answers_503(full_hub: tuple[HubServer, Api]) -> None:
    """Also to those who would be refused: a retry elsewhere may find out."""
    hub, api = full_hub
    for body in ({"vendor": "ringover", "secret": "some-token"}, {"vendor": "audiocodes", "slug": "some-line"}):
        await asyncio.to_thread(api.post, "profiles/", body)
    async with connect(f"{hub.ws_url}/ws/ringover/some-token/"):
        for path in ("/ws/ringover/some-token/", "/ws/ringover/other/", "/ws/audiocodes/some-line/"):
            assert await refused(hub.ws_url + path) == 503
        status, _, answered = await asyncio.to_thread(ask, f"{hub.url}/ws/audiocodes/some-line/")
        assert (status, answered["Retry-After"]) == (503, "5")


async def test_a_stranger_can_not_hold_a_socket_without_a_word(hub: HubServer, token: str) -> None:
    """What is let in and then garbled is the protocol's affair, and closes nobody else's."""
    async with connect(f"{hub.ws_url}/ws/ringover/{token}/") as socket:
        await socket.send("x" * 300_000)
        with pytest.raises(ConnectionClosed) as caught:
            await asyncio.wait_for(socket.recv(), 5)
    assert caught.value.rcvd is not None and caught.value.rcvd.code == 1009
    assert await accepted(f"{hub.ws_url}/ws/ringover/{token}/")
