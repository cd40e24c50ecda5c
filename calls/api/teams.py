"""`teams/`."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from calls.api.authentication import requester_of
from calls.api.fields import StrictSerializer, Text, refusal
from calls.api.paging import PAGE_PARAMETERS, PageSerializer, paginate
from calls.api.problems import ApiProblem
from calls.api.views import AdminView
from calls.models import StreamingProfile, Team, User
from calls.services import teams as service


class TeamSerializer(StrictSerializer):
    """Joins people with profiles: its supervisors and viewers see the calls of these."""

    id = serializers.UUIDField(read_only=True)
    name = Text(required=True, max_length=100)
    users = serializers.PrimaryKeyRelatedField(
        many=True, required=False, queryset=User.objects.all(), help_text="Ids of people. Absent in a create: none."
    )
    profiles = serializers.PrimaryKeyRelatedField(
        many=True,
        required=False,
        queryset=StreamingProfile.objects.all(),
        pk_field=serializers.UUIDField(),
        help_text="Ids of profiles. Absent in a create: none.",
    )
    version = serializers.IntegerField(
        required=False, help_text="Sent with a write, it must be the stored one; else somebody wrote in between."
    )
    createdAt = serializers.DateTimeField(source="created_at", read_only=True)
    updatedAt = serializers.DateTimeField(source="updated_at", read_only=True)

    def create(self, validated_data: dict[str, Any]) -> Team:
        return self.update(Team(), {"users": [], "profiles": [], **validated_data, "version": None})

    def update(self, instance: Team, validated_data: dict[str, Any]) -> Team:
        if not self.partial and instance.created_at:
            validated_data = {"users": [], "profiles": [], **validated_data}
        instance.name = validated_data.get("name", instance.name)
        try:
            return service.save_team(
                instance,
                by=validated_data["by"],
                users=validated_data.get("users"),
                profiles=validated_data.get("profiles"),
                expected_version=validated_data.get("version"),
            )
        except service.NameTaken:
            raise refusal("name", "unique", "Another team has this name: give another.") from None
        except service.VersionConflict:
            raise ApiProblem(
                409, "version_conflict", "Somebody else changed the team meanwhile: read it again, then write."
            ) from None


class TeamPage(PageSerializer):
    """Teams by name."""

    results = TeamSerializer(many=True)


class TeamsView(AdminView):
    @extend_schema(operation_id="list_teams", parameters=PAGE_PARAMETERS, responses=TeamPage)
    def get(self, request: Request) -> Response:
        """Teams by name, with their people and profiles."""
        page = paginate(request, Team.objects.prefetch_related("users", "profiles"), "name", "id")
        return Response(page.body(TeamSerializer(page.rows, many=True).data))

    @extend_schema(operation_id="create_team", request=TeamSerializer, responses={201: TeamSerializer})
    def post(self, request: Request) -> Response:
        """Makes a team."""
        serializer = TeamSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        serializer.save(by=requester_of(request))
        return Response(serializer.data, 201)


class TeamView(AdminView):
    @extend_schema(operation_id="read_team", responses=TeamSerializer)
    def get(self, request: Request, team_id: UUID) -> Response:
        """One team."""
        return Response(TeamSerializer(get_object_or_404(Team, id=team_id)).data)

    @extend_schema(operation_id="replace_team", request=TeamSerializer, responses=TeamSerializer)
    def put(self, request: Request, team_id: UUID) -> Response:
        """Replaces a team: absent people or profiles leave it. Open pages of those who lose something end at once."""
        return self.write(request, team_id, partial=False)

    @extend_schema(operation_id="patch_team", request=TeamSerializer, responses=TeamSerializer)
    def patch(self, request: Request, team_id: UUID) -> Response:
        """Changes what is given; a list is given whole."""
        return self.write(request, team_id, partial=True)

    def write(self, request: Request, team_id: UUID, *, partial: bool) -> Response:
        with transaction.atomic():
            team = get_object_or_404(Team.objects.select_for_update(), id=team_id)
            serializer = TeamSerializer(team, data=request.data, partial=partial)
            serializer.is_valid(raise_exception=True)
            serializer.save(by=requester_of(request))
        return Response(serializer.data)

    @extend_schema(operation_id="delete_team", responses={204: None})
    def delete(self, request: Request, team_id: UUID) -> Response:
        """Deletes a team; people and profiles stay."""
        service.delete_team(get_object_or_404(Team, id=team_id), by=requester_of(request))
        return Response(status=204)
