"""A hub with one of everything, and everybody who may ask."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from bots.models import Bot, BotVersion
from calls.models import (
    Alert,
    AlertRule,
    Call,
    Note,
    ProfileCheck,
    RefusedStream,
    StreamingProfile,
    Tag,
    Team,
    TransferTarget,
    User,
    VendorAccount,
    Webhook,
    WebhookDelivery,
)
from calls.models.accounts import Role
from calls.services.accounts import create_api_key
from calls.services.audit import requester
from calls.services.embeds import open_session
from calls.services.pairings import ask_pairing, confirm_pairing
from calls.services.profiles import create_embed_key
from calls.signing import new_secret
from tests.conftest import MakeCall


@pytest.fixture
def call(make_call: MakeCall) -> Call:
    return make_call(state="live", agent_id="123")


@pytest.fixture
def places(call: Call, profile: StreamingProfile, team: Team, supervisor: User) -> dict[str, Any]:
    """What stands in an address, by the name of its argument."""
    bot = Bot.objects.create(name="Echo", kind="echo")
    BotVersion.objects.create(bot=bot, version=1, name="Echo", kind="echo", document="", config={})
    other = StreamingProfile.objects.create(name="Other", vendor="audiocodes", slug="other")
    key, _ = create_embed_key(other)
    person = User.objects.create_user("person")
    webhook = Webhook.objects.create(url="https://crm.example.com/", events=["call.ended"], secret=new_secret())
    fields = {"platformUrl": "https://platform.ringcentral.com", "ringcxUrl": "https://ringcx.ringcentral.com"}
    rule = AlertRule.objects.create(name="Money", kind="phrase", expression="refund")
    return {
        "language": "en",
        "address": "none",
        "call_id": call.id,
        "profile_id": other.id,
        "key_id": key.id,
        "check_id": ProfileCheck.objects.create(profile=other, profile_version=1).id,
        "vendor": "ringover",
        "account_vendor": "ringcx",
        "kind": "echo",
        "name": "pocketsphinx",
        "number": 1,
        "bot_id": bot.id,
        "refused_id": RefusedStream.objects.create(vendor="ringcx", product_type="QUEUE", product_id="77").id,
        "account_id": VendorAccount.objects.create(vendor="ringcx", name="Ours", fields=fields).id,
        "webhook_id": webhook.id,
        "delivery_id": WebhookDelivery.objects.create(webhook=webhook, event="test", body="{}").id,
        "note_id": Note.objects.create(call=call, author=supervisor, author_name="supervisor", text="x").id,
        "tag": Tag.objects.create(call=call, name="refund", by="supervisor").name,
        "team_id": team.id,
        "target_id": TransferTarget.objects.create(name="Billing", target="+12025550123").id,
        "rule_id": rule.id,
        "alert_id": Alert.objects.create(call=call, rule=rule, name="Money", kind="phrase", at_ms=0).id,
        "alert_kind": "phrase",
        "example": "silence",
        "pairing_id": uuid4(),
        "user_id": person.pk,
        "own_key_id": create_api_key(name="own", owner=supervisor, scope="read")[0].id,
        "uidb64": "x",
        "token": "x",
        "api_key_id": create_api_key(name="k", owner=person, scope="read")[0].id,
    }


Credentials = Callable[[str], dict[str, str]]


@pytest.fixture
def credentials(
    admin: User, supervisor: User, viewer: User, agent: User, profile: StreamingProfile, call: Call
) -> Credentials:
    """The headers by which a role asks."""
    other_agent = User.objects.create_user("other_agent", role=Role.AGENT, agent_id="999")
    foreigner = User.objects.create_user("foreigner", role=Role.SUPERVISOR)
    team = Team.objects.create(name="Back office")
    team.users.add(foreigner)
    team.profiles.add(StreamingProfile.objects.create(name="Elsewhere", product_id="8"))
    people = {"admin": admin, "supervisor": supervisor, "viewer": viewer, "agent": agent}
    people |= {"other_agent": other_agent, "foreigner": foreigner}

    def make(role: str) -> dict[str, str]:
        match role:
            case "nobody":
                return {}
            case "read_key":
                return {"Authorization": f"Bearer {create_api_key(name='r', owner=admin, scope='read')[1]}"}
            case "control_key":
                return {"Authorization": f"Bearer {create_api_key(name='c', owner=supervisor, scope='control')[1]}"}
            case "embed":
                key = create_embed_key(profile)[1]
                return {"Authorization": f"Bearer {open_session(key=key, vendor_call_id=call.vendor_call_id)[0]}"}
            case "paired":
                pairing, token = ask_pairing(parent="https://example.com", address="127.0.0.1", browser="")
                confirm_pairing(pairing=pairing, user=supervisor, by=requester(supervisor))
                return {"Authorization": f"Bearer {token}"}
        session = SessionStore()
        session[SESSION_KEY] = str(people[role].pk)
        session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        session[HASH_SESSION_KEY] = people[role].get_session_auth_hash()
        session.create()
        return {"Cookie": f"hub_session={session.session_key}"}

    return make
