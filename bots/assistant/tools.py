"""What the model may do: its tools as the endpoint takes them, and its calls of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import jsonschema
import referencing

from bots.assistant.config import AssistantConfig, Lookup
from bots.assistant.memory import ToolCall
from bots.conversation import Act

_DIGITS = re.compile(r"[0-9*#]{1,20}", re.ASCII)


class BadCall(Exception):
    """The model called a tool wrongly; the message tells it how to do better."""


class Tools:
    def __init__(self, config: AssistantConfig) -> None:
        self._targets = {target.name: target for target in config.transfer_targets}
        self._lookups = {lookup.name: lookup for lookup in config.lookups}
        self._allowed = {tool for tool in config.tools if tool != "transfer" or self._targets}

    def definitions(self) -> list[dict[str, Any]]:
        found = []
        if "transfer" in self._allowed:
            targets = "; ".join(
                f"{target.name}: {target.description}" for target in self._targets.values() if target.description
            )
            found.append(
                _function(
                    "transfer",
                    f"Puts the caller through and ends your part. Say so first. {targets}".strip(),
                    {"to": {"type": "string", "enum": list(self._targets)}},
                )
            )
        if "digits" in self._allowed:
            found.append(
                _function(
                    "digits", "Sends telephone keys into the call.", {"digits": {"type": "string", "maxLength": 20}}
                )
            )
        if "hangup" in self._allowed:
            found.append(_function("hangup", "Ends the call. Say goodbye first.", {}))
        for lookup in self._lookups.values():
            definition = {"name": lookup.name, "description": lookup.description, "parameters": lookup.parameters}
            found.append({"type": "function", "function": definition})
        return found

    def is_lookup(self, call: ToolCall) -> bool:
        return call.name in self._lookups

    def lookup(self, call: ToolCall) -> tuple[Lookup, dict[str, Any]] | None:
        """None: the call is no lookup. Raises `BadCall`."""
        lookup = self._lookups.get(call.name)
        if lookup is None:
            return None
        arguments = _arguments(call)
        validator = jsonschema.Draft202012Validator(lookup.parameters, registry=referencing.Registry())
        try:
            error = next(validator.iter_errors(arguments), None)
        except Exception as problem:  # a schema that passed its own check may still fail in use
            raise BadCall(f"The arguments can't be checked: {problem}") from None
        if error is not None:
            raise BadCall(f"Wrong arguments: {error.message}")
        return lookup, arguments

    def act(self, call: ToolCall) -> Act:
        """Raises `BadCall`."""
        arguments = _arguments(call)
        if call.name not in self._allowed:
            raise BadCall(f"There is no tool {call.name!r}.")
        match call.name:
            case "transfer":
                target = self._targets.get(str(arguments.get("to")))
                if target is None:
                    raise BadCall(f"Choose one of: {', '.join(self._targets)}.")
                return Act("transfer", {"target": target.target})
            case "digits":
                digits = str(arguments.get("digits", ""))
                if not _DIGITS.fullmatch(digits):
                    raise BadCall("Give 1 to 20 of the keys 0-9, * and #.")
                return Act("digits", {"digits": digits})
        return Act("hangup")


def _arguments(call: ToolCall) -> dict[str, Any]:
    if call.arguments is None:
        raise BadCall("The arguments must be a JSON object.")
    return call.arguments


def _function(name: str, description: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    parameters = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}
