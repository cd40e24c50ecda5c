"""`/api/v1/bots/`: what is taken, what comes back, who may."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import msgspec
import pytest
from rest_framework.test import APIClient

from bots.models import Bot, BotVersion
from calls.models import AuditEntry, StreamingProfile, User
from tests.api.conftest import Problem, with_key

BOTS = "/api/v1/bots/"
MENU = "nodes:\n  main:\n    say: Sales?\n    choices:\n      sales: {key: 1, go: fallback}\n"
NOBODY = "01939f9e-0000-7000-8000-000000000000"


def make(client: APIClient, **fields: Any) -> dict[str, Any]:
    response = client.post(BOTS, {"name": "Front desk", "kind": "menu", "document": MENU, **fields})
    assert response.status_code == 201, response.content
    made: dict[str, Any] = response.json()
    return made


def test_a_bot_is_made_with_all_defaults(as_admin: APIClient) -> None:
    bot = make(as_admin)
    assert list(bot) == [
        "id", "name", "kind", "document", "config", "secretsSet", "version", "enabled", "profiles", "createdAt",
        "updatedAt", "madeSecrets",
    ]  # fmt: skip
    assert (bot["name"], bot["kind"], bot["document"], bot["version"]) == ("Front desk", "menu", MENU, 1)
    assert bot["enabled"] is True and bot["secretsSet"] == [] and bot["profiles"] == [] and bot["madeSecrets"] == {}
    assert bot["config"]["patienceSeconds"] == 20 and bot["config"]["bargeIn"] is True
    read = as_admin.get(f"{BOTS}{bot['id']}/").json()
    assert read == {name: value for name, value in bot.items() if name != "madeSecrets"}
    assert as_admin.get(BOTS).json() == {"next": None, "previous": None, "results": [read]}


def test_what_was_read_can_be_sent_back(as_admin: APIClient) -> None:
    bot = make(as_admin)
    again = as_admin.put(f"{BOTS}{bot['id']}/", as_admin.get(f"{BOTS}{bot['id']}/").json())
    assert again.status_code == 200, again.content
    assert again.json()["version"] == 2 and again.json()["config"] == bot["config"]


def test_a_document_keeps_its_spaces(as_admin: APIClient) -> None:
    document = "\n" + MENU + "\n  \n"
    assert make(as_admin, document=document)["document"] == document


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"name": ""}, "name", "blank"),
        ({"kind": "oracle"}, "kind", "invalid_choice"),
        ({"kind": None}, "kind", "null"),
        ({"colour": "red"}, "colour", "unknown"),
        ({"document": "nodes:\n  a:\n    sya: x\n"}, "document", "unknown_field"),
        ({"document": ""}, "document", "no_nodes"),
        ({"document": "a\u0000"}, "document", "null_characters_not_allowed"),
        ({"kind": "echo"}, "document", "out_of_place"),
        ({"kind": "echo", "document": None, "config": {"delay": 1}}, "config.delay", "unknown"),
        ({"kind": "echo", "document": None, "config": {"delayMs": "1"}}, "config.delayMs", "invalid"),
        ({"kind": "echo", "document": None, "config": {"delayMs": 1}}, "config.delayMs", "invalid"),
        ({"config": {"apology": "\u0000"}}, "config", "invalid"),
        ({"config": []}, "config", "not_a_dict"),
        ({"config": {"patienceSeconds": 0}}, "config.patienceSeconds", "invalid"),
        ({"config": {"synthesizer": "parrot"}}, "config.synthesizer", "unknown"),
        ({"config": {"language": "English!"}}, "config.language", "invalid"),
        ({"config": {"farewell": "x" * 1001}}, "config.farewell", "invalid"),
        ({"secrets": {"apiKey": "x"}}, "secrets.apiKey", "unknown"),
        ({"secrets": "x"}, "secrets", "not_a_dict"),
        ({"enabled": "perhaps"}, "enabled", "invalid"),
    ],
    ids=lambda value: json.dumps(value)[:60] if isinstance(value, dict) else str(value),
)
def test_what_is_wrong_is_told_at_its_field(
    as_admin: APIClient, problem: Problem, change: dict[str, Any], field: str, code: str
) -> None:
    body = {"name": "B", "kind": "menu", "document": MENU, **change}
    errors = problem(as_admin.post(BOTS, body), 422, "invalid", field)["errors"]
    assert (field, code) in [(error["field"], error["code"]) for error in errors]
    assert not Bot.objects.exists() and not BotVersion.objects.exists()


def test_a_mistake_in_the_document_has_its_line(as_admin: APIClient, problem: Problem) -> None:
    body = {"name": "B", "kind": "menu", "document": "nodes:\n  a:\n    sya: x\n    hangup:\n"}
    (error,) = problem(as_admin.post(BOTS, body), 422)["errors"]
    assert error["detail"] == 'Line 3: The node "a" has no field "sya". Did you mean "say"?'


def test_warnings_keep_nobody_from_saving(as_admin: APIClient) -> None:
    make(as_admin, document=MENU + "  lonely:\n    hangup:\n")


# Versions


def test_every_write_is_a_version(as_admin: APIClient) -> None:
    bot = make(as_admin)
    address = f"{BOTS}{bot['id']}/"
    assert as_admin.patch(address, {"name": "Desk"}).json()["version"] == 2
    assert as_admin.patch(address, {"config": {"apology": "Oops."}}).json()["version"] == 3
    page = as_admin.get(f"{address}versions/").json()
    assert [(row["version"], row["name"], row["by"]) for row in page["results"]] == [
        (3, "Desk", "admin (API key test)"),
        (2, "Desk", "admin (API key test)"),
        (1, "Front desk", "admin (API key test)"),
    ]
    assert page["results"][0]["config"]["apology"] == "Oops."
    assert list(page["results"][0]) == ["version", "name", "kind", "document", "config", "by", "at"]
    first = as_admin.get(f"{address}versions/", {"limit": 2}).json()
    assert [row["version"] for row in as_admin.get(first["next"]).json()["results"]] == [1]


def test_an_older_version_is_taken_back_as_a_new_one(as_admin: APIClient, problem: Problem) -> None:
    bot = make(as_admin)
    address = f"{BOTS}{bot['id']}/"
    as_admin.patch(address, {"name": "Desk", "document": MENU.replace("Sales?", "Buy?"), "enabled": False})
    back = as_admin.post(f"{address}restore/", {"version": 1, "currentVersion": 2}).json()
    assert (back["version"], back["name"], back["document"], back["enabled"]) == (3, "Front desk", MENU, False)
    assert Bot.objects.get().version == 3 and BotVersion.objects.count() == 3
    problem(as_admin.post(f"{address}restore/", {"version": 9}), 422, "invalid", "version")
    problem(as_admin.post(f"{address}restore/", {}), 422, "invalid", "version")
    problem(as_admin.post(f"{address}restore/", {"version": 1, "currentVersion": 2}), 409, "version_conflict")


def test_who_comes_second_is_told(as_admin: APIClient, problem: Problem) -> None:
    bot = make(as_admin)
    address = f"{BOTS}{bot['id']}/"
    assert as_admin.patch(address, {"name": "A", "version": 1}).status_code == 200
    problem(as_admin.patch(address, {"name": "B", "version": 1}), 409, "version_conflict")
    assert Bot.objects.get().name == "A"


def test_a_bot_keeps_its_kind(as_admin: APIClient, problem: Problem) -> None:
    bot = make(as_admin)
    problem(as_admin.patch(f"{BOTS}{bot['id']}/", {"kind": "echo"}), 422, "invalid", "kind")


# Deleting


def test_a_bot_in_use_is_not_deleted(as_admin: APIClient, problem: Problem) -> None:
    bot = make(as_admin)
    for name in ("Sales", "Support"):
        StreamingProfile.objects.create(name=name, vendor="audiocodes", slug=name.lower(), bot_id=bot["id"])
    address = f"{BOTS}{bot['id']}/"
    assert [profile["name"] for profile in as_admin.get(address).json()["profiles"]] == ["Sales", "Support"]
    answer = problem(as_admin.delete(address), 409, "in_use")
    assert "Sales, Support" in answer["detail"]
    StreamingProfile.objects.update(bot=None)
    assert as_admin.delete(address).status_code == 204
    problem(as_admin.get(address), 404)
    problem(as_admin.delete(address), 404)


# Secrets


def test_secrets_go_in_and_never_come_out(as_admin: APIClient) -> None:
    made = make(as_admin, kind="webhook", document=None, config={"url": "https://example.com/bot"})
    address = f"{BOTS}{made['id']}/"
    secret = made["madeSecrets"]["signingSecret"]
    assert made["secretsSet"] == ["signingSecret"] and secret.startswith("whsec_")
    assert Bot.objects.get().secrets == {"signingSecret": secret}
    kept = as_admin.patch(address, {"name": "Renamed"})
    assert kept.json()["madeSecrets"] == {} and Bot.objects.get().secrets == {"signingSecret": secret}
    own = as_admin.patch(address, {"secrets": {"signingSecret": "whsec_b3du"}})
    assert own.json()["madeSecrets"] == {} and Bot.objects.get().secrets == {"signingSecret": "whsec_b3du"}
    anew = as_admin.patch(address, {"secrets": {"signingSecret": None}}).json()["madeSecrets"]["signingSecret"]
    assert Bot.objects.get().secrets == {"signingSecret": anew} and anew != secret
    everything = [as_admin.get(a).content.decode() for a in (BOTS, address, f"{address}versions/")]
    everything += [json.dumps(row.detail) for row in AuditEntry.objects.all()]
    assert not [text for text in everything if secret in text or anew in text or "b3du" in text]


def test_a_secret_is_not_sent_elsewhere_by_who_does_not_know_it(as_admin: APIClient, problem: Problem) -> None:
    config = {"model": "m", "baseUrl": "https://api.example.com/v1"}
    bot = make(as_admin, kind="assistant", document=None, config=config, secrets={"apiKey": "sk-1"})
    address = f"{BOTS}{bot['id']}/"
    elsewhere = {**config, "baseUrl": "https://evil.example/v1"}
    problem(as_admin.patch(address, {"config": elsewhere}), 422, "invalid", "secrets.apiKey")
    assert as_admin.patch(address, {"config": elsewhere, "secrets": {"apiKey": "sk-2"}}).status_code == 200
    problem(as_admin.post(f"{address}restore/", {"version": 1}), 422, "invalid", "secrets.apiKey")
    assert as_admin.patch(address, {"config": config, "secrets": {"apiKey": None}}).json()["secretsSet"] == [
        "signingSecret"
    ]


# Validating


def test_a_draft_is_checked(as_admin: APIClient) -> None:
    answer = as_admin.post(f"{BOTS}validate/", {"kind": "menu", "document": MENU + "  lonely:\n    hangup:\n"})
    assert answer.status_code == 200
    body = answer.json()
    assert body["valid"] is True and body["phrases"] == ["sales", "one"]
    assert body["findings"] == [
        {
            "detail": 'Callers never get to "lonely": lead somewhere to it, or remove it.',
            "code": "unreachable",
            "field": "document",
            "severity": "warning",
            "line": 6,
            "column": None,
        }
    ]
    assert body["preview"]["start"] == "main"
    edge = {"source": "main", "target": "fallback", "label": "sales (1)", "key": "1", "phrases": ["sales"], "line": 5}
    node = {"id": "main", "does": "choices", "says": "Sales?", "line": 2, "detail": "", "reached": True}
    assert edge in body["preview"]["edges"] and node in body["preview"]["nodes"]
    assert [node["id"] for node in body["preview"]["nodes"] if not node["reached"]] == ["lonely"]


@pytest.mark.parametrize(
    "draft",
    [
        {"kind": "menu", "document": "nodes: ["},
        {"kind": "menu"},
        {"kind": "menu", "document": MENU, "config": {"x": 1}},
        {"kind": "webhook", "config": {"url": "ftp://x"}},
        {"kind": "echo", "document": "hello"},
    ],
    ids=["yaml", "empty", "field", "url", "document"],
)
def test_a_wrong_draft_is_no_problem_but_an_answer(as_admin: APIClient, draft: dict[str, Any]) -> None:
    body = as_admin.post(f"{BOTS}validate/", draft).json()
    assert body["valid"] is False and body["phrases"] == []
    assert body["findings"][0]["severity"] == "error"
    assert not Bot.objects.exists()


def test_a_draft_needs_a_kind(as_admin: APIClient, problem: Problem) -> None:
    problem(as_admin.post(f"{BOTS}validate/", {"document": MENU}), 422, "invalid", "kind")


def test_the_kinds(as_admin: APIClient) -> None:
    kinds = {kind["name"]: kind for kind in as_admin.get(f"{BOTS}kinds/").json()["results"]}
    assert list(kinds) == ["menu", "assistant", "webhook", "echo"]
    assert kinds["menu"]["hasDocument"] and not kinds["echo"]["hasDocument"]
    assert kinds["webhook"]["secrets"][0]["name"] == "signingSecret" and kinds["webhook"]["secrets"][0]["made"]
    for kind in kinds.values():
        jsonschema.Draft202012Validator.check_schema(kind["configSchema"])


# Who may


@pytest.fixture
def bot(admin: User) -> dict[str, Any]:
    return make(with_key(admin))


@pytest.mark.parametrize("role", ["admin", "supervisor", "agent", "viewer"])
def test_supervisors_read_and_admins_write(role: str, bot: dict[str, Any], request: Any, problem: Problem) -> None:
    client = with_key(request.getfixturevalue(role))
    address = f"{BOTS}{bot['id']}/"
    for path in (BOTS, address, f"{address}versions/", f"{BOTS}kinds/"):
        if role in ("admin", "supervisor"):
            assert client.get(path).status_code == 200
        else:
            problem(client.get(path), 403, "forbidden")
    writes: list[tuple[str, str, dict[str, Any], int]] = [
        ("post", BOTS, {"name": "B", "kind": "menu", "document": MENU}, 201),
        ("put", address, {"name": "B", "kind": "menu", "document": MENU}, 200),
        ("patch", address, {"name": "C"}, 200),
        ("post", f"{address}restore/", {"version": 1}, 200),
        ("post", f"{BOTS}validate/", {"kind": "menu"}, 200),
        ("delete", address, {}, 204),
    ]
    for method, path, body, status in writes:
        answer = getattr(client, method)(path, body)
        if role == "admin":
            assert answer.status_code == status
        else:
            problem(answer, 403, "forbidden")


def test_an_admins_key_for_reading_only_reads(admin: User, bot: dict[str, Any], problem: Problem) -> None:
    client = with_key(admin, "control")
    assert client.get(f"{BOTS}{bot['id']}/").status_code == 200
    problem(client.patch(f"{BOTS}{bot['id']}/", {"name": "C"}), 403, "forbidden")


def test_nobody(nobody: APIClient, problem: Problem) -> None:
    problem(nobody.get(BOTS), 401, "not_authenticated")


def test_what_is_not_there(as_admin: APIClient, problem: Problem) -> None:
    for path in (f"{BOTS}{NOBODY}/", f"{BOTS}{NOBODY}/versions/", f"{BOTS}x/", f"{BOTS}{NOBODY}/nothing/"):
        problem(as_admin.get(path), 404, "not_found")
    problem(as_admin.post(f"{BOTS}{NOBODY}/restore/", {"version": 1}), 404, "not_found")
    assert "slash" in problem(as_admin.get(BOTS.rstrip("/")), 404)["detail"]


def test_who_did_what(as_admin: APIClient) -> None:
    bot = make(as_admin)
    address = f"{BOTS}{bot['id']}/"
    as_admin.patch(address, {"name": "Desk", "config": {"apology": "Oops."}})
    as_admin.post(f"{address}restore/", {"version": 1})
    as_admin.delete(address)
    entries = [(e.action, e.subject, e.detail) for e in AuditEntry.objects.order_by("at", "id")]
    assert [action for action, _, _ in entries] == ["bot.create", "bot.change", "bot.restore", "bot.delete"]
    assert entries[1] == ("bot.change", "Desk", {"bot": bot["id"], "version": 2, "changed": ["config.apology", "name"]})


# The schema


def test_answers_are_as_the_schema_says(as_admin: APIClient, client: Any) -> None:
    components = json.loads(client.get("/api/schema/").content)["components"]
    for component in components["schemas"].values():
        if "properties" in component:
            component["additionalProperties"] = False

    def check(name: str, value: Any) -> None:
        jsonschema.Draft202012Validator(
            {"$ref": f"#/components/schemas/{name}", "components": components},
            format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER,
        ).validate(value)

    bot = make(as_admin)
    check("WrittenBot", bot)
    check("Bot", as_admin.get(f"{BOTS}{bot['id']}/").json())
    check("BotPage", as_admin.get(BOTS).json())
    check("BotVersionPage", as_admin.get(f"{BOTS}{bot['id']}/versions/").json())
    check("BotCheck", as_admin.post(f"{BOTS}validate/", {"kind": "menu", "document": MENU + "  b:\n    go: c"}).json())
    check("BotCheck", as_admin.post(f"{BOTS}validate/", {"kind": "menu", "document": MENU}).json())
    check("BotKindPage", as_admin.get(f"{BOTS}kinds/").json())


@pytest.mark.parametrize(
    "body", ["", "[]", "null", '{"name": 1}', "{" * 10_000], ids=["empty", "list", "null", "number", "deep"]
)
def test_strange_bodies(as_admin: APIClient, body: str) -> None:
    for path in (BOTS, f"{BOTS}validate/"):
        answer = as_admin.post(path, body, content_type="application/json")
        assert answer.status_code in (400, 422) and msgspec.json.decode(answer.content)["status"] == answer.status_code
