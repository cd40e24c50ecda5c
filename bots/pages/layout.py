"""How the settings of each kind of bot are laid out: the first groups openly, the rest folded away."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class Field(msgspec.Struct, frozen=True):
    """A field of the kind's config. Its type and default are the config's affair."""

    name: str
    label: str
    help: str = ""
    lines: int = 1  # of the box, where it holds text
    choices: tuple[tuple[str, str], ...] = ()  # the labels of a field that lists what is allowed
    optional: bool = False


class Rows(msgspec.Struct, frozen=True):
    """A field that holds a list of things, each with fields of its own."""

    name: str
    label: str
    help: str
    add: str  # on the button
    fields: tuple[Field, ...]


class SecretField(msgspec.Struct, frozen=True):
    """One of the kind's secrets, by name."""

    name: str


Item = Field | Rows | SecretField


class Group(msgspec.Struct, frozen=True):
    title: str
    items: tuple[Item, ...]
    lead: str = ""
    folded: bool = False


VOICE = Group(
    "Voice",
    (
        Field("synthesizer", "Speech synthesiser"),
        Field("voice", "Voice", "By its name there. Empty: its usual one for the language.", optional=True),
        Field("language", "Language", "A tag such as en-US or de-DE. Empty: the profile's.", optional=True),
        Field(
            "bargeIn",
            "Callers may interrupt by speaking",
            "Off: never, whatever a turn allows. Keys always interrupt.",
        ),
    ),
    folded=True,
)
FAILURE = Group(
    "When it fails",
    (
        Field("apology", "Said before the transfer to the profile's fallback number", lines=2),
        Field("farewell", "Said before it hangs up, where there is no such number", lines=2),
        Field("patienceSeconds", "Longest silence over an answer (seconds)", "Past that the bot has failed."),
    ),
    folded=True,
)

LAYOUT: Mapping[str, tuple[Group, ...]] = {
    "menu": (VOICE, FAILURE),
    "echo": (
        Group(
            "Echo",
            (
                Field("delayMs", "Delay (milliseconds)", "How long after a sound callers hear it again."),
                Field("greeting", "Greeting", "Where a platform sends text instead of audio.", optional=True),
            ),
        ),
        VOICE,
        FAILURE,
    ),
    "webhook": (
        Group(
            "Your server",
            (
                Field("url", "Address", "Each turn is posted to it. docs/bots.md says what it gets and answers."),
                Field("timeoutSeconds", "Time to answer (seconds)", "A second attempt included."),
                SecretField("signingSecret"),
            ),
        ),
        VOICE,
        FAILURE,
    ),
    "assistant": (
        Group(
            "Language model",
            (
                Field("baseUrl", "Address of the endpoint", "OpenAI-compatible; usually it ends in /v1."),
                Field("model", "Model", "As the endpoint calls it, such as gpt-5-mini."),
                SecretField("apiKey"),
                Field(
                    "systemPrompt",
                    "Who it is and what it knows",
                    "The system prompt. The hub adds that it is on the phone, and the language.",
                    lines=8,
                ),
                Field("greeting", "Greeting", "Said at once, without asking the model.", lines=2),
            ),
        ),
        Group(
            "What it may do",
            (
                Field(
                    "tools",
                    "To the call",
                    choices=(("transfer", "Transfer it"), ("digits", "Send digits"), ("hangup", "Hang up")),
                ),
                Rows(
                    "transferTargets",
                    "Where it may transfer to",
                    "The model chooses by name and description, and never sees the number.",
                    "Add a target",
                    (
                        Field("name", "Name", "Such as sales."),
                        Field("target", "Number", "Such as +12025550123."),
                        Field("description", "When to choose it", lines=2, optional=True),
                    ),
                ),
                Rows(
                    "lookups",
                    "What it may ask your servers",
                    "Each lookup is a request that the model makes when it needs to know something.",
                    "Add a lookup",
                    (
                        Field("name", "Name", "Such as order_state."),
                        Field("description", "What it gets, and when to ask", lines=2),
                        Field("url", "Address"),
                        Field("method", "Method", choices=(("POST", "POST, as JSON"), ("GET", "GET, in the query"))),
                        Field("parameters", "Arguments, as JSON schema", lines=5),
                        Field("timeoutSeconds", "Time to answer (seconds)"),
                        Field("signed", "Sign requests"),
                    ),
                ),
                SecretField("signingSecret"),
            ),
        ),
        Group(
            "Limits",
            (
                Field("silenceSeconds", "A silence is (seconds)"),
                Field("silenceTimes", "Asks whether the caller is there (times)", "Then it hangs up."),
                Field("maxTurns", "Turns of a call", "Then it transfers to the profile's fallback number."),
                Field("maxMinutes", "Length of a call (minutes)", "Then the same."),
                Field("timeoutSeconds", "Time to the model's first word (seconds)", "And between words."),
                Field("totalSeconds", "Time for a whole answer (seconds)"),
                Field("maxTokens", "Length of an answer (tokens)"),
                Field("historyCharacters", "Conversation sent along (characters)", "The oldest turns go first."),
                Field("temperature", "Temperature", "Empty: the endpoint's own.", optional=True),
            ),
            folded=True,
        ),
        Group(
            "What it says by itself",
            (
                Field("fillerText", "While a lookup takes long", lines=2),
                Field("silenceText", "To a silent caller", lines=2),
                Field("resumeText", "When a cut connection is back, or a supervisor lets it go on", lines=2),
                Field("limitText", "Before the transfer, when a limit is reached", lines=2),
                Field("goodbyeText", "Before it hangs up", lines=2),
            ),
            folded=True,
        ),
        VOICE,
        FAILURE,
    ),
}
