"""OpenAPI: the msgspec shapes as components, problems at every operation, and the pages that show it all."""

from __future__ import annotations

from typing import Any

import msgspec
from drf_spectacular.drainage import set_override
from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent

from calls.api.problems import Problem

REF = "#/components/schemas/{name}"


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
            schema = renamed(schema, set(components))
            schema.pop("title", None)
            if name == self.target.__name__:
                own = schema
                continue
            auto_schema.registry.register_on_missing(
                ResolvedComponent(name=component_name(name), type=ResolvedComponent.SCHEMA, object=name, schema=schema)
            )
        return own


def component_name(struct: str) -> str:
    return struct.removesuffix("Shape")


def renamed(schema: Any, structs: set[str]) -> Any:
    """The schema with its references to structs under their public names."""
    if isinstance(schema, dict):
        return {
            key: REF.format(name=component_name(value.rpartition("/")[2])) if key == "$ref" else renamed(value, structs)
            for key, value in schema.items()
        }
    return [renamed(item, structs) for item in schema] if isinstance(schema, list) else schema


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

    def _get_response_bodies(self, direction: Any = "response") -> Any:
        bodies = super()._get_response_bodies(direction)
        bodies["default"] = self._get_response_for_code(Problem, "default", ["application/problem+json"], direction)
        bodies["default"]["description"] = "Refused: `code` says why."
        return bodies
