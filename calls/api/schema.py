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
    "StreamShape": "One connection that carried audio of a call: with RingCX, one agent session.",
    "TrackCountersShape": "Frames of one speaker: received, and what was wrong with their numbering.",
    "CapabilityShape": "Whether the call's vendor can do a command, and why not.",
    "HealthShape": "How far recognition is behind, how long each track has been silent, what audio was skipped.",
    "TranscriptShape": "What was said so far, in order.",
    "SegmentShape": "A final piece of transcript. Times count from the call's first audio.",
    "WordShape": "One word of a segment.",
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
    times."""
    if isinstance(schema, list):
        return [public(item, field) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return {"$ref": REF.format(name=component_name(schema["$ref"].rpartition("/")[2]))}
    if schema.get("type") == "string" and field.endswith("At"):
        return {**schema, "format": "date-time"}
    return {
        key: {name: public(inner, name) for name, inner in value.items()}
        if key == "properties"
        else public(value, field)
        for key, value in schema.items()
    }


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
