"""`api-keys/`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast
from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from calls.api.authentication import requester_of
from calls.api.fields import Choice, StrictSerializer, Text
from calls.api.paging import PAGE_PARAMETERS, PageSerializer, paginate
from calls.api.views import AdminView
from calls.models import ApiKey, User
from calls.services import accounts


class ApiKeySerializer(StrictSerializer):
    """A program's key. It may do no more than its owner's role."""

    id = serializers.UUIDField(read_only=True)
    name = Text(required=True, max_length=100)
    scope = Choice(ApiKey.Scope.choices)
    owner = serializers.CharField(source="owner.username", read_only=True)
    prefix = serializers.CharField(read_only=True)
    createdAt = serializers.SerializerMethodField()
    lastUsedAt = serializers.DateTimeField(source="last_used_at", read_only=True, allow_null=True)

    def get_createdAt(self, key: ApiKey) -> datetime:
        return datetime.fromtimestamp((key.id.int >> 80) / 1000, UTC)  # a UUID of version 7 begins with its time


class NewApiKeySerializer(ApiKeySerializer):
    """A key with its text, which is never shown again."""

    key = serializers.CharField(read_only=True)


class ApiKeyPage(PageSerializer):
    """API keys, the newest first."""

    results = ApiKeySerializer(many=True)


class ApiKeysView(AdminView):
    read_scope = "admin"

    @extend_schema(operation_id="list_api_keys", parameters=PAGE_PARAMETERS, responses=ApiKeyPage)
    def get(self, request: Request) -> Response:
        """API keys, without their texts."""
        page = paginate(request, ApiKey.objects.select_related("owner"), "-id", "-id")
        return Response(page.body(ApiKeySerializer(page.rows, many=True).data))

    @extend_schema(operation_id="create_api_key", request=ApiKeySerializer, responses={201: NewApiKeySerializer})
    def post(self, request: Request) -> Response:
        """Makes a key that is owned by the caller. Its text is in this answer only."""
        serializer = ApiKeySerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        key, text = accounts.create_api_key(
            owner=cast(User, request.user), by=requester_of(request), **serializer.validated_data
        )
        return Response({**ApiKeySerializer(key).data, "key": text}, 201)


class ApiKeyView(AdminView):
    @extend_schema(operation_id="delete_api_key", responses={204: None})
    def delete(self, request: Request, key_id: UUID) -> Response:
        """Revokes a key, at once."""
        if not accounts.revoke_api_key(key_id, by=requester_of(request)):
            raise Http404
        return Response(status=204)
