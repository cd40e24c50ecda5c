"""API keys: all of them for admins, the own ones for everybody. A key belongs to whoever makes it."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from calls.models import ApiKey, User
from calls.pages.access import for_admins, requester_of, signed_in
from calls.services import accounts as service

SCOPES = {
    ApiKey.Scope.READ: (_("Read"), _("Calls, transcripts and recordings that you may see.")),
    ApiKey.Scope.CONTROL: (_("Read and act"), _("That, and commands to live calls.")),
    ApiKey.Scope.ADMIN: (_("Everything"), _("That, and all that an admin may write.")),
}


class KeyForm(forms.Form):
    name = forms.CharField(
        max_length=100,
        label=_("What is it for?"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Give it a name by which you will know it again.")},
    )
    scope = forms.ChoiceField(choices=ApiKey.Scope.choices, widget=forms.RadioSelect, initial=ApiKey.Scope.READ)

    def __init__(self, data: object, *, right: str) -> None:
        super().__init__(data, label_suffix="")  # type: ignore[arg-type]
        field = cast(forms.ChoiceField, self.fields["scope"])
        field.choices = [(scope, SCOPES[scope][0]) for scope in ApiKey.Scope if service.includes(right, scope)]

    def scope_rows(self) -> list[tuple[object, object]]:
        return [(radio, SCOPES[ApiKey.Scope(str(radio.data["value"]))][1]) for radio in self["scope"]]


@for_admins
def index(request: HttpRequest) -> HttpResponse:
    keys = [(key, service.scope_of_key(key)) for key in ApiKey.objects.select_related("owner").order_by("-id")]
    return render(request, "keys.html", {"keys": keys})


@for_admins
def revoke(request: HttpRequest, api_key_id: UUID) -> HttpResponse:
    return _revoke(request, get_object_or_404(ApiKey, id=api_key_id), back="pages:team-keys")


@signed_in
def revoke_own(request: HttpRequest, own_key_id: UUID) -> HttpResponse:
    return _revoke(request, get_object_or_404(ApiKey, id=own_key_id, owner=request.user.pk), back="pages:me")


def _revoke(request: HttpRequest, key: ApiKey, *, back: str) -> HttpResponse:
    if request.method == "POST":
        service.revoke_api_key(key.id, by=requester_of(request))
        messages.success(request, gettext("The key “%(name)s” is revoked.") % {"name": key.name})
        return redirect(back)
    return render(request, "key_revoke.html", {"key": key, "back": back})


@signed_in
def create(request: HttpRequest) -> HttpResponse:
    """Shows the key in the answer itself: it is kept nowhere, so a reload can't show it again."""
    person = cast(User, request.user)
    form = KeyForm(request.POST or None, right=service.right_of(person))
    if request.method == "POST" and form.is_valid():
        key, text = service.create_api_key(owner=person, by=requester_of(request), **form.cleaned_data)
        return render(request, "key_shown.html", {"key": key, "text": text}, status=201)
    return render(request, "key_new.html", {"form": form}, status=422 if form.errors else 200)
