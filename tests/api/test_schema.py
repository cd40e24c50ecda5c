"""The schema is valid, complete and true; the pages that show it need no relaxed policy."""

from __future__ import annotations

import json
import re
from io import StringIO
from typing import Any

import jsonschema
import pytest
import yaml
from django.core.management import call_command
from drf_spectacular.validation import validate_schema
from rest_framework.test import APIClient

from bots.api.urls import urlpatterns as bot_urlpatterns
from calls.api.urls import urlpatterns
from calls.models import Call, RefusedStream, StreamingProfile
from hub.middleware import POLICY
from tests.conftest import MakeCall


@pytest.fixture
def schema(client: Any) -> dict[str, Any]:
    response = client.get("/api/schema/")
    assert response.status_code == 200 and response["Content-Type"] == "application/json"
    found: dict[str, Any] = json.loads(response.content)
    return found


def test_it_is_valid_without_a_warning() -> None:
    call_command("spectacular", validate=True, fail_on_warn=True, stdout=StringIO())


def test_it_is_openapi_3_1(schema: dict[str, Any], client: Any) -> None:
    assert schema["openapi"].startswith("3.1")
    validate_schema(schema)
    assert yaml.safe_load(client.get("/api/schema/", headers={"Accept": "application/yaml"}).content) == schema


def test_every_address_is_in_it(schema: dict[str, Any]) -> None:
    routes = [str(pattern.pattern) for pattern in urlpatterns]
    routes += [f"v1/bots/{pattern.pattern}" for pattern in bot_urlpatterns]
    addresses = {
        "/api/" + re.sub(r"<(?:uuid|int|slug|str):(\w+)>", r"{\1}", route)
        for route in routes
        if route.startswith("v1/")
    }
    assert set(schema["paths"]) == addresses


def test_everything_is_described(schema: dict[str, Any]) -> None:
    components = schema["components"]["schemas"]
    assert [name for name, component in components.items() if not component.get("description")] == []
    for path in schema["paths"].values():
        for operation in path.values():
            assert operation["description"] and operation["operationId"]
            problem = operation["responses"]["default"]["content"]["application/problem+json"]["schema"]
            assert problem == {"$ref": "#/components/schemas/Problem"}
    assert not [name for name in components if "Shape" in name]


def check(schema: dict[str, Any], component: str, value: Any) -> None:
    """The value is as its component says, with nothing besides."""
    closed = json.loads(json.dumps(schema["components"]))
    for inner in closed["schemas"].values():
        if "properties" in inner:
            inner["additionalProperties"] = False
    wanted = {"$ref": f"#/components/schemas/{component}", "components": closed}
    jsonschema.Draft202012Validator(wanted, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER).validate(
        value
    )


def test_answers_are_as_it_says(
    schema: dict[str, Any], as_admin: APIClient, make_call: MakeCall, profile: StreamingProfile
) -> None:
    call = make_call(said=[("agent", 0, 900, "hello")])
    call.segments.update(words=[["hello", 0, 900, None]])
    call.streams.update(
        counters={"tracks": {"agent": {"frames": 3}}, "ignored": {"bad_json": 1}},
        health={
            "recognizerLagMs": 5, "silenceMs": {"agent": 2}, "skippedMs": 0, "warnings": {"format": "Set it."},
            "bot": {"name": "Menu", "state": "active", "error": None},
        },
    )  # fmt: skip
    make_call(state="live", profile=None)
    RefusedStream.objects.create(vendor="ringcx", reason="unknown_product")
    as_admin.patch(f"/api/v1/profiles/{profile.id}/", {"secret": "x", "options": {"secretIn": "message"}})
    key = as_admin.post(f"/api/v1/profiles/{profile.id}/embed-keys/").json()
    check(schema, "NewEmbedKey", key)
    check(schema, "CallPage", as_admin.get("/api/v1/calls/", {"limit": 1}).json())
    for row in Call.objects.all():
        check(schema, "Call", as_admin.get(f"/api/v1/calls/{row.id}/").json())
    check(schema, "FoundPage", as_admin.get("/api/v1/search/", {"q": "hello"}).json())
    check(schema, "Transcript", as_admin.get(f"/api/v1/calls/{call.id}/transcript/").json())
    check(schema, "ProfilePage", as_admin.get("/api/v1/profiles/").json())
    check(schema, "Profile", as_admin.get(f"/api/v1/profiles/{profile.id}/").json())
    for vendor in ("ringover", "audiocodes"):
        made = as_admin.post("/api/v1/profiles/", {"vendor": vendor}).json()
        check(schema, "Profile", made)
        check(schema, "Revealed", as_admin.post(f"/api/v1/profiles/{made['id']}/reveal/").json())
    check(schema, "TestTicket", as_admin.post(f"/api/v1/profiles/{made['id']}/test-ticket/").json())
    check(schema, "RefusedStreamPage", as_admin.get("/api/v1/refused-streams/").json())
    check(schema, "NewApiKey", as_admin.post("/api/v1/api-keys/", {"name": "n", "scope": "read"}).json())
    check(schema, "ApiKeyPage", as_admin.get("/api/v1/api-keys/").json())
    session = as_admin.post("/api/v1/embed/sessions/", {"key": key["key"], "callId": "1"}, HTTP_AUTHORIZATION="").json()
    check(schema, "EmbedSession", session)
    ticket = as_admin.post("/api/v1/embed/tickets/", HTTP_AUTHORIZATION=f"Bearer {session['token']}").json()
    check(schema, "EmbedTicket", ticket)
    check(schema, "Problem", as_admin.post("/api/v1/profiles/", {}).json())


def test_the_page(client: Any) -> None:
    page = client.get("/api/docs/")
    text = page.content.decode()
    assert page.status_code == 200 and "swagger-ui-bundle.js" in text
    assert "<style" not in text and "style=" not in text and text.count("<script") == text.count("<script src=")
    assert page["Content-Security-Policy"] == POLICY.format(ancestors="'none'")
    script = client.get("/api/docs/?script=")
    assert script["Content-Type"].startswith("application/javascript") and b"SwaggerUIBundle" in script.content
