"""Who may see a page."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import cast

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache

from calls.models import User
from calls.services.audit import Requester

View = Callable[..., HttpResponse]


def signed_in(view: View) -> View:
    """For everybody who is signed in. Pages tell the time by their own age, so none is taken from a cache."""
    return never_cache(login_required(view))


def for_admins(view: View) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not (isinstance(request.user, User) and request.user.is_admin):
            raise PermissionDenied(
                gettext("This page is for admins. Ask one to make the change, or to give you the role.")
            )
        return view(request, *args, **kwargs)

    return signed_in(guarded)


def requester_of(request: HttpRequest) -> Requester:
    """Who is signed in, for commands and the audit."""
    user = cast(User, request.user)
    return Requester(user.get_username(), user, f"user:{user.pk}")
