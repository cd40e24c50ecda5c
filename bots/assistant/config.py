"""What an admin tells an assistant, and what may be wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import jsonschema
import msgspec

from bots.base import BotConfig
from bots.findings import Finding
from calls.outgoing import check_url

Tool = Literal["transfer", "digits", "hangup"]
TOOLS: tuple[Tool, ...] = ("transfer", "digits", "hangup")
MAX_LOOKUPS, MAX_TARGETS = 20, 50

_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9_-]{0,63}", re.ASCII)


class TransferTarget(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Where the model may transfer to. It sees the name and the description, never the number."""

    name: str = ""
    target: str = ""  # as the command `transfer` takes it
    description: str = ""  # when to choose it


class Lookup(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Something that the model may ask one of your servers. POST sends JSON; GET puts the arguments in the query."""

    name: str = ""
    description: str = ""  # tells the model what it gets and when to ask
    parameters: dict[str, Any] = msgspec.field(default_factory=lambda: {"type": "object"})  # JSON schema
    url: str = ""
    method: Literal["GET", "POST"] = "POST"
    signed: bool = True
    timeout_seconds: float = 8.0


class AssistantConfig(BotConfig, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    base_url: str = "https://api.openai.com/v1"
    model: str = ""
    system_prompt: str = "You are the friendly telephone assistant of our company."
    greeting: str = "Hello, how can I help you?"
    temperature: float | None = None  # None: the endpoint's own
    tools: tuple[Tool, ...] = ("transfer", "hangup")
    transfer_targets: tuple[TransferTarget, ...] = ()
    lookups: tuple[Lookup, ...] = ()
    # What it says besides the model's words.
    filler_text: str = "One moment, please."  # while a lookup takes long
    silence_text: str = "Are you still there?"
    resume_text: str = "I am sorry, let us go on."
    limit_text: str = "Let me put you through to a colleague."  # a budget is used up, and there is a fallback number
    goodbye_text: str = "Thank you for calling. Goodbye."
    # Budgets. Past silence it hangs up; past turns or minutes it transfers to the fallback number, else hangs up.
    silence_seconds: float = 8.0
    silence_times: int = 2  # how often it asks before it hangs up
    max_turns: int = 60
    max_minutes: float = 30.0
    max_tokens: int = 400  # of an answer
    history_characters: int = 16_000  # of what the model is sent back; a token is about four
    # Past these the bot has failed: it apologises and transfers.
    timeout_seconds: float = 6.0  # to the first word, and between words
    total_seconds: float = 30.0  # of an answer


_RANGES: dict[str, tuple[float, float]] = {
    "silenceSeconds": (1, 120),
    "silenceTimes": (0, 10),
    "maxTurns": (1, 1000),
    "maxMinutes": (0.5, 480),
    "maxTokens": (16, 4096),
    "historyCharacters": (1000, 400_000),
    "timeoutSeconds": (0.5, 60),
    "totalSeconds": (1, 300),
    "temperature": (0, 2),
}
_TEXTS = ("greeting", "fillerText", "silenceText", "resumeText", "limitText", "goodbyeText")
MAX_TEXT, MAX_PROMPT, MAX_SCHEMA = 1000, 20_000, 20_000


def validate(document: str, config: AssistantConfig) -> Sequence[Finding]:
    return list(_findings(config))


def _findings(config: AssistantConfig) -> Iterator[Finding]:
    values = msgspec.to_builtins(config)
    if problem := check_url(config.base_url):
        yield _error("baseUrl", f"{problem} The endpoint's paths follow it: usually it ends in /v1.")
    if not config.model.strip():
        yield _error("model", "Name a model that the endpoint has, such as gpt-5-mini.")
    if len(config.system_prompt) > MAX_PROMPT:
        yield _error("systemPrompt", f"Give at most {MAX_PROMPT} characters.")
    for name in _TEXTS:
        if not values[name].strip() or len(values[name]) > MAX_TEXT:
            yield _error(name, f"Give a text of 1 to {MAX_TEXT} characters.")
    for name, (low, high) in _RANGES.items():
        if values[name] is not None and not low <= values[name] <= high:
            yield _error(name, f"Give a number from {low:g} to {high:g}.")
    if config.timeout_seconds >= config.patience_seconds:
        yield _error("timeoutSeconds", "Give less than patienceSeconds: past that the bot has failed anyway.")
    yield from _target_findings(config)
    yield from _lookup_findings(config)


def _target_findings(config: AssistantConfig) -> Iterator[Finding]:
    names = [target.name for target in config.transfer_targets]
    for index, target in enumerate(config.transfer_targets):
        field = f"transferTargets[{index}]"
        if not target.name.strip() or len(target.name) > 64 or names.count(target.name) > 1:
            yield _error(
                f"{field}.name", "Give each target a name of its own, such as sales, of at most 64 characters."
            )
        if not target.target.strip() or len(target.target) > 200:
            yield _error(f"{field}.target", "Give the number to transfer to, such as +12025550123.")
        if len(target.description) > MAX_TEXT:
            yield _error(f"{field}.description", f"Give at most {MAX_TEXT} characters.")
    if len(names) > MAX_TARGETS:
        yield _error("transferTargets", f"Give at most {MAX_TARGETS} targets.")
    if "transfer" in config.tools and not names:
        yield Finding(
            field="config.transferTargets",
            code="no_targets",
            severity="warning",
            detail="The assistant can't transfer until you list where to. It still falls back to the profile's number.",
        )


def _lookup_findings(config: AssistantConfig) -> Iterator[Finding]:
    names = [lookup.name for lookup in config.lookups]
    for index, lookup in enumerate(config.lookups):
        field = f"lookups[{index}]"
        if not _NAME.fullmatch(lookup.name) or lookup.name in TOOLS or names.count(lookup.name) > 1:
            yield _error(
                f"{field}.name",
                f"Give each lookup a name of its own from letters, digits, _ and -, other than {', '.join(TOOLS)}.",
            )
        if not lookup.description.strip() or len(lookup.description) > MAX_TEXT:
            yield _error(f"{field}.description", "Tell the model in a sentence what it gets and when to ask.")
        if problem := check_url(lookup.url):
            yield _error(f"{field}.url", problem)
        if not 0.5 <= lookup.timeout_seconds <= 60:
            yield _error(f"{field}.timeoutSeconds", "Give a number from 0.5 to 60.")
        if problem := schema_problem(lookup.parameters):
            yield _error(f"{field}.parameters", problem)
    if len(names) > MAX_LOOKUPS:
        yield _error("lookups", f"Give at most {MAX_LOOKUPS} lookups.")


def schema_problem(schema: dict[str, Any]) -> str | None:
    """What keeps a schema from being one for arguments."""
    if schema.get("type") != "object":
        return 'Give a JSON schema of an object: {"type": "object", "properties": {…}}.'
    if len(msgspec.json.encode(schema)) > MAX_SCHEMA:
        return f"Give a schema of at most {MAX_SCHEMA} bytes."
    try:
        jsonschema.Draft202012Validator.check_schema(schema)
        for key, value in _walk(schema):
            if key == "$ref" and not str(value).startswith("#"):
                return "Put all of the schema here: $ref to elsewhere is not followed."
            if key == "pattern":
                re.compile(str(value))
    except jsonschema.SchemaError as error:
        return f"This is no JSON schema: {error.message} at {error.json_path}."
    except (re.error, RecursionError) as error:
        return f"This is no JSON schema: {error}."
    return None


def _walk(value: Any) -> Iterator[tuple[str, Any]]:
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if isinstance(value, dict):
        yield from ((key, item) for key, item in value.items() if isinstance(item, str))
    for child in children:
        yield from _walk(child)


def _error(field: str, detail: str) -> Finding:
    return Finding(field=f"config.{field}", detail=detail)
