"""`transfer-targets/`: the address book of transfers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from calls.api.authentication import requester_of
from calls.api.fields import StrictSerializer, Text, checked, refusal
from calls.api.paging import PAGE_PARAMETERS, PageSerializer, paginate
from calls.api.views import HubView
from calls.models import Call, StreamingProfile, TransferTarget
from calls.services import address_book as service


class TransferTargetSerializer(StrictSerializer):
    """Somebody to transfer calls to, by name."""

    id = serializers.UUIDField(read_only=True)
    name = Text(required=True, max_length=100)
    target = Text(
        required=True,
        max_length=service.MAX_LENGTH,
        help_text="A phone number in any spelling, stored as E.164; or a SIP address.",
    )
    profile = serializers.PrimaryKeyRelatedField(
        required=False,
        allow_null=True,
        queryset=StreamingProfile.objects.all(),
        pk_field=serializers.UUIDField(),
        help_text="Whose calls it is offered for; absent or null: those of every profile.",
    )
    createdAt = serializers.DateTimeField(source="created_at", read_only=True)
    updatedAt = serializers.DateTimeField(source="updated_at", read_only=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """What a target may be depends on the profile's vendor and country."""
        given = attrs.get("target", self.instance.target if self.instance else "")
        profile = attrs.get("profile", self.instance.profile if self.instance else None)
        try:
            attrs["target"] = checked(lambda text: service.clean_entry(text, profile), given)
        except serializers.ValidationError as error:
            raise serializers.ValidationError({"target": error.detail}) from None
        return attrs

    def create(self, validated_data: dict[str, Any]) -> TransferTarget:
        return self.update(TransferTarget(), validated_data)

    def update(self, instance: TransferTarget, validated_data: dict[str, Any]) -> TransferTarget:
        by = validated_data.pop("by")
        for name, value in validated_data.items():
            setattr(instance, name, value)
        try:
            return service.save_target(instance, by=by)
        except service.NameTaken:
            raise refusal("name", "unique", "Another entry for the same calls has this name: give another.") from None
        except service.TooMany:
            raise refusal("name", "too_many", f"The book holds {service.MAX_TARGETS} entries: delete one.") from None


class TransferTargetPage(PageSerializer):
    """Entries by name."""

    results = TransferTargetSerializer(many=True)


class TransferTargetsView(HubView):
    @extend_schema(
        operation_id="list_transfer_targets",
        parameters=[
            OpenApiParameter("call", UUID, description="Only those that are offered for this call."),
            *PAGE_PARAMETERS,
        ],
        responses=TransferTargetPage,
    )
    def get(self, request: Request) -> Response:
        """The address book of transfers by name: what is for every profile, and for those that the caller sees."""
        targets = TransferTarget.objects.visible_to(request.user)
        if call := request.query_params.get("call"):
            try:
                call_id = UUID(call)
            except ValueError:
                raise refusal("call", "invalid", "Give the id of a call, a UUID.") from None
            targets = targets.of_call(get_object_or_404(Call.objects.visible_to(request.user), id=call_id))
        page = paginate(request, targets, "name", "id")
        return Response(page.body(TransferTargetSerializer(page.rows, many=True).data))

    @extend_schema(
        operation_id="create_transfer_target",
        request=TransferTargetSerializer,
        responses={201: TransferTargetSerializer},
    )
    def post(self, request: Request) -> Response:
        """Adds an entry."""
        serializer = TransferTargetSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        serializer.save(by=requester_of(request))
        return Response(serializer.data, 201)


class TransferTargetView(HubView):
    @extend_schema(operation_id="read_transfer_target", responses=TransferTargetSerializer)
    def get(self, request: Request, target_id: UUID) -> Response:
        """One entry."""
        return Response(
            TransferTargetSerializer(
                get_object_or_404(TransferTarget.objects.visible_to(request.user), id=target_id)
            ).data
        )

    @extend_schema(
        operation_id="patch_transfer_target", request=TransferTargetSerializer, responses=TransferTargetSerializer
    )
    def patch(self, request: Request, target_id: UUID) -> Response:
        """Changes what is given."""
        entry = get_object_or_404(TransferTarget, id=target_id)
        serializer = TransferTargetSerializer(entry, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        serializer.save(by=requester_of(request))
        return Response(serializer.data)

    @extend_schema(operation_id="delete_transfer_target", responses={204: None})
    def delete(self, request: Request, target_id: UUID) -> Response:
        """Deletes an entry. Calls that were transferred keep their record."""
        service.delete_target(get_object_or_404(TransferTarget, id=target_id), by=requester_of(request))
        return Response(status=204)
