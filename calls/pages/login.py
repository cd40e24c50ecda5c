"""The way in and out. Failed tries are counted per name and address, so that guessing is slow and nobody else is kept out."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import views
from django.contrib.auth.forms import AuthenticationForm
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.crypto import salted_hmac

MAX_FAILURES = 8
WINDOW_SECONDS = 300


class LoginForm(AuthenticationForm):
    error_messages = {
        "invalid_login": "That user name and password don't match. Check both; capitals count.",
        "inactive": "This account is switched off. Ask an admin.",
    }


class LoginPage(views.LoginView):
    authentication_form = LoginForm
    template_name = "login.html"
    redirect_authenticated_user = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method == "POST" and cache.get(self.counter, 0) >= MAX_FAILURES:
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
        return super().form_invalid(form)

    def form_valid(self, form: Any) -> HttpResponse:
        cache.delete(self.counter)
        return super().form_valid(form)


class LogoutPage(views.LogoutView):
    next_page = "/login/"
