"""The embed's page. It is the same for everybody and knows no secret: its script opens the session, see `static/js/embed.js`."""

from __future__ import annotations

import json

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from calls.models import EmbedKey, StreamingProfile
from calls.models.fields import digest
from calls.vendors import VENDORS


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    vendors = json.dumps({vendor.name: vendor.label for vendor in VENDORS.values()})
    response = render(request, "embed.html", {"vendors": vendors})
    response.frame_ancestors = _ancestors(request.GET.get("key", ""))  # type: ignore[attr-defined]
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response


def _ancestors(key: str) -> list[str]:
    """Who may frame the page. A key in the query says whose profile's list holds; one in the fragment stays in the
    browser, so then it is everybody's list. The page alone shows nothing: what it may see is the key's affair."""
    found = EmbedKey.objects.select_related("profile").filter(digest=digest(key)).first() if key else None
    if found:
        return found.profile.embed_ancestors
    own = StreamingProfile.objects.exclude(frame_ancestors=[]).values_list("frame_ancestors", flat=True)
    return list(dict.fromkeys([*settings.HUB_EMBED_ANCESTORS, *(origin for origins in own for origin in origins)]))
