"""Accounts for admins: the list, the form, links to set a password, and the way out."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from calls.models import Team, User
from calls.models.accounts import Role
from calls.pages.access import for_admins, requester_of
from calls.services import profile_rules
from calls.services import users as service

PAGE = 50
MAX_TEXT = 150
FORM_FIELDS = {"username": "username", "agentId": "agent_id"}  # of `service.Taken`
ROLES = {
    Role.VIEWER: _("Reads the calls of their teams."),
    Role.AGENT: _("Reads their own calls: those of the agent id."),
    Role.SUPERVISOR: _("Reads, hears and acts on the calls of their teams."),
    Role.ADMIN: _("Does everything, and administers the hub."),
}


class UserForm(forms.Form):
    username = forms.CharField(
        max_length=150,
        label=_("User name"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
        error_messages={"required": _("Give a name to sign in with.")},
    )
    first_name = forms.CharField(required=False, max_length=150, label=_("First name"))
    last_name = forms.CharField(required=False, max_length=150, label=_("Last name"))
    email = forms.EmailField(required=False, label=_("Email"))
    role = forms.ChoiceField(choices=Role.choices, widget=forms.RadioSelect)
    agent_id = forms.CharField(
        required=False,
        max_length=64,
        label=_("Agent id"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    teams = forms.ModelMultipleChoiceField(
        queryset=Team.objects.all(), required=False, widget=forms.CheckboxSelectMultiple, label=_("Teams")
    )

    def clean_username(self) -> str:
        return service.clean_username(self.cleaned_data["username"])

    def clean_agent_id(self) -> str:
        return profile_rules.clean_vendor_id(self.cleaned_data["agent_id"])

    def role_rows(self) -> list[tuple[Any, Any]]:
        return [(radio, ROLES[Role(str(radio.data["value"]))]) for radio in self["role"]]


def initial_of(user: User) -> dict[str, Any]:
    return {
        "username": user.username,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "email": user.email,
        "role": Role.ADMIN if user.is_superuser else user.role,
        "agent_id": user.agent_id,
        "teams": [] if user.pk is None else list(user.teams.values_list("id", flat=True)),
    }


@for_admins
def index(request: HttpRequest) -> HttpResponse:
    q = request.GET.get("q", "").replace("\0", "").strip()[:MAX_TEXT]
    role = request.GET.get("role", "")
    people = _found(User.objects.prefetch_related("teams"), q, role)
    page = Paginator(people, PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "q": q,
        "role": role,
        "roles": [*Role.choices, ("inactive", _("Switched off"))],
        "filters": urlencode({name: value for name, value in (("q", q), ("role", role)) if value}),
    }
    return render(request, "users.html", context)


def _found(people: QuerySet[User], q: str, role: str) -> QuerySet[User]:
    """Each word must be in one of the names, the address or the agent id."""
    for word in q.split():
        people = people.filter(
            Q(username__icontains=word)
            | Q(first_name__icontains=word)
            | Q(last_name__icontains=word)
            | Q(email__icontains=word)
            | Q(agent_id__icontains=word)
        )
    if role == "inactive":
        people = people.filter(is_active=False)
    elif role in Role.values:
        people = people.filter(role=role)
    return people.order_by("username", "pk")


@for_admins
def create(request: HttpRequest) -> HttpResponse:
    return _form_page(request, User(role=Role.VIEWER))


@for_admins
def edit(request: HttpRequest, user_id: int) -> HttpResponse:
    return _form_page(request, get_object_or_404(User, pk=user_id))


def _form_page(request: HttpRequest, person: User) -> HttpResponse:
    is_new = person.pk is None
    form = UserForm(request.POST or None, initial=initial_of(person), label_suffix="")
    if request.method == "POST" and form.is_valid():
        told = dict(form.cleaned_data)
        teams = told.pop("teams")
        for name, value in told.items():
            setattr(person, name, value)
        person.is_superuser = person.is_superuser and person.role == Role.ADMIN
        try:
            saved, _password = service.save_user(person, by=requester_of(request), teams=teams)
        except service.Taken as error:
            form.add_error(FORM_FIELDS[error.field], str(error))
        except service.LastAdmin as error:
            form.add_error("role", str(error))
        else:
            if is_new:
                return _link_page(request, saved, status=201)
            messages.success(request, gettext("Saved."))
            return redirect("pages:team-user", saved.pk)
    stored = None if is_new else User.objects.get(pk=person.pk)
    context = {
        "form": form,
        "person": stored,
        "has_teams": Team.objects.exists(),
        "second_factor": stored is not None and service.has_second_factor(stored),
        "is_self": stored is not None and stored.pk == request.user.pk,
    }
    return render(request, "user.html", context, status=422 if form.errors else 200)


@for_admins
@require_POST
def link(request: HttpRequest, user_id: int) -> HttpResponse:
    return _link_page(request, get_object_or_404(User, pk=user_id), status=200)


def _link_page(request: HttpRequest, person: User, *, status: int) -> HttpResponse:
    """Shows the link in the answer itself: it is never shown again. 201: the account was made just now."""
    uid, token = service.make_password_link(person, by=requester_of(request))
    address = settings.HUB_PUBLIC_URL + reverse("pages:set-password", args=[uid, token])
    days = settings.PASSWORD_RESET_TIMEOUT // 86_400
    context = {"person": person, "address": address, "days": days, "is_new": status == 201}
    return render(request, "user_link.html", context, status=status)


@for_admins
@require_POST
def switch(request: HttpRequest, user_id: int) -> HttpResponse:
    """Off, or on again."""
    person = get_object_or_404(User, pk=user_id)
    person.is_active = not person.is_active
    try:
        service.save_user(person, by=requester_of(request))
    except service.LastAdmin as error:
        messages.error(request, str(error))
    else:
        said = gettext("“%(name)s” can sign in again.") if person.is_active else gettext("“%(name)s” is switched off.")
        messages.success(request, said % {"name": person.username})
    return redirect("pages:team-user", user_id)


@for_admins
@require_POST
def drop_second_factor(request: HttpRequest, user_id: int) -> HttpResponse:
    person = get_object_or_404(User, pk=user_id)
    service.remove_second_factor(person, by=requester_of(request))
    messages.success(request, gettext("The second factor is removed: the password is enough now."))
    return redirect("pages:team-user", user_id)


@for_admins
def delete(request: HttpRequest, user_id: int) -> HttpResponse:
    person = get_object_or_404(User, pk=user_id)
    if request.method == "POST":
        name = person.username
        try:
            service.delete_user(person, by=requester_of(request))
        except service.LastAdmin as error:
            messages.error(request, str(error))
            return redirect("pages:team-user", user_id)
        messages.success(request, gettext("“%(name)s” is deleted.") % {"name": name})
        return redirect("pages:team-users")
    context = {"person": person, "keys": person.api_keys.count(), "is_self": person.pk == request.user.pk}
    return render(request, "user_delete.html", context)
