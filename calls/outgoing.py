"""The one way to addresses that admins type in: webhooks, lookups, language models.

Somebody who may configure a bot or a webhook must not reach what only this machine can: other services of the host, the inner
network, the cloud's metadata. So the name is resolved here, each of its addresses is judged, and the connection goes to
an address that was judged, never to a second look-up of the name (DNS rebinding). Redirects are not followed; an
answer's size is bounded and it may not come compressed, so that the bound holds.
"""

from __future__ import annotations

import asyncio
import functools
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any

import httpcore2
import httpx2
from django.conf import settings

MAX_URL_LENGTH = 1000
KEEP_CONNECTION_SECONDS = 60.0  # a caller speaks longer than the 5 s that are usual

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_UNICAST6 = ipaddress.ip_network("2000::/3")
_NOT_FOR_US = tuple(
    ipaddress.ip_network(network)
    for network in (
        "192.0.0.0/24",  # special purposes, a metadata service among them
        "168.63.129.16/32",  # the platform address inside Azure
        "2001::/23",  # special purposes, Teredo among them
        "2002::/16",  # 6to4: hides an IPv4 address
    )
)


class OutgoingRefused(httpx2.TransportError):
    """The address may not be called, or its answer not be taken; the message says why and what to do."""


def check_url(url: str) -> str | None:
    """What is wrong with a URL as typed, as far as that can be told without asking the network; None if nothing is."""
    try:
        parsed = httpx2.URL(url)
    except httpx2.InvalidURL:
        return "Give a full URL such as https://bots.example.com/turn."
    if len(url) > MAX_URL_LENGTH:
        return f"Give a URL of at most {MAX_URL_LENGTH} characters."
    return _problem(parsed)


def guarded_client(*, seconds: float, max_bytes: int) -> httpx2.AsyncClient:
    """`seconds`: for the connection, and between two pieces of an answer; who calls bounds the whole. `max_bytes`: of
    an answer's body. Raises `OutgoingRefused` from its requests; proxies of the environment are not used."""
    return httpx2.AsyncClient(
        transport=_GuardedTransport(max_bytes),
        timeout=httpx2.Timeout(seconds),
        headers={"Accept-Encoding": "identity", "User-Agent": "call-hub"},
        follow_redirects=False,
        trust_env=False,
    )


async def fetch(
    client: httpx2.AsyncClient,
    method: str,
    url: str,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    params: Mapping[str, str] | None = None,
) -> bytes:
    """The body of a 2xx answer. Raises `httpx2.HTTPError` with a sentence that can be shown."""
    response = await client.request(
        method, httpx2.URL(url).copy_merge_params(dict(params or {})), content=body, headers=headers
    )
    if response.is_success:
        return response.content
    message = f"{_origin(response.url)} answered {response.status_code}"
    if response.is_redirect:
        message += "; redirects are not followed: configure the final URL"
    raise httpx2.HTTPStatusError(message, request=response.request, response=response)


def describe(error: BaseException) -> str:
    """One sentence for an error of a request, also where its library left the message empty."""
    if isinstance(error, httpx2.TimeoutException | TimeoutError):
        return "it did not answer in time"
    return str(error) or type(error).__name__


# Which addresses


def _problem(url: httpx2.URL) -> str | None:
    if url.scheme not in ("http", "https") or not url.host:
        return "Give a full URL that begins with https:// or http://."
    if url.userinfo:
        return "Take the user name and password out of the URL."
    if url.fragment:
        return "Take the part from # on out of the URL: it is never sent."
    try:
        address = ipaddress.ip_address(url.host)
    except ValueError:
        return None
    return None if _allowed(url.host, address) else _refusal(url.host, address)


def _allowed(host: str, address: _Address) -> bool:
    plain = _unwrapped(address)
    for entry in settings.HUB_OUTGOING_ALLOW:
        try:
            if plain in ipaddress.ip_network(entry, strict=False):
                return True
        except ValueError:
            if entry.lower() == host.lower().rstrip("."):
                return True
    if plain.is_loopback:
        return not settings.PRODUCTION
    if not plain.is_global or plain.is_multicast or any(plain in network for network in _NOT_FOR_US):
        return False
    return plain.version == 4 or plain in _UNICAST6


def _unwrapped(address: _Address) -> _Address:
    """The IPv4 address that an IPv6 address really leads to, where it is mapped or translated."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _refusal(host: str, address: _Address) -> str:
    name = str(address) if host == str(address) else f"{host} ({address})"
    return (
        f"{name} is no public address, and the hub calls no others on its own account. If it is meant, the operator lists it in "
        "HUB_OUTGOING_ALLOW."
    )


async def resolve(host: str, port: int) -> list[str]:
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(info[4][0]) for info in found]


def allowed_addresses(host: str, addresses: Sequence[str]) -> list[str]:
    """Those of a host's addresses that may be called. Raises `OutgoingRefused` where there are none."""
    allowed = [address for address in addresses if _allowed(host, ipaddress.ip_address(address))]
    if not allowed:
        raise OutgoingRefused(_refusal(host, ipaddress.ip_address(addresses[0])))
    return allowed


# Connections


class _GuardedBackend(httpcore2.AsyncNetworkBackend):
    """Connects to addresses it has judged. TLS still checks the certificate against the name."""

    def __init__(self) -> None:
        self._network = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 (the interface's own)
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        try:
            async with asyncio.timeout(timeout):
                return await self._connect(host, port)
        except TimeoutError:
            raise httpcore2.ConnectTimeout(f"{host} could not be reached in time") from None

    async def _connect(self, host: str, port: int) -> httpcore2.AsyncNetworkStream:
        try:
            addresses = await resolve(host, port)
        except (OSError, UnicodeError) as error:
            reason = getattr(error, "strerror", None) or error  # in words, without its number
            raise httpcore2.ConnectError(f"{host} was not found: {reason}") from None
        allowed = allowed_addresses(host, addresses)
        for address in allowed[:-1]:
            try:
                return await self._network.connect_tcp(address, port)
            except httpcore2.ConnectError:
                continue
        try:
            return await self._network.connect_tcp(allowed[-1], port)
        except httpcore2.ConnectError:
            raise httpcore2.ConnectError(f"{host} port {port} takes no connections") from None

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


@functools.cache
def _ssl_context() -> ssl.SSLContext:
    """Made once: reading the certificates takes longer than a request."""
    return httpx2.create_ssl_context()


class _GuardedTransport(httpx2.AsyncHTTPTransport):
    """httpx2 gives its transport no way to bring a network of one's own, so its pool is replaced."""

    def __init__(self, max_bytes: int) -> None:
        super().__init__(verify=_ssl_context(), trust_env=False)
        self._max_bytes = max_bytes
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=_ssl_context(),
            max_connections=20,
            keepalive_expiry=KEEP_CONNECTION_SECONDS,
            network_backend=_GuardedBackend(),
        )

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if problem := _problem(request.url):
            raise OutgoingRefused(problem)
        response = await super().handle_async_request(request)
        encoding = response.headers.get("content-encoding", "identity")
        if encoding != "identity":
            await response.aclose()
            raise OutgoingRefused(f"{_origin(request.url)} answered with {encoding}, although asked for plain content")
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        response.stream = _Bounded(response.stream, self._max_bytes, _origin(request.url))
        return response


class _Bounded(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream, max_bytes: int, origin: str) -> None:
        self._stream, self._max_bytes, self._origin = stream, max_bytes, origin

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for part in self._stream:
            size += len(part)
            if size > self._max_bytes:
                raise OutgoingRefused(f"{self._origin} answered more than {self._max_bytes // 1024} KB")
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()


def _origin(url: httpx2.URL) -> str:
    """For messages: a path or query may hold a secret."""
    return f"{url.scheme}://{url.netloc.decode()}"
