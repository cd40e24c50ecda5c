"""The live wall, and one call. Their content lives: the pages' scripts fill it from sockets."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from calls.models import Call, StreamingProfile, User
from calls.models.accounts import Role
from calls.models.calls import State
from calls.models.profiles import ProductType
from calls.pages.access import requester_of, signed_in
from calls.pages.modules import modules_of
from calls.pages.privacy import privacy_of
from calls.pages.simulation import command_for
from calls.services import notes, reading
from calls.services.accounts import includes, right_of
from calls.services.endpoints import endpoint_url
from calls.vendors import VENDORS

STATES = {State.LIVE: "Live", State.ENDED: "Ended", State.INTERRUPTED: "Interrupted"}


@signed_in
def wall(request: HttpRequest) -> HttpResponse:
    profiles = list(StreamingProfile.objects.visible_to(request.user))
    profile = next((profile for profile in profiles if profile.enabled), None)
    labels = ", ".join(vendor.label for vendor in VENDORS.values())
    context: dict[str, Any] = {"profile": profile, "profiles": profiles, "vendors": VENDORS.values()}
    context["vendor_labels"] = labels
    if profile is not None:
        context |= {"endpoint": endpoint_url(profile), "simulation": command_for(profile)}
    return render(request, "wall.html", context)


@signed_in
def call(request: HttpRequest, call_id: UUID) -> HttpResponse:
    found = Call.objects.visible_to(request.user).select_related("profile").filter(id=call_id).first()
    if found is None:
        raise Http404(gettext("There is no such call. It may have been deleted."))
    reading.note_call(found, by=requester_of(request))
    vendor = VENDORS.get(found.vendor)
    context = {
        "call": found,
        "product_type": ProductType(found.product_type).label
        if found.product_type in ProductType.values
        else found.product_type,
        "is_two_way": vendor is not None and vendor.playout is not None,
        "state_label": STATES[State(found.state)],
        "may_act": includes(right_of(request.user), "control"),
        "may_ask": isinstance(request.user, User) and request.user.role == Role.AGENT and not request.user.is_admin,
        "may_write": isinstance(request.user, User) and notes.may_write(request.user, right_of(request.user)),
        "known_tags": notes.known_tags(Call.objects.visible_to(request.user)),
        "formats": {name: found.file_name(name) for name in ("txt", "vtt", "srt", "json")},
        "modules": modules_of("js/call.js"),
        **privacy_of(found),
    }
    return render(request, "call.html", context)
