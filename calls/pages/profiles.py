"""Streaming profiles for admins: the list, the form, embed keys, and refused streams that could become profiles."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from calls.models import EmbedKey, RefusedStream, StreamingProfile
from calls.models.profiles import ProductType
from calls.pages.access import for_admins, requester_of
from calls.pages.forms import ProfileForm
from calls.pages.recognizers import recognizer_choices, recognizer_notes
from calls.pages.simulation import command_for
from calls.pages.versions import overwrite_next
from calls.services import profiles as service
from calls.services import stream_access
from calls.services.endpoints import OPEN_WARNING, endpoint_url, endpoint_url_with_secret, is_open
from calls.services.masking import BLIND_WARNING, is_blind
from calls.vendors import VENDORS

REASONS = {
    "unknown_product": _("no profile takes this product"),
    "unknown_token": _("its token belongs to no profile"),
    "unknown_slug": _("no profile has this name in its address"),
    "profile_disabled": _("its profile is switched off"),
    "bad_secret": _("it carried a wrong secret"),
    "secret_missing": _("it carried no secret"),
}
OFFERED = (
    "product_type",
    "product_id",
    "sub_account_id",
    "slug",
)  # fields of a new profile that a refused stream tells
SHOWN_REFUSED = 12


@for_admins
def index(request: HttpRequest) -> HttpResponse:
    profiles = StreamingProfile.objects.select_related("bot")
    shared = [vendor for vendor in VENDORS.values() if vendor.endpoint.profile_by == "product"]
    context = {
        "profiles": [(profile, VENDORS[profile.vendor], is_open(profile)) for profile in profiles],
        "refused": _refused(),
        # Where every profile of a vendor has the same address.
        "addresses": [
            (vendor, endpoint_url(StreamingProfile(vendor=vendor.name)))
            for vendor in shared
            if any(profile.vendor == vendor.name for profile in profiles)
        ],
    }
    return render(request, "profiles.html", context)


@for_admins
def refused(request: HttpRequest) -> HttpResponse:
    """The part of the page that tells of refused streams, for a page that keeps it new."""
    return render(request, "refused.html", {"refused": _refused()})


def _refused() -> list[dict[str, Any]]:
    return [
        {
            "stream": row,
            "vendor": VENDORS[row.vendor],
            "what": _named(row),
            "why": REASONS.get(row.reason, row.reason),
            "query": urlencode({name: value for name in OFFERED if (value := getattr(row, name))}),
        }
        for row in RefusedStream.objects.select_related("profile")[:SHOWN_REFUSED]
    ]


def _named(row: RefusedStream) -> str:
    label = VENDORS[row.vendor].label
    if row.slug:
        return gettext("A stream of %(vendor)s to %(slug)s") % {"vendor": label, "slug": row.slug}
    if not row.product_id:
        return gettext("A stream of %(vendor)s") % {"vendor": label}
    product = f"{row.product_type} {row.product_id}"
    if row.sub_account_id:
        values = {"vendor": label, "product": product, "account": row.sub_account_id}
        return gettext("A stream of %(vendor)s for %(product)s of sub-account %(account)s") % values
    return gettext("A stream of %(vendor)s for %(product)s") % {"vendor": label, "product": product}


@for_admins
@require_POST
def dismiss_refused(request: HttpRequest, refused_id: int) -> HttpResponse:
    stream_access.dismiss_refused(refused_id, by=requester_of(request))
    return redirect("pages:profiles")


@for_admins
def choose_vendor(request: HttpRequest) -> HttpResponse:
    return render(request, "profile_new.html", {"vendors": VENDORS.values()})


@for_admins
def create(request: HttpRequest, vendor: str) -> HttpResponse:
    if vendor not in VENDORS:
        raise Http404
    initial = {}
    for name in OFFERED:
        if value := request.GET.get(name, "")[:64]:
            initial[name] = value
    if initial.get("product_type") not in ProductType.values:
        initial.pop("product_type", None)
    return _form_page(request, StreamingProfile(vendor=vendor), initial)


@for_admins
def edit(request: HttpRequest, profile_id: UUID) -> HttpResponse:
    return _form_page(request, get_object_or_404(StreamingProfile, id=profile_id), {})


def _form_page(request: HttpRequest, profile: StreamingProfile, initial: dict[str, str]) -> HttpResponse:
    is_new = profile._state.adding
    form = ProfileForm(
        request.POST or None, instance=profile, initial=initial, recognizers=recognizer_choices(), label_suffix=""
    )
    conflict = False
    if request.method == "POST" and form.is_valid():
        try:
            saved = service.save_profile(
                form.filled(),
                by=requester_of(request),
                expected_version=None if is_new else form.cleaned_data["version"],
            )
        except service.Taken as error:
            form.add_error(error.field, gettext(str(error)))
        except service.VersionConflict:
            conflict = True
        else:
            if endpoint_url_with_secret(saved) and (is_new or form.cleaned_data.get("remove_secret")):
                return _secret_page(request, saved, status=201)
            messages.success(
                request, gettext("“%(name)s” is saved.") % {"name": saved.name} if is_new else gettext("Saved.")
            )
            return redirect("pages:profile", saved.id)
    stored = None if is_new else StreamingProfile.objects.get(id=profile.id)
    if conflict and stored is not None:
        overwrite_next(form, stored.version)
    return render(
        request,
        "profile.html",
        {
            "form": form,
            "vendor": form.vendor,
            "conflict": conflict,
            "notes": recognizer_notes(),
            **(_facts(stored) if stored is not None else {}),
        },
        status=409 if conflict else 422 if form.errors else 200,
    )


def _facts(profile: StreamingProfile) -> dict[str, Any]:
    """What the panels beside the form tell of a stored profile."""
    vendor, endpoint = VENDORS[profile.vendor], endpoint_url(profile)
    keys = list(profile.embed_keys.all())
    call_id = vendor.call_in_script or "CALL-ID"
    return {
        "profile": profile,
        "vendor": vendor,
        "setup": [f"setup/{vendor.name}.html", "setup/default.html"],
        "endpoint": endpoint,
        "endpoint_is_secure": endpoint.startswith("wss:"),
        "provisions": vendor.products is not None,
        "open_warning": gettext(OPEN_WARNING) if is_open(profile) else "",
        "blind_warning": BLIND_WARNING if is_blind(profile) else "",
        "simulation": command_for(profile),
        "call_id": call_id,
        "embed_url": f"{settings.HUB_PUBLIC_URL}/embed/?callId={call_id}#key=",
        "keys": keys,
        "may_add_key": len(keys) < service.MAX_EMBED_KEYS,
        "vendor_body": _vendor_body(profile, endpoint),
    }


def _vendor_body(profile: StreamingProfile, endpoint: str) -> str:
    """What RingCX's own API takes for this profile."""
    body = {
        "productType": profile.product_type,
        "productId": profile.product_id,
        "subAccountId": profile.sub_account_id or "…",
        "mainAccountId": profile.main_account_id or "…",
        "rcAccountId": profile.rc_account_id or "…",
        "streamingUrl": profile.streaming_url or endpoint,
        **({"secret": "…"} if profile.secret else {}),
    }
    return json.dumps(body, indent=2, ensure_ascii=False)


@for_admins
@require_POST
def reveal(request: HttpRequest, profile_id: UUID) -> HttpResponse:
    profile = get_object_or_404(StreamingProfile, id=profile_id)
    service.reveal_secret(profile, by=requester_of(request))
    return _secret_page(request, profile, status=200)


def _secret_page(request: HttpRequest, profile: StreamingProfile, *, status: int) -> HttpResponse:
    """Shows the secret in the answer itself. 201: it was made just now."""
    context = {
        "profile": profile,
        "vendor": VENDORS[profile.vendor],
        "is_new": status == 201,
        "endpoint_with_secret": endpoint_url_with_secret(profile),
        "simulation": command_for(profile, reveal=True),
    }
    return render(request, "profile_secret.html", context, status=status)


@for_admins
def delete(request: HttpRequest, profile_id: UUID) -> HttpResponse:
    profile = get_object_or_404(StreamingProfile, id=profile_id)
    if request.method == "POST":
        name = profile.name
        service.delete_profile(profile, by=requester_of(request))
        messages.success(request, gettext("“%(name)s” is deleted. Its calls are kept.") % {"name": name})
        return redirect("pages:profiles")
    live = profile.calls.filter(state="live").count()
    context = {"profile": profile, "vendor": VENDORS[profile.vendor], "live": live}
    return render(request, "profile_delete.html", context)


@for_admins
@require_POST
def create_embed_key(request: HttpRequest, profile_id: UUID) -> HttpResponse:
    """Shows the key in the answer itself: it is kept nowhere, so a reload can't show it again."""
    profile = get_object_or_404(StreamingProfile, id=profile_id)
    try:
        key, text = service.create_embed_key(profile, by=requester_of(request))
    except service.TooManyKeys:
        told = gettext("A profile has at most %(most)s embed keys: revoke one first.")
        messages.error(request, told % {"most": service.MAX_EMBED_KEYS})
        return redirect("pages:profile", profile.id)
    return render(request, "embed_key.html", {**_facts(profile), "key": key, "text": text}, status=201)


@for_admins
def revoke_embed_key(request: HttpRequest, profile_id: UUID, key_id: UUID) -> HttpResponse:
    key = get_object_or_404(EmbedKey.objects.select_related("profile"), id=key_id, profile=profile_id)
    if request.method == "POST":
        service.revoke_embed_key(key.profile, key.id, by=requester_of(request))
        messages.success(request, gettext("The embed key %(key)s… is revoked.") % {"key": key.prefix})
        return redirect("pages:profile", profile_id)
    return render(request, "embed_key_revoke.html", {"key": key, "profile": key.profile})
