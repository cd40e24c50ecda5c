"""Who may do what: the rules, and which of them holds at each address. Whoever adds an address adds a line here.

`python -m tests.permissions.table` writes docs/permissions.md anew.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "permissions.md"

# Who asks, and how the document calls them. The call is one of the supervisor's team and of the agent.
ROLES = {
    "nobody": "nobody",
    "viewer": "viewer",
    "agent": "agent of the call",
    "other_agent": "another agent",
    "supervisor": "supervisor",
    "foreigner": "supervisor of another team",
    "admin": "admin",
    "read_key": "an admin's key, scope `read`",
    "control_key": "a supervisor's key, scope `control`",
    "embed": "an embed's bearer",
    "paired": "a supervisor's paired iFrame",
}
_NO = "401"  # of the API; a page leads to the log-in instead
# yes, or the status of the refusal, in the order of ROLES.
RULES = {
    "open": "yes yes yes yes yes yes yes yes yes yes yes",
    "person": f"{_NO} yes yes yes yes yes yes yes yes {_NO} yes",
    "call": f"{_NO} yes yes 404 yes 404 yes yes yes {_NO} yes",
    "act": f"{_NO} 403 403 403 yes 404 yes 403 yes {_NO} yes",
    "note": f"{_NO} 403 yes 404 yes 404 yes 403 yes {_NO} yes",
    "own note": f"{_NO} 403 403 404 yes 404 yes 403 yes {_NO} yes",
    "ask help": f"{_NO} 403 yes 404 403 404 403 403 403 yes 403",
    "end help": f"{_NO} 403 yes 404 yes 404 yes 403 yes yes yes",
    "listen": f"{_NO} 403 403 404 yes 404 yes 403 yes {_NO} yes",
    "own key": f"{_NO} 404 404 404 yes 404 404 404 yes {_NO} yes",
    "admin": f"{_NO} 403 403 403 403 403 yes yes 403 {_NO} 403",
    "admin only": f"{_NO} 403 403 403 403 403 yes 403 403 {_NO} 403",
    "control": f"{_NO} 403 403 403 yes yes yes yes yes {_NO} yes",
    "embed": f"{_NO} {_NO} {_NO} {_NO} {_NO} {_NO} {_NO} {_NO} {_NO} yes yes",
    "paired": f"{_NO} {_NO} {_NO} {_NO} {_NO} {_NO} {_NO} {_NO} {_NO} {_NO} yes",
    "machine": "yes yes yes yes yes yes yes yes yes yes yes",
}
MEANINGS = {
    "open": "for everybody",
    "person": "whoever is signed in, within what the person sees",
    "call": "who sees the call: admins all, supervisors and viewers those of their teams' profiles, agents their own",
    "act": "who sees the call and may control it",
    "note": "who sees the call and may control it, and its agent",
    "own note": "who wrote it (here the supervisor), and admins",
    "ask help": "the agent of the call, at a page or in the iFrame",
    "end help": "the agent, and who sees the call and may control it",
    "listen": "who sees the call and may control it; who does not see it learns nothing",
    "own key": "whose key it is (here the supervisor's)",
    "admin": "admins; a key with the scope `read` reads",
    "admin only": "admins, with all their rights",
    "control": "supervisors and admins; a key with the scope `read` reads",
    "embed": "the iFrame, with the bearer that its key was exchanged for, or paired",
    "paired": "the iFrame that was paired",
    "machine": "whoever asks on the hub's own machine, or with `HUB_METRICS_TOKEN`",
}
PAGE_KEYS = ("read_key", "control_key", "embed", "paired")  # pages know sessions only


class Line(NamedTuple):
    method: str
    route: str
    rule: str
    runs: bool  # False: those who may are tested elsewhere, because it calls out, or needs threads of its own


_TABLE = """
GET     livez                                                                   open
GET     health                                                                  open
GET     readyz                                                                  open  *
GET     metrics                                                                 machine  *
POST    language/setlang/                                                       open
GET     words/<language>.js                                                     open
GET     login/                                                                  open
POST    login/                                                                  open
POST    logout/                                                                 open
GET     pair/                                                                   person
POST    pair/                                                                   person
POST    pair/<pairing_id>/end/                                                  person
GET     account/                                                                open
GET     account/2fa/authenticate/                                               open
GET     account/reauthenticate/                                                 person
GET     account/2fa/                                                            person
GET     account/2fa/reauthenticate/                                             person
GET     account/2fa/totp/activate/                                              person
GET     account/2fa/totp/deactivate/                                            person
GET     account/2fa/recovery-codes/                                             person
GET     account/2fa/recovery-codes/generate/                                    person
GET     account/2fa/recovery-codes/download/                                    person
GET     me/                                                                     person
POST    me/                                                                     person
POST    me/password/                                                            person
GET     me/keys/new/                                                            person
POST    me/keys/new/                                                            person
GET     me/keys/<own_key_id>/revoke/                                            own key
POST    me/keys/<own_key_id>/revoke/                                            own key
GET     set-password/<uidb64>/<token>/                                          open
GET     api/schema/                                                             open
GET     api/docs/                                                               open
GET     embed/                                                                  open
GET     client                                                                  open
GET     client/                                                                 open
GET     ws/audiocodes/<address>                                                 open  *
GET     ws/audiocodes/<address>/                                                open  *
GET                                                                             person
GET     calls/                                                                  person
GET     calls/<call_id>/                                                        call
GET     calls/<call_id>/delete/                                                 admin only
POST    calls/<call_id>/delete/                                                 admin only
GET     profiles/                                                               admin only
GET     profiles/new/                                                           admin only
GET     profiles/new/<vendor>/                                                  admin only
POST    profiles/new/<vendor>/                                                  admin only
GET     profiles/<profile_id>/                                                  admin only
POST    profiles/<profile_id>/                                                  admin only
POST    profiles/<profile_id>/reveal/                                           admin only
GET     profiles/<profile_id>/test/                                             admin only
GET     profiles/<profile_id>/delete/                                           admin only
POST    profiles/<profile_id>/delete/                                           admin only
POST    profiles/<profile_id>/embed-keys/                                       admin only
POST    profiles/<profile_id>/embed-keys/<key_id>/revoke/                       admin only
GET     profiles/refused/                                                       admin only
POST    profiles/refused/<refused_id>/dismiss/                                  admin only
GET     team/                                                                   admin only
GET     team/users/                                                             admin only
GET     team/users/new/                                                         admin only
POST    team/users/new/                                                         admin only
GET     team/users/<user_id>/                                                   admin only
POST    team/users/<user_id>/                                                   admin only
POST    team/users/<user_id>/link/                                              admin only
POST    team/users/<user_id>/switch/                                            admin only
POST    team/users/<user_id>/second-factor/                                     admin only
GET     team/users/<user_id>/delete/                                            admin only
POST    team/users/<user_id>/delete/                                            admin only
GET     team/teams/                                                             admin only
GET     team/teams/new/                                                         admin only
POST    team/teams/new/                                                         admin only
GET     team/teams/<team_id>/                                                   admin only
POST    team/teams/<team_id>/                                                   admin only
GET     team/teams/<team_id>/delete/                                            admin only
POST    team/teams/<team_id>/delete/                                            admin only
GET     team/keys/                                                              admin only
GET     team/keys/<api_key_id>/revoke/                                          admin only
POST    team/keys/<api_key_id>/revoke/                                          admin only
GET     team/audit/                                                             admin only
GET     team/connected/                                                         admin only
GET     team/accounts/                                                          admin only
GET     team/accounts/new/<account_vendor>/                                     admin only
GET     team/accounts/<account_id>/                                             admin only
POST    team/accounts/<account_id>/                                             admin only
POST    team/accounts/<account_id>/check/                                       admin only  *
GET     team/accounts/<account_id>/delete/                                      admin only
POST    team/accounts/<account_id>/delete/                                      admin only
GET     team/recognisers/                                                       admin only
GET     team/webhooks/                                                          admin only
GET     team/webhooks/new/                                                      admin only
POST    team/webhooks/new/                                                      admin only
GET     team/webhooks/<webhook_id>/                                             admin only
POST    team/webhooks/<webhook_id>/                                             admin only
POST    team/webhooks/<webhook_id>/test/                                        admin only  *
POST    team/webhooks/<webhook_id>/rotate/                                      admin only
GET     team/webhooks/<webhook_id>/delete/                                      admin only
POST    team/webhooks/<webhook_id>/delete/                                      admin only
POST    team/webhooks/<webhook_id>/deliveries/<delivery_id>/retry/              admin only
GET     team/alerts/                                                            admin only
GET     team/alerts/new/                                                        admin only
GET     team/alerts/new/<alert_kind>/                                           admin only
POST    team/alerts/new/<alert_kind>/                                           admin only
POST    team/alerts/examples/<example>/                                         admin only
GET     team/alerts/<rule_id>/                                                  admin only
POST    team/alerts/<rule_id>/                                                  admin only
GET     team/alerts/<rule_id>/delete/                                           admin only
POST    team/alerts/<rule_id>/delete/                                           admin only
GET     team/transfer-targets/                                                  admin only
GET     team/transfer-targets/new/                                              admin only
GET     team/transfer-targets/<target_id>/                                      admin only
GET     team/transfer-targets/<target_id>/delete/                               admin only
GET     bots/                                                                   admin only
GET     bots/new/                                                               admin only
GET     bots/new/<kind>/                                                        admin only
GET     bots/<bot_id>/                                                          admin only
GET     bots/<bot_id>/console/                                                  admin only
GET     bots/<bot_id>/versions/                                                 admin only
GET     bots/<bot_id>/versions/<number>/                                        admin only
POST    bots/<bot_id>/versions/<number>/restore/                                admin only
GET     bots/<bot_id>/delete/                                                   admin only
POST    bots/<bot_id>/delete/                                                   admin only
GET     api/v1/profiles/                                                        admin
POST    api/v1/profiles/                                                        admin only
GET     api/v1/profiles/<profile_id>/                                           admin
PUT     api/v1/profiles/<profile_id>/                                           admin only
PATCH   api/v1/profiles/<profile_id>/                                           admin only
DELETE  api/v1/profiles/<profile_id>/                                           admin only
POST    api/v1/profiles/<profile_id>/reveal/                                    admin only
POST    api/v1/profiles/<profile_id>/test-ticket/                               admin only
POST    api/v1/profiles/<profile_id>/check/                                     admin only  *
GET     api/v1/profiles/<profile_id>/provision/                                 admin  *
POST    api/v1/profiles/<profile_id>/provision/                                 admin only  *
DELETE  api/v1/profiles/<profile_id>/provision/                                 admin only  *
GET     api/v1/profiles/<profile_id>/checks/                                    admin
GET     api/v1/profiles/<profile_id>/checks/<check_id>/                         admin
POST    api/v1/profiles/<profile_id>/embed-keys/                                admin only
DELETE  api/v1/profiles/<profile_id>/embed-keys/<key_id>/                       admin only
GET     api/v1/refused-streams/                                                 admin
DELETE  api/v1/refused-streams/<refused_id>/                                    admin only
GET     api/v1/calls/                                                           person
GET     api/v1/calls/<call_id>/                                                 call
DELETE  api/v1/calls/<call_id>/                                                 admin only
GET     api/v1/calls/<call_id>/transcript/                                      call
GET     api/v1/calls/<call_id>/export/                                          call
GET     api/v1/calls/<call_id>/recording/                                       call
GET     api/v1/calls/<call_id>/recording/peaks/                                 call
GET     api/v1/calls/<call_id>/notes/                                           call
POST    api/v1/calls/<call_id>/notes/                                           note
PATCH   api/v1/calls/<call_id>/notes/<note_id>/                                 own note
DELETE  api/v1/calls/<call_id>/notes/<note_id>/                                 own note
GET     api/v1/calls/<call_id>/tags/                                            call
POST    api/v1/calls/<call_id>/tags/                                            note
DELETE  api/v1/calls/<call_id>/tags/<tag>/                                      note
GET     api/v1/calls/<call_id>/summary/                                         call
POST    api/v1/calls/<call_id>/summary/                                         act
GET     api/v1/calls/<call_id>/commands/                                        call
POST    api/v1/calls/<call_id>/commands/                                        act
POST    api/v1/calls/<call_id>/commands/check/                                  act
POST    api/v1/calls/<call_id>/help/                                            ask help
DELETE  api/v1/calls/<call_id>/help/                                            end help
GET     api/v1/calls/<call_id>/alerts/                                          call
POST    api/v1/calls/<call_id>/alerts/<alert_id>/acknowledge/                   act
GET     api/v1/search/                                                          person
GET     api/v1/audit/                                                           admin
GET     api/v1/alert-rules/                                                     admin
POST    api/v1/alert-rules/                                                     admin only
POST    api/v1/alert-rules/try/                                                 admin only
GET     api/v1/alert-rules/<rule_id>/                                           admin
PUT     api/v1/alert-rules/<rule_id>/                                           admin only
PATCH   api/v1/alert-rules/<rule_id>/                                           admin only
DELETE  api/v1/alert-rules/<rule_id>/                                           admin only
GET     api/v1/teams/                                                           admin
POST    api/v1/teams/                                                           admin only
GET     api/v1/teams/<team_id>/                                                 admin
PUT     api/v1/teams/<team_id>/                                                 admin only
PATCH   api/v1/teams/<team_id>/                                                 admin only
DELETE  api/v1/teams/<team_id>/                                                 admin only
GET     api/v1/transfer-targets/                                                person
POST    api/v1/transfer-targets/                                                admin only
GET     api/v1/transfer-targets/<target_id>/                                    person
PATCH   api/v1/transfer-targets/<target_id>/                                    admin only
DELETE  api/v1/transfer-targets/<target_id>/                                    admin only
GET     api/v1/users/                                                           admin
POST    api/v1/users/                                                           admin only
GET     api/v1/users/<user_id>/                                                 admin
PATCH   api/v1/users/<user_id>/                                                 admin only
DELETE  api/v1/users/<user_id>/                                                 admin only
GET     api/v1/api-keys/                                                        admin only
POST    api/v1/api-keys/                                                        admin only
DELETE  api/v1/api-keys/<api_key_id>/                                           admin only
GET     api/v1/vendor-accounts/                                                 admin only
POST    api/v1/vendor-accounts/                                                 admin only
GET     api/v1/vendor-accounts/<account_id>/                                    admin only
PUT     api/v1/vendor-accounts/<account_id>/                                    admin only
PATCH   api/v1/vendor-accounts/<account_id>/                                    admin only
DELETE  api/v1/vendor-accounts/<account_id>/                                    admin only
POST    api/v1/vendor-accounts/<account_id>/check/                              admin only  *
GET     api/v1/recognizers/                                                     admin
POST    api/v1/recognizers/<name>/try/                                          admin only
GET     api/v1/webhooks/                                                        admin only
POST    api/v1/webhooks/                                                        admin only
GET     api/v1/webhooks/<webhook_id>/                                           admin only
PUT     api/v1/webhooks/<webhook_id>/                                           admin only
PATCH   api/v1/webhooks/<webhook_id>/                                           admin only
DELETE  api/v1/webhooks/<webhook_id>/                                           admin only
POST    api/v1/webhooks/<webhook_id>/rotate/                                    admin only
POST    api/v1/webhooks/<webhook_id>/test/                                      admin only  *
GET     api/v1/webhooks/<webhook_id>/deliveries/                                admin only
POST    api/v1/webhooks/<webhook_id>/deliveries/<delivery_id>/retry/            admin only
GET     api/v1/bots/                                                            control
POST    api/v1/bots/                                                            admin only
GET     api/v1/bots/kinds/                                                      control
POST    api/v1/bots/validate/                                                   admin only
GET     api/v1/bots/<bot_id>/                                                   control
PUT     api/v1/bots/<bot_id>/                                                   admin only
PATCH   api/v1/bots/<bot_id>/                                                   admin only
DELETE  api/v1/bots/<bot_id>/                                                   admin only
GET     api/v1/bots/<bot_id>/versions/                                          control
POST    api/v1/bots/<bot_id>/restore/                                           admin only
POST    api/v1/embed/sessions/                                                  open
POST    api/v1/embed/tickets/                                                   embed
POST    api/v1/embed/pairings/                                                  open
GET     api/v1/embed/pairings/                                                  paired
DELETE  api/v1/embed/pairings/                                                  paired
SOCKET  ws/dashboard/                                                           person
SOCKET  ws/calls/<call_id>/                                                     call
SOCKET  ws/calls/<call_id>/listen/                                              listen
SOCKET  ws/bots/console/                                                        admin only
SOCKET  ws/bots/<bot_id>/console/                                               admin only
"""


def lines() -> list[Line]:
    found = []
    for text in filter(None, _TABLE.splitlines()):
        method, *words = text.removesuffix("*").split()
        route = "" if " ".join(words) in RULES else words.pop(0)
        found.append(Line(method, route, " ".join(words), not text.endswith("*")))
    return found


def expected(rule: str, role: str) -> str:
    return RULES[rule].split()[list(ROLES).index(role)]


def document() -> str:
    parts = [
        "# Who may do what",
        "Made from the table that the tests check (`tests/permissions/table.py`): every page, endpoint, socket and "
        "command with every role. Out of scope is 404, in scope without the right 403, without a credential 401; pages "
        "lead to the log-in instead, and know sessions only.",
        "| rule | for whom | " + " | ".join(ROLES.values()) + " |\n" + "|---" * (len(ROLES) + 2) + "|",
    ]
    parts[-1] += "".join(
        f"\n| {rule} | {MEANINGS[rule]} | " + " | ".join(answers.split()) + " |" for rule, answers in RULES.items()
    )
    parts.append(
        "A key may do what its scope and its owner's role both allow. All commands (break, digits, transfer, hangup, say, "
        "play, those of bots and of vendors) fall under the rule *act*. A vendor's socket is admitted by its profile's "
        "secret, token or address, and knows no person; the iFrame's socket (`ws/embed/`) by a ticket, once."
    )
    for rule in RULES:
        routes = [f"- `{line.method} /{line.route}`" for line in lines() if line.rule == rule]
        parts.append(f"## {rule[0].upper()}{rule[1:]}\n\n" + "\n".join(routes))
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    DOCUMENT.write_text(document())
