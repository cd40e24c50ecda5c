"""Addresses that admins type in lead outside only, whatever their name answers and when."""

from __future__ import annotations

import asyncio
import datetime
import ssl
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from calls import outgoing
from calls.outgoing import OutgoingRefused, check_url, describe, fetch, guarded_client
from tests.bots.web_server import Asked, Reply, WebServer

PUBLIC = "93.184.215.14"


async def hello(asked: Asked, reply: Reply) -> None:
    await reply.send(b"hello")


async def get(url: str, *, seconds: float = 5.0, max_bytes: int = 1000, **options: Any) -> bytes:
    async with guarded_client(seconds=seconds, max_bytes=max_bytes) as client:
        return await fetch(client, "GET", url, **options)


@pytest.fixture
def production(settings: Any) -> Any:
    settings.PRODUCTION = True
    return settings


def names(monkeypatch: pytest.MonkeyPatch, **answers: list[str] | list[list[str]]) -> list[str]:
    """Stands in for DNS: each name's addresses, or a list of them to give one after another. Returns what was asked."""
    asked: list[str] = []

    async def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        found = answers[host.replace(".", "_")]
        if isinstance(found[0], str):
            return found  # type: ignore[return-value]
        return found.pop(0) if len(found) > 1 else found[0]  # type: ignore[return-value]

    monkeypatch.setattr(outgoing, "resolve", resolve)
    return asked


INSIDE = [
    "127.0.0.1",
    "127.9.9.9",
    "0.0.0.0",
    "10.0.0.8",
    "172.16.3.4",
    "192.168.1.1",
    "100.64.0.1",
    "100.100.100.200",
    "169.254.169.254",
    "168.63.129.16",
    "192.0.0.192",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::a00:1",
    "64:ff9b:1::a00:1",
    "2002:7f00:1::",
    "2001:0:7f00:1::",
    "2001:db8::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
]


@pytest.mark.parametrize("address", INSIDE)
async def test_inner_addresses_are_refused_by_number_and_by_name(
    production: Any, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    names(monkeypatch, inner_test=[address])
    host = f"[{address}]" if ":" in address else address
    assert "HUB_OUTGOING_ALLOW" in (check_url(f"http://{host}/") or "")
    for url in (f"http://{host}/", f"https://{host}:8443/", "http://inner.test/"):
        with pytest.raises(OutgoingRefused, match="HUB_OUTGOING_ALLOW"):
            await get(url)


@pytest.mark.parametrize("address", [PUBLIC, "1.1.1.1", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"])
def test_public_addresses_are_not_refused(production: Any, address: str) -> None:
    host = f"[{address}]" if ":" in address else address
    assert check_url(f"https://{host}/") is None


@pytest.mark.parametrize("spelling", ["localhost", "2130706433", "0x7f.1", "127.1"])
async def test_other_spellings_of_loopback_are_refused(production: Any, spelling: str) -> None:
    async with WebServer(hello) as server:
        with pytest.raises(OutgoingRefused):
            await get(f"http://{spelling}:{server.port}/")
    assert server.connections == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_loopback_is_for_laptops(host: str) -> None:
    async with WebServer(hello) as server:
        assert await get(f"http://{host}:{server.port}/") == b"hello"


@pytest.mark.parametrize("address", ["10.0.0.8", "169.254.169.254", "fd00:ec2::254", "::ffff:192.168.0.1"])
def test_a_laptop_reaches_loopback_only(address: str) -> None:
    assert check_url(f"http://[{address}]/" if ":" in address else f"http://{address}/")


@pytest.mark.parametrize("entry", ["127.0.0.1", "127.0.0.0/8", "inner.test", "INNER.test"])
async def test_what_the_operator_lists_is_reached(production: Any, monkeypatch: pytest.MonkeyPatch, entry: str) -> None:
    production.HUB_OUTGOING_ALLOW = ["llm.internal", entry]
    names(monkeypatch, inner_test=["127.0.0.1"])
    async with WebServer(hello) as server:
        assert await get(f"http://inner.test:{server.port}/") == b"hello"


async def test_a_listed_name_opens_no_other(production: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    production.HUB_OUTGOING_ALLOW = ["inner.test", "10.1.0.0/16"]
    names(monkeypatch, other_test=["127.0.0.1"])
    with pytest.raises(OutgoingRefused):
        await get("http://other.test/")


class Route:
    """Stands in for the route to the outside: connections to anywhere land on a local server, and are noted."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, port: int) -> None:
        self.reached: list[str] = []
        real = asyncio.get_running_loop().create_connection

        async def create_connection(factory: Any, host: str, _: int, **options: Any) -> Any:
            self.reached.append(host)
            return await real(factory, "127.0.0.1", port, **options)

        monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", create_connection)


async def test_a_name_that_changes_its_mind_gets_nobody_inside(
    production: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = names(monkeypatch, rebinding_test=[[PUBLIC], ["127.0.0.1"]])
    async with WebServer(hello) as server:
        route = Route(monkeypatch, server.port)
        assert await get("http://rebinding.test/") == b"hello"
        assert (route.reached, asked) == ([PUBLIC], ["rebinding.test"])  # looked up once, and that is where it went
        with pytest.raises(OutgoingRefused):
            await get("http://rebinding.test/")
        assert route.reached == [PUBLIC]
    assert server.asked[0].headers["host"] == "rebinding.test"


async def test_of_mixed_addresses_only_outer_ones_are_tried(production: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    names(monkeypatch, mixed_test=["127.0.0.1", "10.0.0.1", PUBLIC, "::1"])
    async with WebServer(hello) as server:
        route = Route(monkeypatch, server.port)
        assert await get("http://mixed.test/") == b"hello"
    assert route.reached == [PUBLIC]


async def test_an_address_that_is_down_is_passed_over(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    names(monkeypatch, two_test=["::1", "127.0.0.1"])  # the server listens on IPv4 only
    async with WebServer(hello) as server:
        assert await get(f"http://two.test:{server.port}/") == b"hello"


def certificate(folder: Path, name: str) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{name}.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


async def test_tls_is_checked_against_the_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = certificate(tmp_path, "good.test")
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(file)
    monkeypatch.setattr(outgoing, "_ssl_context", lambda: ssl.create_default_context(cafile=str(file)))
    names(monkeypatch, good_test=["127.0.0.1"], other_test=["127.0.0.1"])
    async with WebServer(hello, tls=serving) as server:
        assert await get(f"https://good.test:{server.port}/") == b"hello"
        with pytest.raises(httpx2.ConnectError, match=r"other\.test"):
            await get(f"https://other.test:{server.port}/")


@pytest.mark.parametrize(
    ("url", "advice"),
    [
        ("ftp://bots.example.com/", "https://"),
        ("file:///etc/passwd", "https://"),
        ("bots.example.com/turn", "https://"),
        ("http://", "https://"),
        ("", "https://"),
        ("http://[::1/", "full URL"),
        ("https://me:secret@bots.example.com/", "user name"),
        ("https://bots.example.com/#part", "#"),
        ("https://bots.example.com/" + "x" * 1000, "1000"),
    ],
    ids=["ftp", "file", "no-scheme", "no-host", "empty", "broken", "userinfo", "fragment", "long"],
)
def test_a_url_is_checked_as_it_is_typed(url: str, advice: str) -> None:
    problem = check_url(url)
    assert problem is not None
    assert advice in problem
    assert "secret" not in problem


async def test_userinfo_is_refused_when_asked_too() -> None:
    async with WebServer(hello) as server:
        with pytest.raises(OutgoingRefused, match="user name"):
            await get(f"http://me:secret@127.0.0.1:{server.port}/")
    assert server.connections == 0


async def test_redirects_are_not_followed() -> None:
    async def away(asked: Asked, reply: Reply) -> None:
        await reply.send(b"", 302, Location=f"http://127.0.0.1:{server.port}/secret")

    async with WebServer(away) as server:
        with pytest.raises(httpx2.HTTPStatusError, match="redirects are not followed"):
            await get(server.url("/start?token=hidden"))
    assert [asked.path for asked in server.asked] == ["/start?token=hidden"]


async def test_an_error_names_the_status_and_no_secret_of_the_url() -> None:
    async def broken(asked: Asked, reply: Reply) -> None:
        await reply.send(b"", 503)

    async with WebServer(broken) as server:
        with pytest.raises(httpx2.HTTPStatusError) as caught:
            await get(server.url("/hook?token=hidden"))
    assert describe(caught.value) == f"http://127.0.0.1:{server.port} answered 503"


@pytest.mark.parametrize("told", [True, False], ids=["content-length", "endless"])
async def test_an_answer_is_bounded(told: bool) -> None:
    cut = asyncio.Event()

    async def flood(asked: Asked, reply: Reply) -> None:
        await reply.begin(**({"Content_Length": "100000000"} if told else {}))
        try:
            while True:
                reply.writer.write(b"x" * 10_000)
                await reply.writer.drain()
        except ConnectionError:
            cut.set()

    async with WebServer(flood) as server:
        with pytest.raises(OutgoingRefused, match="more than 9 KB"):
            await get(server.url(), max_bytes=9 * 1024)
        async with asyncio.timeout(10):
            await cut.wait()


async def test_compressed_answers_are_refused() -> None:
    async def bomb(asked: Asked, reply: Reply) -> None:
        await reply.send(b"\x1f\x8b", Content_Encoding="gzip")

    async with WebServer(bomb) as server:
        with pytest.raises(OutgoingRefused, match="gzip"):
            await get(server.url())
    assert server.asked[0].headers["accept-encoding"] == "identity"


async def test_a_server_that_hangs_is_left() -> None:
    async def hang(asked: Asked, reply: Reply) -> None:
        await asyncio.Event().wait()

    async with WebServer(hang) as server:
        with pytest.raises(httpx2.ReadTimeout) as caught:
            await get(server.url(), seconds=0.05)
        assert describe(caught.value) == "it did not answer in time"


async def test_a_closed_port_and_an_unknown_name_say_so() -> None:
    async with WebServer(hello) as server:
        port = server.port
    with pytest.raises(httpx2.ConnectError, match=f"127.0.0.1 port {port} takes no connections"):
        await get(f"http://127.0.0.1:{port}/")
    with pytest.raises(httpx2.ConnectError, match=r"nowhere\.invalid was not found"):
        await get("http://nowhere.invalid/")


async def test_a_name_server_that_hangs_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        await asyncio.Event().wait()
        return []

    monkeypatch.setattr(outgoing, "resolve", resolve)
    with pytest.raises(httpx2.ConnectTimeout):
        await get("http://slow.test/", seconds=0.05)


async def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with WebServer(hello) as proxy, WebServer(hello) as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url())
        assert await get(server.url()) == b"hello"
    assert (proxy.connections, server.connections) == (0, 1)
