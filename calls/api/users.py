"""`users/`."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.fields import get_error_detail
from rest_framework.request import Request
from rest_framework.response import Response

from calls.api.authentication import requester_of
from calls.api.fields import Choice, StrictSerializer, Text, VendorId, refusal
from calls.api.paging import PAGE_PARAMETERS, PageSerializer, paginate
from calls.api.problems import ApiProblem
from calls.api.views import AdminView
from calls.models import Team, User
from calls.models.accounts import Role
from calls.services import users as service


class UserSerializer(StrictSerializer):
    """A person. Passwords go in and never come out."""

    id = serializers.IntegerField(read_only=True)
    username = Text(required=True, max_length=150, rule=service.clean_username)
    firstName = Text(source="first_name", required=False, max_length=150)
    lastName = Text(source="last_name", required=False, max_length=150)
    email = serializers.EmailField(required=False, allow_blank=True)
    role = Choice(Role.choices, required=False, help_text="Absent in a create: viewer.")
    agentId = VendorId(source="agent_id", required=False, help_text="The vendor's: whose calls an agent sees.")
    isActive = serializers.BooleanField(source="is_active", required=False)
    teams = serializers.PrimaryKeyRelatedField(
        many=True, required=False, queryset=Team.objects.all(), pk_field=serializers.UUIDField()
    )
    password = serializers.CharField(
        write_only=True, required=False, trim_whitespace=False, max_length=200, help_text="Absent in a create: made up."
    )
    lastLogin = serializers.DateTimeField(source="last_login", read_only=True)
    createdAt = serializers.DateTimeField(source="date_joined", read_only=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "password" in attrs:
            name = attrs.get("username") or getattr(self.instance, "username", "")
            person = User(username=str(name))
            try:
                service.check_password(person, attrs["password"])
            except ValidationError as error:
                raise serializers.ValidationError({"password": get_error_detail(error)}) from None
        return attrs

    def create(self, validated_data: dict[str, Any]) -> User:
        return self.update(User(role=Role.VIEWER), {"teams": [], **validated_data})

    def update(self, instance: User, validated_data: dict[str, Any]) -> User:
        by, password = validated_data.pop("by"), validated_data.pop("password", None)
        teams = validated_data.pop("teams", None)
        for name, value in validated_data.items():
            setattr(instance, name, value)
        try:
            user, self.made_password = service.save_user(instance, by=by, password=password, teams=teams)
        except service.Taken as error:
            raise refusal(error.field, "unique", str(error)) from None
        except service.LastAdmin as error:
            raise ApiProblem(409, "last_admin", str(error)) from None
        return user


class NewUserSerializer(UserSerializer):
    """A person with the password that was made up, which is never shown again (null where one was given)."""

    password = serializers.CharField(read_only=True, allow_null=True)


class UserPage(PageSerializer):
    """People by name."""

    results = UserSerializer(many=True)


class UsersView(AdminView):
    @extend_schema(operation_id="list_users", parameters=PAGE_PARAMETERS, responses=UserPage)
    def get(self, request: Request) -> Response:
        """People by name."""
        page = paginate(request, User.objects.prefetch_related("teams"), "username", "id")
        return Response(page.body(UserSerializer(page.rows, many=True).data))

    @extend_schema(operation_id="create_user", request=UserSerializer, responses={201: NewUserSerializer})
    def post(self, request: Request) -> Response:
        """Makes an account. A made-up password is in this answer only."""
        serializer = UserSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        serializer.save(by=requester_of(request))
        return Response({**serializer.data, "password": serializer.made_password}, 201)


class UserView(AdminView):
    @extend_schema(operation_id="read_user", responses=UserSerializer)
    def get(self, request: Request, user_id: int) -> Response:
        """One person."""
        return Response(UserSerializer(get_object_or_404(User, id=user_id)).data)

    @extend_schema(operation_id="patch_user", request=UserSerializer, responses=UserSerializer)
    def patch(self, request: Request, user_id: int) -> Response:
        """Changes what is given. A new password, a lower role or `isActive: false` ends what the person has open."""
        with transaction.atomic():
            user = get_object_or_404(User.objects.select_for_update(), id=user_id)
            serializer = UserSerializer(user, data=request.data, partial=True)
            serializer.is_valid(raise_exception=True)
            serializer.save(by=requester_of(request))
        return Response(serializer.data)

    @extend_schema(operation_id="delete_user", responses={204: None})
    def delete(self, request: Request, user_id: int) -> Response:
        """Deletes an account with its API keys. What the person did stays in the audit."""
        try:
            service.delete_user(get_object_or_404(User, id=user_id), by=requester_of(request))
        except service.LastAdmin as error:
            raise ApiProblem(409, "last_admin", str(error)) from None
        return Response(status=204)
