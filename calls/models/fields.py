"""Field types and defaults that several models share."""

import hashlib
import json
import uuid
from functools import lru_cache
from typing import Any

import uuid_utils.compat
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models


def new_id() -> uuid.UUID:
    """A UUID of version 7: unique, and sorted by the time it was made."""
    return uuid_utils.compat.uuid7()


def digest(token: str) -> str:
    """SHA-256 in hex: how tokens of full entropy (API keys, embed keys, tickets) are stored."""
    return hashlib.sha256(token.encode()).hexdigest()


@lru_cache(maxsize=1)
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def encrypt(text: str) -> str:
    return _fernet(tuple(settings.HUB_FIELD_KEYS)).encrypt(text.encode()).decode()


def decrypt(text: str) -> str:
    """Raises `InvalidToken` where `HUB_FIELD_KEYS` no longer holds the key."""
    return _fernet(tuple(settings.HUB_FIELD_KEYS)).decrypt(text.encode()).decode()


class EncryptedTextField(models.TextField):
    """Text encrypted at rest with `HUB_FIELD_KEYS` (newest encrypts, all decrypt). Empty stays empty. Not searchable."""

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return encrypt(value) if value else value

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        if not value:
            return value
        try:
            return decrypt(value)
        except InvalidToken:
            raise ImproperlyConfigured(
                f"{self.model.__name__}.{self.name} was encrypted with a key that HUB_FIELD_KEYS no longer holds"
            ) from None


class EncryptedJSONField(EncryptedTextField):
    """Plain JSON (an object or a list), encrypted at rest."""

    _pyi_private_set_type: Any  # for django-stubs, which would take it for text
    _pyi_private_get_type: Any

    def get_prep_value(self, value: Any) -> Any:
        return super().get_prep_value(json.dumps(value) if value else "")

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Any:
        text = super().from_db_value(value, expression, connection)
        return json.loads(text) if text else self.get_default()
