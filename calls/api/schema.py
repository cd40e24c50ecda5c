"""OpenAPI: the msgspec shapes as components, problems at every operation, and the pages that show it all."""

from __future__ import annotations

from typing import Any

import msgspec
from drf_spectacular.drainage import set_override
from drf_spectacular.extensions import (
    OpenApiAuthenticationExtension,
    OpenApiSerializerExtension,
    OpenApiSerializerFieldExtension,
)
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent

from calls.api.problems import Problem

REF = "#/components/schemas/{name}"

# Of the shapes, whose code needs no such words.
DESCRIPTIONS = {
    "CallShape": "One phone call, live or past. `from`, `to` and `callId` are the vendor's.",
    "StreamShape": "One connection that carried audio of a call: with RingCX, one agent session. `end` is what the vendor "
    "told of the end, by its own names.",
    "TrackCountersShape": "Frames of one speaker: received, and what was wrong with their numbering.",
    "CapabilityShape": "Whether a command can be done to the call now, why not, and what it takes.",
    "ParameterShape": "One field of a command.",
    "CommandShape": "What was asked of a call, and what became of it.",
    "AuditEntryShape": "Who did what, and when.",
    "HelpShape": "The agent's wish for help, while it waits.",
    "HealthShape": "How far recognition is behind, how long each track has been silent, what audio was skipped.",
    "AlertShape": "What a rule found in a call: words, or a state that lasts until `endedAt`. Name and kind are the rule's at "
    "that time. `value` is what was measured, in the unit of the rule's threshold.",
    "TranscriptShape": "What was said so far, in order.",
    "MaskedShape": "What was taken out of a segment, and when it was said. `open`: not decided yet, it may come back.",
    "SegmentShape": "A final piece of transcript. Times count from the call's first audio.",
    "WordShape": "One word of a segment.",
    "FoundShape": "A segment in which the words were said.",
    "CallBriefShape": "Which call it was: the fields of a call that name it.",
    "PieceShape": "A part of a segment's text. All its pieces together are the text; those with `match` were looked for.",
}


class StructExtension(OpenApiSerializerExtension):
    """Lets a msgspec struct stand where a serializer does: its own JSON Schema becomes the component."""

    target_class = "msgspec.Struct"
    match_subclasses = True

    def get_name(self, auto_schema: AutoSchema, direction: Any) -> str:
        set_override(self.target, "suppress_collision_warning", True)
        return component_name(self.target.__name__)

    def map_serializer(self, auto_schema: AutoSchema, direction: Any) -> Any:
        _, components = msgspec.json.schema_components([self.target], ref_template=REF)
        own: dict[str, Any] = {}
        for name, schema in components.items():
            schema = public(schema)
            schema.pop("title", None)
            if name in DESCRIPTIONS:
                schema["description"] = DESCRIPTIONS[name]
            if name == self.target.__name__:
                own = schema
                continue
            auto_schema.registry.register_on_missing(
                ResolvedComponent(name=component_name(name), type=ResolvedComponent.SCHEMA, object=name, schema=schema)
            )
        return own


def component_name(struct: str) -> str:
    return struct.removesuffix("Shape")


def public(schema: Any, field: str = "") -> Any:
    """The schema with its references under public names, and with what msgspec doesn't say: that fields named …At are
    times, and the words of a choice strings (as constants: an `enum` would become a component without description)."""
    if isinstance(schema, list):
        return [public(item, field) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return {"$ref": REF.format(name=component_name(schema["$ref"].rpartition("/")[2]))}
    if "enum" in schema and "type" not in schema:
        return {"type": "string", "anyOf": [{"const": word} for word in schema["enum"]]}
    if schema.get("type") == "string" and field.endswith("At"):
        return {**schema, "format": "date-time"}
    return {
        key: {name: public(inner, name) for name, inner in value.items()}
        if key == "properties"
        else public(value, field)
        for key, value in schema.items()
    }


def describe_null(result: Any, generator: Any, request: Any, public: Any) -> Any:
    """Names what the generator adds to a choice that may be absent."""
    null = result["components"]["schemas"].get("NullEnum")
    if null is not None:
        null["description"] = "Absent."
    return result


class VendorIdExtension(OpenApiSerializerFieldExtension):
    target_class = "calls.api.fields.VendorId"

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Any) -> Any:
        kind: Any = ["string", "integer"] if direction == "request" else "string"
        return {"type": kind, "maxLength": 64}


class ApiKeyScheme(OpenApiAuthenticationExtension):
    target_class = "calls.api.authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: AutoSchema) -> Any:
        return {"type": "http", "scheme": "bearer", "description": "An API key. It may do no more than its owner."}


class PairingScheme(OpenApiAuthenticationExtension):
    target_class = "calls.api.authentication.PairingAuthentication"
    name = "pairing"

    def get_security_definition(self, auto_schema: AutoSchema) -> Any:
        return {"type": "http", "scheme": "bearer", "description": "The token of an iFrame that a person has paired."}


class CookieScheme(OpenApiAuthenticationExtension):
    target_class = "calls.api.authentication.CookieAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> Any:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": "hub_session",
            "description": "A browser's session. Writes need the CSRF token in `X-CSRFToken`.",
        }


class EmbedScheme(OpenApiAuthenticationExtension):
    target_class = "calls.api.embed_views.EmbedAuthentication"
    name = "embedSession"

    def get_security_definition(self, auto_schema: AutoSchema) -> Any:
        return {"type": "http", "scheme": "bearer", "description": "The token of an embed session."}


class HubSchema(AutoSchema):
    """Adds to every operation that any other answer is a problem."""

    def get_tags(self) -> list[str]:
        return [self.path.removeprefix("/api/v1/").split("/")[0]]

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> Any:
        """What an answer can hold, it holds always: absent is null."""
        schema = super()._map_basic_serializer(serializer, direction)
        return {**schema, "required": list(schema["properties"])} if direction == "response" else schema

    def _get_response_bodies(self, direction: Any = "response") -> Any:
        bodies = super()._get_response_bodies(direction)
        bodies["default"] = self._get_response_for_code(Problem, "default", ["application/problem+json"], direction)
        bodies["default"]["description"] = "Refused: `code` says why."
        return bodies
