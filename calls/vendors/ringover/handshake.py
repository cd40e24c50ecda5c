"""Reads the upgrade request: the token, wherever it travels, and what the query tells of the call.

How Ringover proves itself is undocumented. What an admin can always configure is an address with an unguessable token in
its path or query; a header works too, should Ringover learn to send one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import parse_qsl

from calls.vendors.base import Handshake
from calls.vendors.ringover.facts import read_facts
from calls.vendors.values import read_text, squash

MAX_TOKENS = 4
MAX_PARAMETERS = 50
LONGEST_TOKEN = 1000


def read_handshake(query_string: bytes, headers: Sequence[tuple[bytes, bytes]], address: str) -> Handshake:
    text = query_string.decode("utf-8", "replace")
    try:
        pairs = parse_qsl(text, errors="replace", max_num_fields=MAX_PARAMETERS)
    except ValueError:  # too many: nothing that Ringover would send
        pairs = []
    given = [address, *(value for name, value in pairs if squash(name) == "token"), *_in_headers(headers)]
    tokens = dict.fromkeys(filter(None, (read_text(token, LONGEST_TOKEN) for token in given)))
    told = read_facts(((name,), value) for name, value in pairs)
    audio = {"encoding": told.encoding, "rate": told.rate, "channels": told.channels, "odd": ", ".join(told.odd)}
    return Handshake(
        info=told.info,
        secrets=tuple(tokens)[:MAX_TOKENS],
        address=next(iter(tokens), ""),
        facts={name: str(value) for name, value in audio.items() if value},
    )


def _in_headers(headers: Sequence[tuple[bytes, bytes]]) -> Iterator[str]:
    for raw_name, raw_value in headers:
        name, value = squash(raw_name.decode("latin-1")), raw_value.decode("utf-8", "replace").strip()
        if name == "authorization":
            scheme, _, credentials = value.partition(" ")
            yield credentials.strip() or scheme
        elif name.endswith("token"):  # X-Token, X-Auth-Token and their like
            yield value
