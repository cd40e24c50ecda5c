"""`/pair/`: a person confirms the code that an iFrame shows, and sees which iFrames act for them. Never framed."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from calls.models import User
from calls.pages.access import requester_of, signed_in
from calls.services import pairings


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def pair(request: HttpRequest) -> HttpResponse:
    """A code is typed, then what asks is shown, then the person decides."""
    user = cast(User, request.user)
    code = request.POST.get("code", "").strip()
    context = {"code": code, "pairings": pairings.pairings_of(user), "hours": pairings.PAIRED_HOURS}
    if request.method != "POST":
        return render(request, "pair.html", context)
    pairing = pairings.find_by_code(code)
    if pairing is None:
        context["error"] = _(
            "No iFrame waits with this code. Compare it with the one that the iFrame shows; it holds for ten minutes."
        )
        return render(request, "pair.html", context, status=422)
    match request.POST.get("answer"):
        case "yes" if pairings.confirm_pairing(pairing=pairing, user=user, by=requester_of(request)):
            messages.success(request, _("The iFrame is connected. You can close this window."))
            return redirect("pages:pair")
        case "no":
            pairings.refuse_pairing(pairing)
            messages.success(request, _("The iFrame was refused."))
            return redirect("pages:pair")
    return render(
        request, "pair_confirm.html", context | {"pairing": pairing, "own_address": request.META.get("REMOTE_ADDR")}
    )


@require_POST
@signed_in
def unpair(request: HttpRequest, pairing_id: UUID) -> HttpResponse:
    user = cast(User, request.user)
    if user.pairings.filter(id=pairing_id).exists():
        pairings.end_pairing(pairing_id=pairing_id, by=requester_of(request))
        messages.success(request, _("That iFrame is no longer connected."))
    return redirect("pages:pair")
