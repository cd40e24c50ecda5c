"""Signatures by which a webhook knows that a request comes from this hub: the Standard Webhooks scheme.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import time

PREFIX = "whsec_"


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def sign(secret: str, message_id: str, body: bytes, *, at: int | None = None) -> dict[str, str]:
    """The headers of one attempt. An attempt that repeats another has its id and a time of its own, `at` or now. Raises
    `ValueError` where the secret was not made by `new_secret` or its like."""
    timestamp = str(int(time.time()) if at is None else at)
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX) + "==")
    except binascii.Error:
        key = b""
    if not key:
        raise ValueError("the signing secret must be base64, such as whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    digest = hmac.digest(key, b".".join([message_id.encode(), timestamp.encode(), body]), hashlib.sha256)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def new_message_id() -> str:
    return f"msg_{secrets.token_hex(16)}"
