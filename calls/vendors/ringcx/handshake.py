"""Reads the upgrade request: the call's facts from its query, and every place where the secret may travel.

RingCentral says that a profile's secret is there to validate what comes in, not where it travels; third parties have
guessed the query and `Authorization: Basic`. All candidates are handed on; whoever knows the profile compares.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from urllib.parse import unquote, unquote_plus

from calls.vendors.base import Handshake
from calls.vendors.ringcx.metadata import read_call_info, read_secret
from calls.vendors.values import squash

MAX_SECRETS = 16  # each costs a comparison before anybody has proven anything


def read_handshake(query_string: bytes, headers: Sequence[tuple[bytes, bytes]], address: str) -> Handshake:
    pairs = []
    verbatim = []  # a secret that was never percent-encoded keeps its plus signs
    for part in query_string.decode("utf-8", "replace").split("&"):
        name, _, value = part.partition("=")
        name = unquote_plus(name)
        pairs.append((name, unquote_plus(value)))
        if "+" in value:
            verbatim.append((name, unquote(value)))
    in_query = [value for name, value in pairs + verbatim if squash(name) == "secret"]
    secrets = dict.fromkeys(filter(None, map(read_secret, [*in_query, *_in_headers(headers)])))
    return Handshake(info=read_call_info(pairs), secrets=tuple(secrets)[:MAX_SECRETS])


def _in_headers(headers: Sequence[tuple[bytes, bytes]]) -> Iterator[str]:
    for raw_name, raw_value in headers:
        name, value = squash(raw_name.decode("latin-1")), raw_value.decode("utf-8", "replace")
        if name == "authorization":
            yield from _of_authorization(value.strip())
        elif name.endswith("secret"):  # X-Secret, X-RingCX-Secret, X-Stream-Secret and their like
            yield value


def _of_authorization(value: str) -> Iterator[str]:
    """The token of Bearer or of no scheme at all; of Basic the password, the user, both, and the text as it came."""
    scheme, _, credentials = value.partition(" ")
    if scheme.lower() == "basic":
        try:
            decoded = base64.b64decode(credentials, validate=True).decode()
        except ValueError:
            decoded = ""
        user, _, password = decoded.partition(":")
        yield from (password, user, decoded)
    yield credentials or scheme
