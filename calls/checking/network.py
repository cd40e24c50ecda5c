"""The way to the hub: name, connection, certificate, and the answer to a plain request."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import NamedTuple
from urllib.parse import SplitResult

import httpx2
from django.utils.translation import gettext_noop as _

from calls.checking.words import Trouble, certificate_trouble, refusal_trouble
from calls.outgoing import OutgoingRefused, allowed_addresses, resolve

CONNECT_SECONDS = 6.0
FEW_DAYS = 14


class Arrived(NamedTuple):
    """A connection came about, of which TLS tells this; "" where it is not encrypted."""

    version: str
    days_left: int


@cache
def tls_context() -> ssl.SSLContext:
    return ssl.create_default_context()


def port_of(url: SplitResult) -> int:
    return url.port or (443 if url.scheme == "wss" else 80)


async def look_up(url: SplitResult, *, guarded: bool) -> list[str]:
    """The addresses of the URL's host. `guarded`: an admin typed it, so only public ones will do."""
    host = url.hostname or ""
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            found = await resolve(host, port_of(url))
    except TimeoutError:
        raise Trouble(
            _("The name %(host)s was not looked up in time."), _("Look at the name servers of this machine."), host=host
        ) from None
    except (OSError, UnicodeError):
        raise Trouble(
            _("The name %(host)s is not known."),
            _("Set a DNS record for it, or set HUB_PUBLIC_URL to the hub's real name."),
            host=host,
        ) from None
    if guarded:
        try:
            return allowed_addresses(host, found)
        except OutgoingRefused as error:
            raise Trouble(
                _("The streaming URL leads to no public address: %(reason)s"), "", reason=str(error)
            ) from None
    return list(dict.fromkeys(found))


def is_local(addresses: Sequence[str]) -> bool:
    return all(ipaddress.ip_address(address).is_loopback for address in addresses)


def is_private(addresses: Sequence[str]) -> bool:
    return not any(ipaddress.ip_address(address).is_global for address in addresses)


async def connect(url: SplitResult, addresses: Sequence[str]) -> tuple[str, Arrived]:
    """The first address that takes connections."""
    host, port = url.hostname or "", port_of(url)
    refused = None
    for address in addresses:
        try:
            return address, await _connect(host, address, port, secure=url.scheme == "wss")
        except ssl.SSLError as error:
            raise certificate_trouble(error, host) from None
        except OSError as error:  # a time-out is one
            refused = error
    if isinstance(refused, TimeoutError):
        raise Trouble(
            _("%(host)s port %(port)s does not answer."),
            _("Open the port in the firewall. Where only this machine can't reach the public address, let its traffic to "
              "it through, too."),
            host=host,
            port=port,
        )  # fmt: skip
    raise Trouble(
        _("%(host)s port %(port)s takes no connections."),
        _("Look whether the proxy or the hub listens there, and whether HUB_PUBLIC_URL names the right port."),
        host=host,
        port=port,
    )


async def _connect(host: str, address: str, port: int, *, secure: bool) -> Arrived:
    async with asyncio.timeout(CONNECT_SECONDS):
        if not secure:
            _reader, writer = await asyncio.open_connection(address, port)
        else:
            _reader, writer = await asyncio.open_connection(address, port, ssl=tls_context(), server_hostname=host)
    try:
        tls: ssl.SSLObject | None = writer.get_extra_info("ssl_object")
        if tls is None:
            return Arrived("", 0)
        ends = ssl.cert_time_to_seconds(str((tls.getpeercert() or {})["notAfter"]))
        left = datetime.fromtimestamp(ends, UTC) - datetime.now(UTC)
        return Arrived(tls.version() or "TLS", left.days)
    finally:
        writer.close()


async def probe(url: SplitResult, headers: Sequence[tuple[str, str]], expected: Mapping[str, object]) -> None:
    """Asks as the vendor does, by plain HTTP, before it streams."""
    address = url._replace(scheme="https" if url.scheme == "wss" else "http").geturl()
    try:
        async with httpx2.AsyncClient(verify=tls_context(), trust_env=False, timeout=CONNECT_SECONDS) as client:
            answer = await client.get(address, headers=list(headers))
    except httpx2.HTTPError as error:
        raise Trouble(
            _("The address did not answer a plain request: %(reason)s."),
            _("Let the proxy pass plain requests on this address to the hub, too."),
            reason=str(error) or type(error).__name__,
        ) from None
    if answer.status_code != 200:
        raise refusal_trouble(answer.status_code, answer.text[:40])
    try:
        told = answer.json()
    except ValueError:
        told = None
    if told != expected:
        raise Trouble(
            _("Something else than the hub answers a plain request on this address."),
            _("Let the proxy pass plain requests on this address to the hub, too."),
        )


def reuse(address: str, url: SplitResult) -> dict[str, object]:
    """For `websockets.connect`: goes to the address that was looked up, never to a second look-up of the name."""
    how: dict[str, object] = {"host": address, "port": port_of(url), "open_timeout": CONNECT_SECONDS}
    if url.scheme == "wss":
        how["ssl"] = tls_context()
    if ":" in address:
        how["family"] = socket.AF_INET6
    return how
