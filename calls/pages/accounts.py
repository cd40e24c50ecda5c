"""The team's page, and the credentials for vendors' REST APIs. Their fields are the vendor's data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_POST

from calls.capabilities import with_parameters
from calls.models import ApiKey, Team, User, VendorAccount
from calls.pages.access import for_admins, requester_of
from calls.pages.versions import overwrite_next
from calls.services import vendor_account_rules as rules
from calls.services import vendor_accounts as service
from calls.vendors import VENDORS
from calls.vendors.base import AccountField

PREFIX = "field_"  # of the vendor's own fields, whatever they are called


class Row(NamedTuple):
    """A field as the page shows it."""

    field: forms.BoundField
    label: str
    help: str
    optional: bool


class AccountForm(forms.Form):
    name = forms.CharField(required=False, max_length=100, label=gettext_lazy("Name"))
    account_id = forms.CharField(required=False, max_length=64)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None, *, account: VendorAccount) -> None:
        initial = {"name": account.name, "account_id": account.account_id, "version": account.version}
        super().__init__(data, initial=initial, label_suffix="")
        self.account, self.vendor = account, VENDORS[account.vendor]
        if not self.vendor.account_id_label:
            del self.fields["account_id"]
        for field in self.vendor.account:
            self.fields[PREFIX + field.name] = self.make_field(field)

    def make_field(self, field: AccountField) -> forms.CharField:
        attrs = {"spellcheck": "false", "autocomplete": "new-password" if field.secret else "off"}
        return forms.CharField(
            required=False,
            label=gettext(field.label),
            initial="" if field.secret else self.account.fields.get(field.name, field.default),
            widget=forms.PasswordInput(attrs=attrs) if field.secret else forms.TextInput(attrs=attrs),
        )

    def rows(self) -> Iterator[Row]:
        for field in self.vendor.account:
            bound = self[PREFIX + field.name]
            if field.secret and self.account.fields.get(field.name):
                yield Row(bound, gettext(field.label), gettext("One is stored; empty keeps it."), True)
            else:
                yield Row(bound, gettext(field.label), gettext(field.help), not field.required)

    def clean_account_id(self) -> str:
        return rules.clean_account_id(self.vendor, self.cleaned_data["account_id"])

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        given = {
            field.name: text
            for field in self.vendor.account
            if (text := cleaned.get(PREFIX + field.name, "")) or not field.secret
        }
        try:
            cleaned["fields"] = rules.clean_fields(self.vendor, given, stored=self.account.fields, partial=False)
        except ValidationError as error:
            for name, problems in error.error_dict.items():
                self.add_error(PREFIX + name, problems)
        return cleaned

    def filled(self) -> VendorAccount:
        """The account as the valid form wants it, unsaved."""
        account, cleaned = self.account, self.cleaned_data
        account.name, account.fields = cleaned["name"], cleaned["fields"]
        account.account_id = cleaned.get("account_id", "")
        return account


@for_admins
def team(request: HttpRequest) -> HttpResponse:
    counts = {
        "accounts": VendorAccount.objects.count(),
        "keys": ApiKey.objects.count(),
        "people": User.objects.count(),
        "teams": Team.objects.count(),
    }
    return render(request, "team.html", counts)


@for_admins
def index(request: HttpRequest) -> HttpResponse:
    accounts = [(account, VENDORS[account.vendor]) for account in VendorAccount.objects.all()]
    return render(request, "accounts.html", {"accounts": accounts, "vendors": service.vendors_with_accounts()})


@for_admins
def create(request: HttpRequest, vendor: str) -> HttpResponse:
    if vendor not in [known.name for known in service.vendors_with_accounts()]:
        raise Http404(gettext("The hub acts on no calls of such a vendor by REST."))
    return _form_page(request, VendorAccount(vendor=vendor))


@for_admins
def edit(request: HttpRequest, account_id: UUID) -> HttpResponse:
    return _form_page(request, get_object_or_404(VendorAccount, id=account_id))


def _form_page(request: HttpRequest, account: VendorAccount) -> HttpResponse:
    is_new = account._state.adding
    vendor = VENDORS[account.vendor]
    form = AccountForm(request.POST or None, account=account)
    conflict = False
    if request.method == "POST" and form.is_valid():
        try:
            saved = service.save_account(
                form.filled(),
                by=requester_of(request),
                expected_version=None if is_new else form.cleaned_data["version"],
            )
        except service.AccountTaken:
            place = "account_id" if "account_id" in form.fields else None
            form.add_error(place, gettext("There are credentials for this account already: change those instead."))
        except service.VersionConflict:
            conflict = True
        else:
            told = gettext("“%(name)s” is saved. Log in now to see whether it works.")
            messages.success(request, told % {"name": saved.name})
            return redirect("pages:team-account", saved.id)
    stored = None if is_new else VendorAccount.objects.get(id=account.id)
    if conflict and stored is not None:
        overwrite_next(form, stored.version)
    commands = [
        gettext(with_parameters(type, capability).label)
        for type, capability in vendor.capabilities.items()
        if capability.needs_account
    ]
    return render(
        request,
        "account.html",
        {"form": form, "conflict": conflict, "account": stored, "vendor": vendor, "commands": commands},
        status=409 if conflict else 422 if form.errors else 200,
    )


@for_admins
@require_POST
def check(request: HttpRequest, account_id: UUID) -> HttpResponse:
    checked = service.check_account(get_object_or_404(VendorAccount, id=account_id), by=requester_of(request))
    if checked.ok:
        messages.success(request, checked.detail)
    else:
        messages.error(request, checked.detail)
    return redirect("pages:team-account", account_id)


@for_admins
def delete(request: HttpRequest, account_id: UUID) -> HttpResponse:
    account = get_object_or_404(VendorAccount, id=account_id)
    if request.method == "POST":
        service.delete_account(account, by=requester_of(request))
        messages.success(request, gettext("“%(name)s” is deleted.") % {"name": account.name})
        return redirect("pages:team-accounts")
    return render(request, "account_delete.html", {"account": account, "vendor": VENDORS[account.vendor]})
