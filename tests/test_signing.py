"""The public package of the scheme accepts what we sign."""

from __future__ import annotations

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from calls.signing import new_message_id, new_secret, sign

BODY = '{"text": "grüß Gott"}'.encode()


def test_a_signature_is_accepted() -> None:
    secret = new_secret()
    headers = sign(secret, new_message_id(), BODY)
    assert Webhook(secret).verify(BODY, headers) == {"text": "grüß Gott"}


def test_an_empty_body_is_signed_too() -> None:
    secret = new_secret()
    Webhook(secret).verify(b"", sign(secret, new_message_id(), b""), json_parse=False)


@pytest.mark.parametrize("changed", ["body", "webhook-id", "webhook-timestamp", "secret"])
def test_a_change_is_noticed(changed: str) -> None:
    secret = new_secret()
    headers = sign(secret, new_message_id(), BODY)
    if changed in headers:
        headers[changed] = headers[changed][:-1] + ("1" if headers[changed][-1] != "1" else "2")
    receiver = Webhook(new_secret() if changed == "secret" else secret)
    with pytest.raises(WebhookVerificationError, match="No matching signature"):
        receiver.verify(BODY + b" " if changed == "body" else BODY, headers)


def test_secrets_without_prefix_or_padding_work() -> None:
    secret = new_secret()
    bare = secret.removeprefix("whsec_").rstrip("=")
    assert Webhook(secret).verify(BODY, sign(bare, "msg_1", BODY))


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_x", "!"])
def test_nonsense_is_no_secret(secret: str) -> None:
    with pytest.raises(ValueError, match="must be base64"):
        sign(secret, "msg_1", BODY)


def test_secrets_and_ids_differ() -> None:
    assert len({new_secret() for _ in range(20)} | {new_message_id() for _ in range(20)}) == 40
