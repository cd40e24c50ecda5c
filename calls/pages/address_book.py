"""The address book of transfers, for admins."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from calls.models import StreamingProfile, TransferTarget
from calls.pages.access import for_admins, requester_of
from calls.services import address_book as service
from calls.services.command_rules import describe_number


class TargetForm(forms.Form):
    name = forms.CharField(
        max_length=100, label=_("Name"), error_messages={"required": _("Give a name, such as Billing.")}
    )
    target = forms.CharField(
        max_length=service.MAX_LENGTH,
        label=_("Number or SIP address"),
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocapitalize": "none"}),
        error_messages={"required": _("Give the number, such as +12025550123.")},
    )
    profile = forms.ModelChoiceField(
        queryset=StreamingProfile.objects.all(), required=False, label=_("For calls of"), empty_label=_("every profile")
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if "target" in cleaned and "profile" in cleaned:
            try:
                cleaned["target"] = service.clean_entry(cleaned["target"], cleaned["profile"])
            except ValidationError as error:
                self.add_error("target", error)
        return cleaned


def shown(target: str) -> str:
    """As people read it."""
    number = describe_number(target)
    return number[0] if number else target


@for_admins
def index(request: HttpRequest) -> HttpResponse:
    targets = [(entry, shown(entry.target)) for entry in TransferTarget.objects.select_related("profile")]
    return render(request, "targets.html", {"targets": targets})


@for_admins
def create(request: HttpRequest) -> HttpResponse:
    return _form_page(request, TransferTarget())


@for_admins
def edit(request: HttpRequest, target_id: UUID) -> HttpResponse:
    return _form_page(request, get_object_or_404(TransferTarget, id=target_id))


def _form_page(request: HttpRequest, entry: TransferTarget) -> HttpResponse:
    is_new = entry._state.adding
    initial = {"name": entry.name, "target": entry.target, "profile": entry.profile_id}
    form = TargetForm(request.POST or None, initial=initial, label_suffix="")
    if request.method == "POST" and form.is_valid():
        for name, value in form.cleaned_data.items():
            setattr(entry, name, value)
        try:
            service.save_target(entry, by=requester_of(request))
        except service.NameTaken:
            form.add_error("name", gettext("Another entry for the same calls has this name: give another."))
        except service.TooMany:
            form.add_error(None, gettext("The book is full: delete an entry first."))
        else:
            messages.success(request, gettext("“%(name)s” is saved.") % {"name": entry.name})
            return redirect("pages:team-targets")
    stored = None if is_new else TransferTarget.objects.get(id=entry.id)
    return render(request, "target.html", {"form": form, "target": stored}, status=422 if form.errors else 200)


@for_admins
def delete(request: HttpRequest, target_id: UUID) -> HttpResponse:
    entry = get_object_or_404(TransferTarget, id=target_id)
    if request.method == "POST":
        service.delete_target(entry, by=requester_of(request))
        messages.success(request, gettext("“%(name)s” is deleted.") % {"name": entry.name})
        return redirect("pages:team-targets")
    return render(request, "target_delete.html", {"target": entry})
