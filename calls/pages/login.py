"""The way in and out. Failed tries are counted per name and address, so that guessing is slow and nobody else is kept out."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from django.conf import settings
from django.contrib.auth import views
from django.contrib.auth.forms import AuthenticationForm
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from calls.models import User
from calls.services import signins

MAX_FAILURES = 8
WINDOW_SECONDS = 300


class LoginForm(AuthenticationForm):
    error_messages = {
        "invalid_login": _("That user name and password don't match. Check both; capitals count."),
        "inactive": _("This account is switched off. Ask an admin."),
    }


class LoginPage(views.LoginView):
    authentication_form = LoginForm
    template_name = "login.html"
    redirect_authenticated_user = True
    extra_context = {"sso": settings.HUB_OIDC_NAME if settings.HUB_OIDC_ISSUER else ""}

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method == "POST" and cache.get(self.counter, 0) >= MAX_FAILURES:
            self.note_failure("locked")
            response = self.render_to_response({"form": LoginForm(request), "locked": True}, status=429)
            response.headers["Retry-After"] = str(WINDOW_SECONDS)
            return response
        return super().dispatch(request, *args, **kwargs)

    @property
    def counter(self) -> str:
        who = f"{self.request.POST.get('username', '').casefold()}|{self.request.META.get('REMOTE_ADDR', '')}"
        return "login:" + salted_hmac("calls.pages.login", who).hexdigest()

    def form_invalid(self, form: Any) -> HttpResponse:
        cache.add(self.counter, 0, WINDOW_SECONDS)
        try:
            cache.incr(self.counter)
        except ValueError:  # it expired between the two
            cache.set(self.counter, 1, WINDOW_SECONDS)
        self.note_failure("password")
        return super().form_invalid(form)

    def note_failure(self, reason: str) -> None:
        name = self.request.POST.get("username", "").replace("\0", "")
        signins.note_failure(name, reason=reason, address=self.request.META.get("REMOTE_ADDR", ""))

    def form_valid(self, form: Any) -> HttpResponse:
        """A second factor is asked for where the account has one."""
        cache.delete(self.counter)
        record_authentication(self.request, form.get_user(), method="password", reauthenticated=True)
        return perform_login(self.request, form.get_user(), redirect_url=self.get_success_url())


class LogoutPage(views.LogoutView):
    next_page = "/login/"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if isinstance(request.user, User):
            signins.note_sign_out(request.user, address=request.META.get("REMOTE_ADDR", ""))
        return super().post(request, *args, **kwargs)
