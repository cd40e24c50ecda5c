"""Streaming profiles for admins: the list, the form, embed keys, and refused streams that could become profiles."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from calls.models import EmbedKey, RefusedStream, StreamingProfile
from calls.models.profiles import ProductType, Vendor
from calls.pages.access import for_admins
from calls.pages.forms import ProfileForm
from calls.pages.recognizers import recognizer_choices, recognizer_notes
from calls.pages.simulation import command_for
from calls.services import profile_rules as rules
from calls.services import profiles as service

REASONS = {
    "unknown_product": "no profile takes this product",
    "profile_disabled": "its profile is switched off",
    "bad_secret": "it carried a wrong secret",
    "secret_missing": "it carried no secret",
}
SHOWN_REFUSED = 12


@for_admins
def index(request: HttpRequest) -> HttpResponse:
    refused = [
        {"stream": row, "why": REASONS.get(row.reason, row.reason), "profile": _profile_of(row)}
        for row in RefusedStream.objects.all()[:SHOWN_REFUSED]
    ]
    context = {
        "profiles": StreamingProfile.objects.all(),
        "refused": refused,
        "endpoint": rules.endpoint_url(Vendor.RINGCX),
    }
    return render(request, "profiles.html", context)


def _profile_of(row: RefusedStream) -> StreamingProfile | None:
    """The profile that refused the stream."""
    if row.reason == "unknown_product":
        return None
    return (
        StreamingProfile.objects.filter(
            vendor=row.vendor,
            product_type=row.product_type,
            product_id=row.product_id,
            sub_account_id__in=["", row.sub_account_id],
        )
        .order_by("-sub_account_id")
        .first()
    )


@for_admins
@require_POST
def dismiss_refused(request: HttpRequest, refused_id: int) -> HttpResponse:
    RefusedStream.objects.filter(id=refused_id).delete()
    return redirect("pages:profiles")


@for_admins
def create(request: HttpRequest) -> HttpResponse:
    profile = StreamingProfile(vendor=Vendor.RINGCX)
    initial = {}
    for name in ("product_type", "product_id", "sub_account_id"):  # from a refused stream
        if value := request.GET.get(name, "")[:64]:
            initial[name] = value
    if initial.get("product_type") not in ProductType.values:
        initial.pop("product_type", None)
    return _form_page(request, profile, initial)


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
                form.filled(), expected_version=None if is_new else form.cleaned_data["version"]
            )
        except service.ProductTaken:
            form.add_error(
                "product_id", "Somebody has just made a profile of this product: edit it, or give another id."
            )
        except service.VersionConflict:
            conflict = True
        else:
            messages.success(request, f"“{saved.name}” is saved." if is_new else "Saved.")
            return redirect("pages:profile", saved.id)
    stored = None if is_new else StreamingProfile.objects.get(id=profile.id)
    if conflict and stored is not None:  # saving again then overwrites, knowingly
        form.data = {**request.POST.dict(), "version": str(stored.version)}
    return render(
        request,
        "profile.html",
        {"form": form, "conflict": conflict, "notes": recognizer_notes(), **_facts(stored)},
        status=409 if conflict else 422 if form.errors else 200,
    )


def _facts(profile: StreamingProfile | None, **more: Any) -> dict[str, Any]:
    """What the form's side panels tell of the stored profile."""
    endpoint = rules.endpoint_url(Vendor.RINGCX)
    facts: dict[str, Any] = {
        "profile": profile,
        "endpoint": endpoint,
        "endpoint_is_secure": endpoint.startswith("wss:"),
        "default_ancestors": settings.HUB_EMBED_ANCESTORS,
        **more,
    }
    if profile is not None:
        facts["embed_url"] = f"{settings.HUB_PUBLIC_URL}/embed/?callId={{{{model.call.uii}}}}#key="
        facts["simulation"] = command_for(profile)
        facts["keys"] = list(profile.embed_keys.all())
        facts["may_add_key"] = len(facts["keys"]) < service.MAX_EMBED_KEYS
        facts["vendor_body"] = json.dumps(
            {
                "productType": profile.product_type,
                "productId": profile.product_id,
                "subAccountId": profile.sub_account_id or "…",
                "mainAccountId": profile.main_account_id or "…",
                "rcAccountId": profile.rc_account_id or "…",
                "streamingUrl": profile.streaming_url or endpoint,
                **({"secret": "…"} if profile.secret else {}),
            },
            indent=2,
            ensure_ascii=False,
        )
    return facts


@for_admins
def delete(request: HttpRequest, profile_id: UUID) -> HttpResponse:
    profile = get_object_or_404(StreamingProfile, id=profile_id)
    if request.method == "POST":
        name = profile.name
        profile.delete()
        messages.success(request, f"“{name}” is deleted. Its calls are kept.")
        return redirect("pages:profiles")
    live = profile.calls.filter(state="live").count()
    return render(request, "profile_delete.html", {"profile": profile, "live": live})


@for_admins
@require_POST
def create_embed_key(request: HttpRequest, profile_id: UUID) -> HttpResponse:
    """Shows the key in the answer itself: it is kept nowhere, so a reload can't show it again."""
    profile = get_object_or_404(StreamingProfile, id=profile_id)
    try:
        key, text = service.create_embed_key(profile)
    except service.TooManyKeys as error:
        messages.error(request, str(error))
        return redirect("pages:profile", profile.id)
    return render(request, "embed_key.html", _facts(profile, key=key, text=text), status=201)


@for_admins
def revoke_embed_key(request: HttpRequest, profile_id: UUID, key_id: UUID) -> HttpResponse:
    key = get_object_or_404(EmbedKey.objects.select_related("profile"), id=key_id, profile=profile_id)
    if request.method == "POST":
        service.revoke_embed_key(key.profile, key.id)
        messages.success(request, f"The embed key {key.prefix}… is revoked.")
        return redirect("pages:profile", profile_id)
    return render(request, "embed_key_revoke.html", {"key": key, "profile": key.profile})
