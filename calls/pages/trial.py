"""A page that plays the vendor: a call of a profile from an admin's browser, message by message."""

from __future__ import annotations

from urllib.parse import urlsplit
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext

from calls.models import StreamingProfile
from calls.pages.access import for_admins
from calls.services.endpoints import endpoint_url
from calls.vendors import VENDORS


@for_admins
def trial(request: HttpRequest, profile_id: UUID) -> HttpResponse:
    profile = get_object_or_404(StreamingProfile.objects.select_related("bot"), id=profile_id)
    vendor = VENDORS[profile.vendor]
    if not vendor.test_page:
        raise Http404(
            gettext("There is no test page for %(vendor)s. A simulated call does it: the profile has the command.")
            % {"vendor": vendor.label}
        )
    path = urlsplit(endpoint_url(profile)).path
    return render(request, f"test/{vendor.name}.html", {"profile": profile, "vendor": vendor, "path": path})
