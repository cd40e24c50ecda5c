"""How bots and their versions look, and what is taken for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from rest_framework import serializers

from bots.findings import Finding
from bots.flows.overview import Preview
from bots.models import Bot, BotVersion, Kind
from bots.services import bots as service
from calls.api.fields import Choice, StrictSerializer, Text, refusal
from calls.api.paging import PageSerializer
from calls.api.problems import ApiProblem
from calls.models import StreamingProfile

VERSION_HELP = "Sent with a write, it must be the stored one; else somebody wrote in between."


class BotProfileSerializer(serializers.ModelSerializer[StreamingProfile]):
    """A profile whose calls a bot answers."""

    class Meta:
        model = StreamingProfile
        fields = ["id", "name"]
        read_only_fields = fields


class BotSerializer(StrictSerializer):
    """What answers calls. Secrets go in and never come out."""

    id = serializers.UUIDField(read_only=True)
    name = Text(required=True, max_length=100)
    kind = Choice(Kind.choices, help_text="Stays as it is once the bot is made.")
    document = Text(
        required=False,
        trim_whitespace=False,
        max_length=service.MAX_DOCUMENT,
        help_text="Of a menu: YAML, as docs/bots.md describes it. Other kinds have none.",
    )
    config = serializers.DictField(
        required=False, help_text="As the kind's `configSchema` describes it; what is absent gets its default."
    )
    secrets = serializers.DictField(
        child=Text(required=False, max_length=2000, trim_whitespace=False),
        required=False,
        write_only=True,
        help_text="By name. Those that are absent stay, null removes one; what the hub makes itself it makes anew.",
    )
    secretsSet = serializers.SerializerMethodField(help_text="Names of the secrets that are stored.")
    version = serializers.IntegerField(required=False, help_text=VERSION_HELP)
    enabled = serializers.BooleanField(required=False)
    profiles = BotProfileSerializer(many=True, read_only=True)
    createdAt = serializers.DateTimeField(source="created_at", read_only=True)
    updatedAt = serializers.DateTimeField(source="updated_at", read_only=True)

    def get_secretsSet(self, bot: Bot) -> list[str]:
        return sorted(bot.secrets)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        stored: Bot | None = self.instance
        if stored and attrs.get("kind", stored.kind) != stored.kind:
            raise refusal("kind", "immutable", "A bot keeps its kind: make another bot instead.")
        return attrs if self.partial else {"document": "", "config": {}, "enabled": True, **attrs}

    def create(self, validated_data: dict[str, Any]) -> Bot:
        return self.update(Bot(), {**validated_data, "version": None})

    def update(self, instance: Bot, validated_data: dict[str, Any]) -> Bot:
        version, by = validated_data.pop("version", None), validated_data.pop("by")
        secrets = validated_data.pop("secrets", {})
        for name, value in validated_data.items():
            setattr(instance, name, value)
        with problems():
            self.made = service.save_bot(instance, by=by, secrets=secrets, expected_version=version)
        return instance


class WrittenBotSerializer(BotSerializer):
    """A bot as a write left it. What the hub made itself is shown this once."""

    madeSecrets = serializers.DictField(child=serializers.CharField(), read_only=True)


class BotPage(PageSerializer):
    """Bots by name."""

    results = BotSerializer(many=True)


class BotVersionSerializer(serializers.ModelSerializer[BotVersion]):
    """A bot as it was after one write."""

    document = Text(read_only=True, allow_null=True)
    config = serializers.DictField(read_only=True)

    class Meta:
        model = BotVersion
        fields = ["version", "name", "kind", "document", "config", "by", "at"]
        read_only_fields = fields


class BotVersionPage(PageSerializer):
    """Versions of a bot, the newest first."""

    results = BotVersionSerializer(many=True)


class RestoreSerializer(StrictSerializer):
    """Which version of a bot is to be the newest again."""

    version = serializers.IntegerField(min_value=1)
    currentVersion = serializers.IntegerField(required=False, help_text=VERSION_HELP)


class DraftSerializer(StrictSerializer):
    """A bot that may not be saved yet."""

    kind = Choice(Kind.choices)
    document = Text(required=False, trim_whitespace=False)
    config = serializers.DictField(required=False)


class BotCheck(msgspec.Struct, frozen=True):
    """What is wrong with a bot, or looks wrong, and how a menu hangs together."""

    valid: bool
    findings: list[Finding]
    preview: Preview | None
    phrases: list[str]


class BotSecretShape(msgspec.Struct, frozen=True, rename="camel"):
    """A secret that a kind of bot may have. What the hub makes needs not be given."""

    name: str
    label: str
    help: str
    made: bool


class BotKindShape(msgspec.Struct, frozen=True, rename="camel"):
    """A kind of bot, and what it can be told."""

    name: str
    label: str
    description: str
    has_document: bool
    secrets: list[BotSecretShape]
    config_schema: dict[str, Any]


class BotKindPage(msgspec.Struct, frozen=True):
    """All kinds of bots, on one page."""

    results: list[BotKindShape]
    next: str | None = None
    previous: str | None = None


class problems:
    """Turns what the services refuse into answers."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        match error:
            case service.NotValid():
                raise field_errors(error.findings) from None
            case service.VersionConflict():
                raise ApiProblem(
                    409, "version_conflict", "Somebody else changed the bot meanwhile: read it again, then write."
                ) from None
            case service.InUse():
                names = ", ".join(error.profiles)
                raise ApiProblem(
                    409, "in_use", f"It answers the calls of {names}: give these profiles another bot, or none."
                ) from None


def field_errors(findings: Sequence[Finding]) -> serializers.ValidationError:
    errors: dict[str, list[serializers.ErrorDetail]] = {}
    for finding in findings:
        at = "" if finding.line is None else f"Line {finding.line}: "
        errors.setdefault(finding.field, []).append(serializers.ErrorDetail(at + finding.detail, finding.code))
    return serializers.ValidationError(errors)
