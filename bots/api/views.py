"""`bots/`: read by supervisors, written by admins."""

from __future__ import annotations

from uuid import UUID

import msgspec
from django.db import transaction
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from bots.api.bots import (
    BotCheck,
    BotKindPage,
    BotKindShape,
    BotPage,
    BotSecretShape,
    BotSerializer,
    BotVersionPage,
    BotVersionSerializer,
    DraftSerializer,
    RestoreSerializer,
    WrittenBotSerializer,
    problems,
)
from bots.findings import Finding
from bots.kinds import KINDS, read_config
from bots.models import Bot, BotVersion
from bots.services import bots as service
from calls.api.authentication import requester_of
from calls.api.fields import refusal
from calls.api.paging import PAGE_PARAMETERS, paginate
from calls.api.views import HubView


class BotApiView(HubView):
    """Supervisors see what answers their calls; admins write."""

    role = "control"


def bot_rows() -> QuerySet[Bot]:
    return Bot.objects.prefetch_related("profiles")


def written(serializer: BotSerializer) -> dict[str, object]:
    """The answer to a write; `madeSecrets` this once."""
    assert serializer.instance is not None
    return {**BotSerializer(bot_rows().get(id=serializer.instance.id)).data, "madeSecrets": serializer.made}


class BotsView(BotApiView):
    @extend_schema(operation_id="list_bots", parameters=PAGE_PARAMETERS, responses=BotPage)
    def get(self, request: Request) -> Response:
        """Bots by name, without their secrets."""
        page = paginate(request, bot_rows(), "name", "id")
        return Response(page.body(BotSerializer(page.rows, many=True).data))

    @extend_schema(operation_id="create_bot", request=BotSerializer, responses={201: WrittenBotSerializer})
    def post(self, request: Request) -> Response:
        """Makes a bot. Profiles name the bot that answers their calls in `bot`."""
        serializer = BotSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        serializer.save(by=requester_of(request))
        return Response(written(serializer), 201)


class BotView(BotApiView):
    @extend_schema(operation_id="read_bot", responses=BotSerializer)
    def get(self, request: Request, bot_id: UUID) -> Response:
        """One bot, without its secrets."""
        return Response(BotSerializer(get_object_or_404(bot_rows(), id=bot_id)).data)

    @extend_schema(operation_id="replace_bot", request=BotSerializer, responses=WrittenBotSerializer)
    def put(self, request: Request, bot_id: UUID) -> Response:
        """Replaces a bot: what is absent gets its default. Only secrets stay. Calls that are under way keep the version
        that they began with."""
        return self.write(request, bot_id, partial=False)

    @extend_schema(operation_id="patch_bot", request=BotSerializer, responses=WrittenBotSerializer)
    def patch(self, request: Request, bot_id: UUID) -> Response:
        """Changes the fields that are given; `config` is replaced whole."""
        return self.write(request, bot_id, partial=True)

    def write(self, request: Request, bot_id: UUID, *, partial: bool) -> Response:
        with transaction.atomic():
            bot = get_object_or_404(Bot.objects.select_for_update(), id=bot_id)
            serializer = BotSerializer(bot, data=request.data, partial=partial)
            serializer.is_valid(raise_exception=True)
            serializer.save(by=requester_of(request))
        return Response(written(serializer))

    @extend_schema(operation_id="delete_bot", responses={204: None})
    def delete(self, request: Request, bot_id: UUID) -> Response:
        """Deletes a bot and its versions. While profiles have it: 409 `in_use`."""
        with problems():
            service.delete_bot(get_object_or_404(Bot, id=bot_id), by=requester_of(request))
        return Response(status=204)


class BotVersionsView(BotApiView):
    @extend_schema(operation_id="list_bot_versions", parameters=PAGE_PARAMETERS, responses=BotVersionPage)
    def get(self, request: Request, bot_id: UUID) -> Response:
        """What each write left, the newest first."""
        versions = get_object_or_404(Bot, id=bot_id).versions.all()
        page = paginate(request, versions, "-version", "-id")
        return Response(page.body(BotVersionSerializer(page.rows, many=True).data))


class BotRestoreView(BotApiView):
    @extend_schema(operation_id="restore_bot_version", request=RestoreSerializer, responses=BotSerializer)
    def post(self, request: Request, bot_id: UUID) -> Response:
        """Makes an older version the newest one, as a new version."""
        serializer = RestoreSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        wanted = serializer.validated_data
        with transaction.atomic():
            bot = get_object_or_404(Bot.objects.select_for_update(), id=bot_id)
            version = BotVersion.objects.filter(bot=bot, version=wanted["version"]).first()
            if version is None:
                raise refusal("version", "unknown", "The bot has no such version.")
            with problems():
                service.restore_version(
                    bot, version, by=requester_of(request), expected_version=wanted.get("currentVersion")
                )
        return Response(BotSerializer(bot_rows().get(id=bot_id)).data)


class BotValidateView(BotApiView):
    @extend_schema(operation_id="validate_bot", request=DraftSerializer, responses=BotCheck)
    def post(self, request: Request) -> Response:
        """Checks a bot without saving it. `findings` have lines and columns; `preview` is a menu's graph."""
        serializer = DraftSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        draft = {"document": "", "config": {}, **serializer.validated_data}
        findings = service.check_bot(**draft)
        kind = KINDS[draft["kind"]]
        config = read_config(kind, draft["config"])
        valid = all(finding.severity != "error" for finding in findings)
        if isinstance(config, Finding):
            return Response(BotCheck(valid, findings, None, []))
        document = draft["document"]
        preview = kind.preview(document, config)
        return Response(BotCheck(valid, findings, preview, list(kind.phrases(document, config)) if valid else []))


class BotKindsView(BotApiView):
    @extend_schema(operation_id="list_bot_kinds", responses=BotKindPage)
    def get(self, request: Request) -> Response:
        """The kinds of bots, each with the JSON schema of its `config`."""
        return Response(
            BotKindPage(
                [
                    BotKindShape(
                        name=kind.name,
                        label=kind.label,
                        description=kind.description,
                        has_document=kind.has_document,
                        secrets=[
                            BotSecretShape(secret.name, secret.label, secret.help, secret.generate is not None)
                            for secret in kind.secrets
                        ],
                        config_schema=msgspec.json.schema(kind.config),
                    )
                    for kind in KINDS.values()
                ]
            )
        )
