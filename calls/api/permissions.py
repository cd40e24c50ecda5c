"""Who may do what. A view names what reading and writing need; see `HubView`."""

from __future__ import annotations

from typing import Any, cast

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from calls.api.authentication import Credential
from calls.services.accounts import includes, right_of


class HubPermission(BasePermission):
    """The caller's role must reach `view.role`, and the scope of the call `view.read_scope` or `view.write_scope`."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not request.user.is_authenticated:
            return False
        needed = view.read_scope if request.method in SAFE_METHODS else view.write_scope
        return includes(right_of(request.user), view.role) and includes(cast(Credential, request.auth).scope, needed)
