"""Webhooks for admins: the list, the form, a test, deliveries."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from calls.models import StreamingProfile, Webhook
from calls.outgoing import MAX_URL_LENGTH
from calls.pages.access import for_admins, requester_of
from calls.pages.versions import overwrite_next
from calls.services import webhooks as service
from calls.services.webhook_deliveries import deliver_now
from calls.services.webhook_events import EVENTS

SHOWN_DELIVERIES = 25


class WebhookForm(forms.Form):
    url = forms.CharField(
        max_length=MAX_URL_LENGTH,
        label=_("URL"),
        widget=forms.URLInput(attrs={"spellcheck": "false", "placeholder": "https://"}),
        error_messages={"required": _("Give the address that is to be told.")},
    )
    description = forms.CharField(required=False, max_length=200, label=_("Name"))
    events = forms.MultipleChoiceField(
        choices=[(name, name) for name in EVENTS],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose one event at least.")},
    )
    scope = forms.ChoiceField(
        choices=[("every", _("Of every profile")), ("some", _("Only of these:"))], widget=forms.RadioSelect
    )
    profiles = forms.ModelMultipleChoiceField(
        queryset=StreamingProfile.objects.all(), required=False, widget=forms.CheckboxSelectMultiple
    )
    enabled = forms.BooleanField(required=False, label=_("Tell it"))
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def clean_url(self) -> str:
        return service.clean_url(self.cleaned_data["url"])

    def clean_events(self) -> list[str]:
        return service.clean_events(self.cleaned_data["events"])

    def event_rows(self) -> list[tuple[Any, Any]]:
        return [(box, EVENTS[str(box.data["value"])]) for box in self["events"]]


def initial_of(webhook: Webhook) -> dict[str, Any]:
    return {
        "url": webhook.url,
        "description": webhook.description,
        "events": webhook.events or ["call.ended", "transcript.ready"],
        "scope": "every" if webhook.every_profile else "some",
        "profiles": [] if webhook._state.adding else list(webhook.profiles.values_list("id", flat=True)),
        "enabled": webhook.enabled,
        "version": webhook.version,
    }


@for_admins
def index(request: HttpRequest) -> HttpResponse:
    hooks = [
        (hook, hook.deliveries.exclude(attempted_at=None).order_by("-attempted_at").first())
        for hook in Webhook.objects.prefetch_related("profiles")
    ]
    return render(request, "webhooks.html", {"webhooks": hooks})


@for_admins
def create(request: HttpRequest) -> HttpResponse:
    return _form_page(request, Webhook())


@for_admins
def edit(request: HttpRequest, webhook_id: UUID) -> HttpResponse:
    return _form_page(request, get_object_or_404(Webhook, id=webhook_id))


def _form_page(request: HttpRequest, webhook: Webhook) -> HttpResponse:
    is_new = webhook._state.adding
    form = WebhookForm(request.POST or None, initial=initial_of(webhook), label_suffix="")
    conflict = False
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        webhook.url, webhook.description = told["url"], told["description"]
        webhook.events, webhook.enabled = told["events"], told["enabled"]
        webhook.every_profile = told["scope"] == "every"
        try:
            saved = service.save_webhook(
                webhook,
                by=requester_of(request),
                profiles=[] if webhook.every_profile else told["profiles"],
                expected_version=None if is_new else told["version"],
            )
        except service.VersionConflict:
            conflict = True
        except service.TooManyWebhooks:
            text = gettext("A hub has at most %(most)s webhooks: delete one first.")
            form.add_error(None, text % {"most": service.MAX_WEBHOOKS})
        else:
            if is_new:
                return _secret_page(request, saved, saved.secret, status=201)
            messages.success(request, gettext("Saved."))
            return redirect("pages:team-webhook", saved.id)
    stored = None if is_new else Webhook.objects.get(id=webhook.id)
    if conflict and stored is not None:
        overwrite_next(form, stored.version)
    context = {
        "form": form,
        "conflict": conflict,
        "webhook": stored,
        "has_profiles": StreamingProfile.objects.exists(),
        "deliveries": stored.deliveries.select_related("call")[:SHOWN_DELIVERIES] if stored else [],
    }
    return render(request, "webhook.html", context, status=409 if conflict else 422 if form.errors else 200)


def _secret_page(request: HttpRequest, webhook: Webhook, secret: str, *, status: int) -> HttpResponse:
    """Shows the secret in the answer itself: it is never shown again."""
    return render(request, "webhook_secret.html", {"webhook": webhook, "secret": secret}, status=status)


@for_admins
@require_POST
def rotate(request: HttpRequest, webhook_id: UUID) -> HttpResponse:
    webhook = get_object_or_404(Webhook, id=webhook_id)
    return _secret_page(request, webhook, service.rotate_secret(webhook, by=requester_of(request)), status=200)


@for_admins
@require_POST
def test(request: HttpRequest, webhook_id: UUID) -> HttpResponse:
    webhook = get_object_or_404(Webhook, id=webhook_id)
    done = deliver_now(service.make_test(webhook, by=requester_of(request)))
    if done.state == done.State.DELIVERED:
        values = {"status": done.status, "ms": done.took_ms}
        messages.success(request, gettext("It answered %(status)s after %(ms)s ms.") % values)
    else:
        messages.error(request, gettext("The test could not be delivered: %(error)s") % {"error": done.error})
    return redirect("pages:team-webhook", webhook_id)


@for_admins
@require_POST
def retry(request: HttpRequest, webhook_id: UUID, delivery_id: UUID) -> HttpResponse:
    webhook = get_object_or_404(Webhook, id=webhook_id)
    if service.retry_delivery(webhook, delivery_id, by=requester_of(request)) is not None:
        messages.success(request, gettext("It is on its way. Reload in a moment to see what came of it."))
    return redirect("pages:team-webhook", webhook_id)


@for_admins
def delete(request: HttpRequest, webhook_id: UUID) -> HttpResponse:
    webhook = get_object_or_404(Webhook, id=webhook_id)
    if request.method == "POST":
        service.delete_webhook(webhook, by=requester_of(request))
        messages.success(request, gettext("“%(name)s” is deleted.") % {"name": webhook})
        return redirect("pages:team-webhooks")
    return render(request, "webhook_delete.html", {"webhook": webhook})
