"""What a call's page says of masking and retention, and deleting a call."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from calls.models import Call
from calls.pages.access import for_admins, requester_of
from calls.services import removal

KINDS = {
    "card": _("card numbers"),
    "code": _("security codes"),
    "iban": _("IBANs"),
    "ssn": _("US social security numbers"),
}


def privacy_of(call: Call) -> dict[str, Any]:
    """What is taken out of the call, in words, and when it is removed, if ever."""
    days = call.profile.retention_days if call.profile else call.retention_days
    removed_on = call.ended_at + timedelta(days=days) if days is not None and call.ended_at else None
    return {"masked": [str(label) for kind, label in KINDS.items() if kind in call.mask], "removed_on": removed_on}


@for_admins
def delete_call(request: HttpRequest, call_id: UUID) -> HttpResponse:
    call = Call.objects.filter(id=call_id).first()
    if call is None:
        raise Http404(gettext("There is no such call. It may have been deleted."))
    problem = ""
    if request.method == "POST":
        try:
            removal.remove_call(call.id, by=requester_of(request))
        except Call.DoesNotExist:
            pass  # somebody was faster
        except (removal.StillLive, removal.StillFinishing) as error:
            problem = gettext(str(error))
        if not problem:
            messages.success(request, gettext("The call is deleted."))
            return redirect("pages:calls")
    return render(request, "call_delete.html", {"call": call, "problem": problem}, status=409 if problem else 200)
