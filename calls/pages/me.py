"""The own account: name, address, password, language, second factor, API keys. And the page that sets a first password."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash, views
from django.contrib.auth.forms import PasswordChangeForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from calls.models import User
from calls.pages.access import requester_of, signed_in
from calls.services import users as service
from calls.services.accounts import scope_of_key
from calls.services.audit import requester


class NameForm(forms.Form):
    first_name = forms.CharField(
        required=False,
        max_length=150,
        label=_("First name"),
        widget=forms.TextInput(attrs={"autocomplete": "given-name"}),
    )
    last_name = forms.CharField(
        required=False,
        max_length=150,
        label=_("Last name"),
        widget=forms.TextInput(attrs={"autocomplete": "family-name"}),
    )
    email = forms.EmailField(required=False, label=_("Email"), widget=forms.EmailInput(attrs={"autocomplete": "email"}))


@signed_in
def me(request: HttpRequest) -> HttpResponse:
    form = NameForm(request.POST or None, initial=_names(request), label_suffix="")
    if request.method == "POST" and form.is_valid():
        service.change_own(cast(User, request.user), by=requester_of(request), **form.cleaned_data)
        messages.success(request, gettext("Saved."))
        return redirect("pages:me")
    return _page(request, form, _password_form(request))


@signed_in
@require_POST
def password(request: HttpRequest) -> HttpResponse:
    """Ends the person's other sessions; this one goes on."""
    form = _password_form(request)
    if form.is_valid():
        person = cast(User, request.user)
        service.change_password(person, password=form.cleaned_data["new_password1"], by=requester_of(request))
        update_session_auth_hash(request, person)
        messages.success(
            request, gettext("Your password is changed. Wherever else you were signed in, you are no more.")
        )
        return redirect("pages:me")
    return _page(request, NameForm(None, initial=_names(request), label_suffix=""), form)


def _names(request: HttpRequest) -> dict[str, str]:
    person = cast(User, request.user)
    return {"first_name": person.first_name, "last_name": person.last_name, "email": person.email}


def _password_form(request: HttpRequest) -> PasswordChangeForm:
    data = request.POST if request.method == "POST" and "old_password" in request.POST else None
    form = PasswordChangeForm(user=cast(User, request.user), data=data, label_suffix="")
    form.fields["old_password"].widget.attrs.pop("autofocus", None)
    return form


def _page(request: HttpRequest, form: NameForm, password_form: PasswordChangeForm) -> HttpResponse:
    person = cast(User, request.user)
    context = {
        "form": form,
        "password_form": password_form,
        "has_password": person.has_usable_password(),
        "second_factor": service.has_second_factor(person),
        "languages": settings.LANGUAGES,
        "teams": person.teams.all(),
        "keys": [(key, scope_of_key(key)) for key in person.api_keys.select_related("owner").order_by("-id")],
    }
    return render(request, "me.html", context, status=422 if form.errors or password_form.errors else 200)


@method_decorator(never_cache, name="dispatch")
class SetPasswordPage(views.PasswordResetConfirmView):
    """Behind the link that an admin made. Django keeps its token out of the address as soon as it is read."""

    template_name = "set_password.html"
    reset_url_token = "now"

    def get_user(self, uidb64: str) -> Any:
        person = super().get_user(uidb64)
        return person if person is not None and person.is_active else None

    def form_valid(self, form: Any) -> HttpResponse:
        person = cast(User, self.user)
        service.change_password(person, password=form.cleaned_data["new_password1"], by=requester(person))
        self.request.session.pop("_password_reset_token", None)
        messages.success(self.request, gettext("Your password is set: sign in with it."))
        return redirect("pages:login")
