"""The receiver that docs/webhooks.md shows takes what the hub signs, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from calls.signing import new_secret, sign

TEXT = (Path(__file__).parents[1] / "docs" / "webhooks.md").read_text()
BODY = '{"type": "test", "data": "ü"}'.encode()


def verify(secret: str, headers: dict[str, str], body: bytes) -> bool:
    names: dict[str, Any] = {}
    found = re.search(r"```python\n(.*?)```", TEXT, re.S)
    assert found
    exec(found[1], names)
    return bool(names["is_from_the_hub"](secret, headers, body))


def test_the_example_in_python() -> None:
    secret, old = new_secret(), new_secret()
    headers = sign(secret, "msg_1", BODY)
    assert verify(secret, headers, BODY)
    assert not verify(secret, headers, BODY + b" ")
    assert not verify(old, headers, BODY)
    assert not verify(secret, {**headers, "webhook-id": "msg_2"}, BODY)
    assert not verify(secret, sign(secret, "msg_1", BODY, at=1_700_000_000), BODY)
    rotated = f"{sign(old, 'msg_1', BODY)['webhook-signature']} {headers['webhook-signature']}"
    assert verify(secret, {**headers, "webhook-signature": rotated}, BODY)
