"""`alert-rules/`."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.fields import get_error_detail
from rest_framework.request import Request
from rest_framework.response import Response

from calls.alerts.expression import MAX_LENGTH, ExpressionError, parse
from calls.alerts.kinds import KINDS
from calls.alerts.matching import Matcher, Passage
from calls.alerts.mood import mood_of
from calls.api.authentication import requester_of
from calls.api.fields import Choice, StrictSerializer, Text, refusal
from calls.api.paging import PAGE_PARAMETERS, PageSerializer, paginate
from calls.api.problems import ApiProblem
from calls.api.views import AdminView
from calls.models import AlertRule, StreamingProfile
from calls.models.alerts import AlertKind
from calls.models.calls import Track
from calls.services import alert_rules as service
from calls.shape import Shape
from calls.transcript_shapes import PieceShape

MAX_TRIED = 5000  # characters


class AlertRuleSerializer(StrictSerializer):
    """What to watch calls for. `phrase` takes an `expression`, the others a `threshold`: `silence` and `long` in seconds,
    `confidence` from 0 to 1, `mood` from -1 (bad) to 1."""

    id = serializers.UUIDField(read_only=True)
    name = Text(required=True, max_length=100)
    kind = Choice(AlertKind.choices, required=True)
    track = Choice(
        Track.values, required=False, allow_null=True, help_text="Whose words. Null: anybody's, or all together."
    )
    expression = Text(
        required=False,
        max_length=MAX_LENGTH,
        help_text='Such as `cancel* OR "close my account"`, `refund NEAR/5 angry`, `refund NOT ticket`.',
    )
    threshold = serializers.FloatField(
        required=False, allow_null=True, help_text="Absent or null in a kind that has one: its default."
    )
    profiles = serializers.PrimaryKeyRelatedField(
        many=True,
        required=False,
        queryset=StreamingProfile.objects.all(),
        pk_field=serializers.UUIDField(),
        help_text="Ids of the profiles whose calls it watches. Empty: of every profile.",
    )
    everyProfile = serializers.BooleanField(
        source="every_profile",
        read_only=True,
        help_text="False with no profile left: those that were chosen are deleted, and it watches nothing.",
    )
    enabled = serializers.BooleanField(required=False, help_text="Absent in a create: true, but for `mood`.")
    version = serializers.IntegerField(
        required=False, help_text="Sent with a write, it must be the stored one; else somebody wrote in between."
    )
    createdAt = serializers.DateTimeField(source="created_at", read_only=True)
    updatedAt = serializers.DateTimeField(source="updated_at", read_only=True)

    def to_representation(self, instance: AlertRule) -> dict[str, Any]:
        shape = super().to_representation(instance)
        return {**shape, "track": shape["track"] or None}

    def create(self, validated_data: dict[str, Any]) -> AlertRule:
        return self.update(AlertRule(), {**validated_data, "version": None})

    def update(self, instance: AlertRule, validated_data: dict[str, Any]) -> AlertRule:
        if not self.partial:
            defaults: dict[str, Any] = {"track": "", "expression": "", "threshold": None, "profiles": []}
            validated_data = {**defaults, "enabled": KINDS[validated_data["kind"]].enabled, **validated_data}
        version, by = validated_data.pop("version", None), validated_data.pop("by")
        profiles = validated_data.pop("profiles", None)
        for name, value in validated_data.items():
            setattr(instance, name, value if name != "track" else value or "")
        try:
            service.clean_rule(instance)
            return service.save_rule(instance, by=by, profiles=profiles, expected_version=version)
        except DjangoValidationError as error:
            raise serializers.ValidationError(get_error_detail(error)) from None
        except service.VersionConflict:
            raise ApiProblem(
                409, "version_conflict", "Somebody else changed the rule meanwhile: read it again, then write."
            ) from None
        except service.TooManyRules as error:
            raise ApiProblem(409, "too_many_rules", str(error)) from None


class AlertRulePage(PageSerializer):
    """Rules by name."""

    results = AlertRuleSerializer(many=True)


class TrySerializer(StrictSerializer):
    """A text, and what to look for in it: an `expression`, or (without one) the mood."""

    text = Text(required=True, max_length=MAX_TRIED)
    expression = Text(required=False, max_length=MAX_LENGTH)


class TriedShape(Shape):
    """Whether the expression was found in the text, and where: all pieces together are the text. `mood`: from -1 to 1, where
    no expression was given."""

    found: bool | None
    pieces: list[PieceShape]
    mood: float | None


def rule_rows() -> QuerySet[AlertRule]:
    return AlertRule.objects.prefetch_related("profiles")


class AlertRulesView(AdminView):
    @extend_schema(operation_id="list_alert_rules", parameters=PAGE_PARAMETERS, responses=AlertRulePage)
    def get(self, request: Request) -> Response:
        """Rules by name."""
        page = paginate(request, rule_rows(), "name", "id")
        return Response(page.body(AlertRuleSerializer(page.rows, many=True).data))

    @extend_schema(operation_id="create_alert_rule", request=AlertRuleSerializer, responses={201: AlertRuleSerializer})
    def post(self, request: Request) -> Response:
        """Makes a rule. It is applied to what is said from then on, within two seconds."""
        serializer = AlertRuleSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        serializer.save(by=requester_of(request))
        return Response(serializer.data, 201)


class AlertRuleView(AdminView):
    @extend_schema(operation_id="read_alert_rule", responses=AlertRuleSerializer)
    def get(self, request: Request, rule_id: UUID) -> Response:
        """One rule."""
        return Response(AlertRuleSerializer(get_object_or_404(rule_rows(), id=rule_id)).data)

    @extend_schema(operation_id="replace_alert_rule", request=AlertRuleSerializer, responses=AlertRuleSerializer)
    def put(self, request: Request, rule_id: UUID) -> Response:
        """Replaces a rule: what is absent gets its default."""
        return self.write(request, rule_id, partial=False)

    @extend_schema(operation_id="patch_alert_rule", request=AlertRuleSerializer, responses=AlertRuleSerializer)
    def patch(self, request: Request, rule_id: UUID) -> Response:
        """Changes what is given. Switching a rule off ends what it has open."""
        return self.write(request, rule_id, partial=True)

    def write(self, request: Request, rule_id: UUID, *, partial: bool) -> Response:
        with transaction.atomic():
            rule = get_object_or_404(AlertRule.objects.select_for_update(), id=rule_id)
            serializer = AlertRuleSerializer(rule, data=request.data, partial=partial)
            serializer.is_valid(raise_exception=True)
            serializer.save(by=requester_of(request))
        return Response(serializer.data)

    @extend_schema(operation_id="delete_alert_rule", responses={204: None})
    def delete(self, request: Request, rule_id: UUID) -> Response:
        """Deletes a rule. The alerts that it raised stay, under its name."""
        service.delete_rule(get_object_or_404(AlertRule, id=rule_id), by=requester_of(request))
        return Response(status=204)


class AlertRuleTryView(AdminView):
    @extend_schema(operation_id="try_alert_rule", request=TrySerializer, responses={200: TriedShape})
    def post(self, request: Request) -> Response:
        """Holds a text against an expression, or tells its mood. Nothing is stored."""
        serializer = TrySerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        text, expression = serializer.validated_data["text"], serializer.validated_data.get("expression")
        if expression is None:
            mood = round(mood_of(text), 3)
            return Response(TriedShape(found=None, pieces=[PieceShape(text=text, match=False)], mood=mood))
        try:
            matcher = Matcher(parse(expression))
        except ExpressionError as error:
            raise refusal("expression", error.code, str(error)) from None
        pieces = [PieceShape(text=piece.text, match=piece.match) for piece in matcher.pieces(text)]
        return Response(TriedShape(found=matcher.match(Passage(text)) is not None, pieces=pieces, mood=None))
