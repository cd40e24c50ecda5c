"""Which role an identity provider's claims name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.settings import ROLES


def role_of(claims: Mapping[str, Any], claim: str, roles: Mapping[str, str]) -> str | None:
    """The highest role that a value of the claim stands for. `claim` may be a path (`realm_access.roles`); `roles` maps
    values of the claim to roles; where it is empty, the values are roles themselves."""
    found: Any = claims
    for name in claim.split(".") if claim else ():
        found = found.get(name) if isinstance(found, Mapping) else None
    values = found if isinstance(found, list) else [found]
    named = [roles.get(value) if roles else value for value in values if isinstance(value, str)]
    return max((role for role in named if role in ROLES), key=ROLES.index, default=None)
