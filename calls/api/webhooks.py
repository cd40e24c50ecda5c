"""`webhooks/` and their deliveries."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from calls.api.authentication import requester_of
from calls.api.fields import StrictSerializer, Text, Texts, checked, refusal
from calls.api.filters import apply_filters
from calls.api.paging import PAGE_PARAMETERS, PageSerializer, paginate
from calls.api.problems import ApiProblem
from calls.api.views import AdminView
from calls.models import StreamingProfile, Webhook, WebhookDelivery
from calls.outgoing import MAX_URL_LENGTH
from calls.services import webhooks as service
from calls.services.webhook_deliveries import deliver_now
from calls.services.webhook_events import EVENTS


class DeliverySerializer(serializers.Serializer[Any]):
    """One event for one webhook. `state`: pending, delivered or failed; a pending one is tried again at `dueAt`."""

    id = serializers.UUIDField(read_only=True)
    event = serializers.CharField(read_only=True)
    call = serializers.UUIDField(source="call_id", read_only=True, allow_null=True)
    state = serializers.ChoiceField(WebhookDelivery.State.choices, read_only=True)
    attempts = serializers.IntegerField(read_only=True)
    createdAt = serializers.DateTimeField(source="created_at", read_only=True)
    dueAt = serializers.SerializerMethodField()
    attemptedAt = serializers.DateTimeField(source="attempted_at", read_only=True, allow_null=True)
    status = serializers.IntegerField(read_only=True, allow_null=True, help_text="HTTP status of the last answer.")
    tookMs = serializers.IntegerField(source="took_ms", read_only=True, allow_null=True)
    error = Text(read_only=True, allow_null=True)

    def get_dueAt(self, delivery: WebhookDelivery) -> str | None:
        if delivery.state != WebhookDelivery.State.PENDING:
            return None
        field = serializers.DateTimeField()
        return str(field.to_representation(delivery.due_at))


class DeliveryPage(PageSerializer):
    """Deliveries of the last seven days, the newest first."""

    results = DeliverySerializer(many=True)


class WebhookSerializer(StrictSerializer):
    """Who is told of which events, by signed POSTs."""

    id = serializers.UUIDField(read_only=True)
    url = Text(required=True, max_length=MAX_URL_LENGTH, rule=service.clean_url)
    description = Text(required=False, max_length=200)
    events = Texts(item_length=32, required=True, help_text=f"One at least of {', '.join(EVENTS)}.")
    profiles = serializers.ManyRelatedField(
        child_relation=serializers.PrimaryKeyRelatedField(
            queryset=StreamingProfile.objects.all(), pk_field=serializers.UUIDField()
        ),
        required=False,
        allow_null=True,
        help_text="Ids of the profiles whose calls it hears of. Null or absent in a create: of every profile.",
    )
    enabled = serializers.BooleanField(default=True)
    failingSince = serializers.DateTimeField(
        source="failing_since", read_only=True, allow_null=True, help_text="The first failure since the last success."
    )
    disabledReason = Text(
        source="disabled_reason", read_only=True, allow_null=True, help_text="Why the hub switched it off itself."
    )
    lastDelivery = serializers.SerializerMethodField()
    oldSecretUntil = serializers.DateTimeField(
        source="old_secret_until", read_only=True, allow_null=True, help_text="Until then the one before signs, too."
    )
    version = serializers.IntegerField(
        required=False, help_text="Sent with a write, it must be the stored one; else somebody wrote in between."
    )
    createdAt = serializers.DateTimeField(source="created_at", read_only=True)
    updatedAt = serializers.DateTimeField(source="updated_at", read_only=True)

    def get_lastDelivery(self, webhook: Webhook) -> DeliverySerializer(allow_null=True):  # type: ignore[valid-type]
        last = webhook.deliveries.exclude(attempted_at=None).order_by("-attempted_at").first()
        return DeliverySerializer(last).data if last else None

    def validate_events(self, events: list[str]) -> Any:
        return checked(service.clean_events, events)

    def to_representation(self, instance: Webhook) -> dict[str, Any]:
        shape = super().to_representation(instance)
        return {**shape, "profiles": None} if instance.every_profile else shape

    def create(self, validated_data: dict[str, Any]) -> Webhook:
        return self.update(Webhook(), {"profiles": None, **validated_data, "version": None})

    def update(self, instance: Webhook, validated_data: dict[str, Any]) -> Webhook:
        if not self.partial:
            validated_data = {"profiles": None, "description": "", **validated_data}
        version, by = validated_data.pop("version", None), validated_data.pop("by")
        profiles = None
        if "profiles" in validated_data:
            chosen = validated_data.pop("profiles")
            instance.every_profile, profiles = chosen is None, chosen or []
        for name, value in validated_data.items():
            setattr(instance, name, value)
        try:
            return service.save_webhook(instance, by=by, profiles=profiles, expected_version=version)
        except service.VersionConflict:
            raise ApiProblem(
                409, "version_conflict", "Somebody else changed the webhook meanwhile: read it again, then write."
            ) from None
        except service.TooManyWebhooks as error:
            raise ApiProblem(409, "too_many_webhooks", str(error)) from None


class NewWebhookSerializer(WebhookSerializer):
    """A webhook with the secret that signs, which is never shown again."""

    secret = serializers.CharField(read_only=True)


class WebhookSecretSerializer(serializers.Serializer[Any]):
    """The secret that signs from now on. The one before signs beside it until `oldSecretUntil`."""

    secret = serializers.CharField()
    oldSecretUntil = serializers.DateTimeField()


class WebhookPage(PageSerializer):
    """Webhooks, the oldest first."""

    results = WebhookSerializer(many=True)


def webhook_rows() -> QuerySet[Webhook]:
    return Webhook.objects.prefetch_related("profiles")


class WebhooksView(AdminView):
    read_scope = "admin"

    @extend_schema(operation_id="list_webhooks", parameters=PAGE_PARAMETERS, responses=WebhookPage)
    def get(self, request: Request) -> Response:
        """Webhooks, without their secrets."""
        page = paginate(request, webhook_rows(), "created_at", "id")
        return Response(page.body(WebhookSerializer(page.rows, many=True).data))

    @extend_schema(operation_id="create_webhook", request=WebhookSerializer, responses={201: NewWebhookSerializer})
    def post(self, request: Request) -> Response:
        """Makes a webhook. The secret that signs is in this answer only."""
        serializer = WebhookSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        webhook = serializer.save(by=requester_of(request))
        return Response({**WebhookSerializer(webhook).data, "secret": webhook.secret}, 201)


class WebhookView(AdminView):
    read_scope = "admin"

    @extend_schema(operation_id="read_webhook", responses=WebhookSerializer)
    def get(self, request: Request, webhook_id: UUID) -> Response:
        """One webhook, without its secret."""
        return Response(WebhookSerializer(get_object_or_404(webhook_rows(), id=webhook_id)).data)

    @extend_schema(operation_id="replace_webhook", request=WebhookSerializer, responses=WebhookSerializer)
    def put(self, request: Request, webhook_id: UUID) -> Response:
        """Replaces a webhook: what is absent gets its default. Its secret stays."""
        return self.write(request, webhook_id, partial=False)

    @extend_schema(operation_id="patch_webhook", request=WebhookSerializer, responses=WebhookSerializer)
    def patch(self, request: Request, webhook_id: UUID) -> Response:
        """Changes what is given. What happens while it is off is never told; what waited before, is."""
        return self.write(request, webhook_id, partial=True)

    def write(self, request: Request, webhook_id: UUID, *, partial: bool) -> Response:
        with transaction.atomic():
            webhook = get_object_or_404(Webhook.objects.select_for_update(), id=webhook_id)
            serializer = WebhookSerializer(webhook, data=request.data, partial=partial)
            serializer.is_valid(raise_exception=True)
            serializer.save(by=requester_of(request))
        return Response(serializer.data)

    @extend_schema(operation_id="delete_webhook", responses={204: None})
    def delete(self, request: Request, webhook_id: UUID) -> Response:
        """Deletes a webhook, with what still waited for it."""
        service.delete_webhook(get_object_or_404(Webhook, id=webhook_id), by=requester_of(request))
        return Response(status=204)


class WebhookRotateView(AdminView):
    @extend_schema(operation_id="rotate_webhook_secret", request=None, responses=WebhookSecretSerializer)
    def post(self, request: Request, webhook_id: UUID) -> Response:
        """Makes a new secret. For a day each delivery is signed with both."""
        webhook = get_object_or_404(Webhook, id=webhook_id)
        secret = service.rotate_secret(webhook, by=requester_of(request))
        webhook.refresh_from_db()
        return Response(WebhookSecretSerializer({"secret": secret, "oldSecretUntil": webhook.old_secret_until}).data)


class WebhookTestView(AdminView):
    @extend_schema(operation_id="test_webhook", request=None, responses=DeliverySerializer)
    def post(self, request: Request, webhook_id: UUID) -> Response:
        """Sends an event `test` now, once, and tells what came of it; takes up to ten seconds."""
        webhook = get_object_or_404(Webhook, id=webhook_id)
        return Response(DeliverySerializer(deliver_now(service.make_test(webhook, by=requester_of(request)))).data)


class DeliveriesView(AdminView):
    read_scope = "admin"

    @extend_schema(
        operation_id="list_webhook_deliveries",
        parameters=[OpenApiParameter("state", str, enum=WebhookDelivery.State.values), *PAGE_PARAMETERS],
        responses=DeliveryPage,
    )
    def get(self, request: Request, webhook_id: UUID) -> Response:
        """Deliveries of the last seven days, the newest first."""
        webhook = get_object_or_404(Webhook, id=webhook_id)
        rows = apply_filters(webhook.deliveries.all(), {"state": by_state}, request)
        page = paginate(request, rows, "-created_at", "-id")
        return Response(page.body(DeliverySerializer(page.rows, many=True).data))


def by_state(value: str) -> Any:
    if value not in WebhookDelivery.State.values:
        raise refusal("state", "invalid_choice", f"Choose one of {', '.join(WebhookDelivery.State.values)}.")
    return Q(state=value)


class DeliveryRetryView(AdminView):
    @extend_schema(operation_id="retry_webhook_delivery", request=None, responses={202: DeliverySerializer})
    def post(self, request: Request, webhook_id: UUID, delivery_id: UUID) -> Response:
        """Makes a delivery due now, with all its attempts before it: one that failed, waits, or was made already."""
        webhook = get_object_or_404(Webhook, id=webhook_id)
        delivery = service.retry_delivery(webhook, delivery_id, by=requester_of(request))
        if delivery is None:
            raise Http404
        return Response(DeliverySerializer(delivery).data, 202)
