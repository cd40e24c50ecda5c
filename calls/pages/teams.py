"""Teams for admins: who sees the calls of which profiles."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from calls.models import StreamingProfile, Team, User
from calls.pages.access import for_admins, requester_of
from calls.pages.versions import overwrite_next
from calls.services import teams as service


class People(forms.ModelMultipleChoiceField):
    def label_from_instance(self, user: User) -> str:
        name = user.get_full_name()
        return f"{user.username} ({name})" if name else user.username


class TeamForm(forms.Form):
    name = forms.CharField(max_length=100, label=_("Name"), error_messages={"required": _("Give the team a name.")})
    users = People(
        queryset=User.objects.order_by("username"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label=_("People"),
    )
    profiles = forms.ModelMultipleChoiceField(
        queryset=StreamingProfile.objects.order_by("name", "id"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label=_("Profiles"),
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)


def initial_of(team: Team) -> dict[str, Any]:
    if team._state.adding:
        return {}
    return {
        "name": team.name,
        "users": list(team.users.values_list("pk", flat=True)),
        "profiles": list(team.profiles.values_list("pk", flat=True)),
        "version": team.version,
    }


@for_admins
def index(request: HttpRequest) -> HttpResponse:
    rows = Team.objects.annotate(people=Count("users", distinct=True), sources=Count("profiles", distinct=True))
    return render(request, "teams.html", {"teams": rows})


@for_admins
def create(request: HttpRequest) -> HttpResponse:
    return _form_page(request, Team())


@for_admins
def edit(request: HttpRequest, team_id: UUID) -> HttpResponse:
    return _form_page(request, get_object_or_404(Team, id=team_id))


def _form_page(request: HttpRequest, team: Team) -> HttpResponse:
    is_new = team._state.adding
    form = TeamForm(request.POST or None, initial=initial_of(team), label_suffix="")
    conflict = False
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        team.name = told["name"]
        try:
            service.save_team(
                team,
                by=requester_of(request),
                users=told["users"],
                profiles=told["profiles"],
                expected_version=None if is_new else told["version"],
            )
        except service.NameTaken:
            form.add_error("name", gettext("Another team has this name: give another."))
        except service.VersionConflict:
            conflict = True
        else:
            messages.success(request, gettext("“%(name)s” is saved.") % {"name": team.name})
            return redirect("pages:team-teams")
    stored = None if is_new else Team.objects.get(id=team.id)
    if conflict and stored is not None:
        overwrite_next(form, stored.version)
    context = {"form": form, "conflict": conflict, "team": stored}
    return render(request, "team_edit.html", context, status=409 if conflict else 422 if form.errors else 200)


@for_admins
def delete(request: HttpRequest, team_id: UUID) -> HttpResponse:
    team = get_object_or_404(Team, id=team_id)
    if request.method == "POST":
        service.delete_team(team, by=requester_of(request))
        messages.success(request, gettext("“%(name)s” is deleted.") % {"name": team.name})
        return redirect("pages:team-teams")
    context = {"team": team, "people": team.users.count(), "profiles": team.profiles.count()}
    return render(request, "team_delete.html", context)
