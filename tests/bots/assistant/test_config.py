"""What may be wrong with an assistant, by field, with what to do."""

from __future__ import annotations

from typing import Any

import pytest

from bots.assistant.kind import ASSISTANT
from bots.findings import Finding
from bots.kinds import read_config

GOOD: dict[str, Any] = {
    "baseUrl": "https://models.example.com/v1",
    "model": "gpt-5-mini",
    "transferTargets": [{"name": "sales", "target": "+12025550123"}],
    "lookups": [
        {
            "name": "order",
            "description": "The state of an order.",
            "url": "https://shop.example.com/orders",
            "parameters": {"type": "object", "properties": {"order": {"type": "string", "pattern": "^[A-Z]"}}},
        }
    ],
}
LOOKUP, TARGET = GOOD["lookups"][0], GOOD["transferTargets"][0]


def findings(**changes: Any) -> list[Finding]:
    read = read_config(ASSISTANT, {**GOOD, **changes})
    return [read] if isinstance(read, Finding) else list(ASSISTANT.validate("", read))


def test_a_good_one_has_no_findings() -> None:
    assert findings() == []


def test_a_new_one_lacks_its_model_only() -> None:
    read = read_config(ASSISTANT, {})
    assert not isinstance(read, Finding)
    found = {(finding.field, finding.severity) for finding in ASSISTANT.validate("", read)}
    assert found == {("config.model", "error"), ("config.transferTargets", "warning")}


@pytest.mark.parametrize(
    ("changes", "field", "advice"),
    [
        ({"baseUrl": "models.example.com"}, "baseUrl", "https://"),
        ({"baseUrl": "https://me:key@models.example.com"}, "baseUrl", "user name"),
        ({"baseUrl": "http://169.254.169.254/v1"}, "baseUrl", "HUB_OUTGOING_ALLOW"),
        ({"model": " "}, "model", "Name a model"),
        ({"systemPrompt": "x" * 20_001}, "systemPrompt", "20000"),
        ({"greeting": ""}, "greeting", "1 to 1000"),
        ({"silenceSeconds": 0}, "silenceSeconds", "1 to 120"),
        ({"temperature": 3}, "temperature", "0 to 2"),
        ({"maxTokens": 0}, "maxTokens", "16 to 4096"),
        ({"maxTokens": "many"}, "maxTokens", "Expected `int`"),
        ({"timeoutSeconds": 20}, "timeoutSeconds", "patienceSeconds"),
        ({"tools": ["format"]}, "tools[0]", "Invalid enum value"),
        ({"apiKey": "sk-1"}, "apiKey", "no such field"),
        ({"transferTargets": [{**TARGET, "name": ""}]}, "transferTargets[0].name", "name of its own"),
        ({"transferTargets": [TARGET, TARGET]}, "transferTargets[0].name", "name of its own"),
        ({"transferTargets": [{**TARGET, "target": ""}]}, "transferTargets[0].target", "number to transfer to"),
        ({"lookups": [{**LOOKUP, "name": "my order"}]}, "lookups[0].name", "name of its own"),
        ({"lookups": [{**LOOKUP, "name": "transfer"}]}, "lookups[0].name", "other than transfer"),
        ({"lookups": [LOOKUP, LOOKUP]}, "lookups[1].name", "name of its own"),
        ({"lookups": [{**LOOKUP, "description": ""}]}, "lookups[0].description", "Tell the model"),
        ({"lookups": [{**LOOKUP, "url": "shop"}]}, "lookups[0].url", "https://"),
        ({"lookups": [{**LOOKUP, "method": "DELETE"}]}, "lookups[0].method", "Invalid enum value"),
        ({"lookups": [{**LOOKUP, "timeoutSeconds": 100}]}, "lookups[0].timeoutSeconds", "0.5 to 60"),
    ],
    ids=[str(number) for number in range(23)],
)
def test_a_finding_names_its_field(changes: dict[str, Any], field: str, advice: str) -> None:
    found = [finding for finding in findings(**changes) if finding.severity == "error"]
    matching = [finding for finding in found if finding.field == f"config.{field}"]
    assert matching, found
    assert advice in matching[0].detail


@pytest.mark.parametrize(
    ("schema", "advice"),
    [
        ({}, "schema of an object"),
        ({"type": "string"}, "schema of an object"),
        ({"type": "object", "properties": {"a": {"type": "text"}}}, r"is no JSON schema"),
        ({"type": "object", "properties": {"a": {"$ref": "https://evil.example.com/"}}}, "not followed"),
        ({"type": "object", "properties": {"a": {"pattern": "("}}}, "is no JSON schema"),
        ({"type": "object", "description": "x" * 20_000}, "20000 bytes"),
    ],
    ids=["empty", "string", "type", "ref", "pattern", "large"],
)
def test_a_schema_is_checked(schema: dict[str, Any], advice: str) -> None:
    (finding,) = findings(lookups=[{**LOOKUP, "parameters": schema}])
    assert finding.field == "config.lookups[0].parameters"
    assert advice in finding.detail


def test_a_property_may_be_called_ref_or_pattern() -> None:
    schema = {"type": "object", "properties": {"pattern": {"type": "string"}, "$ref": {"type": "string"}}}
    assert findings(lookups=[{**LOOKUP, "parameters": schema}]) == []
