"""Who may do and see what at this moment, asked for many at once.

Whoever reads calls asks `Call.objects.visible_to`. A socket that is open for hours carries the same rule with it as a
`Scope`, and learns of changes: those who make them call `accounts.announce_change`, and every
process looks again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple
from uuid import UUID

from django.contrib.sessions.models import Session
from django.utils import timezone

from calls.models import ApiKey, Call, EmbedKey, EmbedPairing, Stream, Team, User
from calls.models.accounts import Role
from calls.services.accounts import RIGHTS, includes, right_in_iframe, right_of
from calls.services.pairings import active_now


class CallFacts(NamedTuple):
    """What decides who sees a call."""

    profile: UUID | None
    agents: frozenset[str]


class Scope(NamedTuple):
    """Whose calls somebody sees: what `CallQuerySet.visible_to` says, for one call and without a query."""

    everything: bool = False
    profiles: frozenset[UUID] = frozenset()
    agent_id: str = ""

    def holds(self, call: CallFacts) -> bool:
        return (
            self.everything or call.profile in self.profiles or (self.agent_id != "" and self.agent_id in call.agents)
        )

    def covers(self, other: Scope) -> bool:
        return self.everything or (
            not other.everything and other.profiles <= self.profiles and other.agent_id in ("", self.agent_id)
        )


class Access(NamedTuple):
    right: str  # the most that may be done: one of `RIGHTS`
    scope: Scope

    def covers(self, other: Access) -> bool:
        """Whether nothing that the other allows is missing."""
        return includes(self.right, other.right) and self.scope.covers(other.scope)


class Identity(NamedTuple):
    """What a socket was opened with: a person's session, API key or paired iFrame, or an embed key."""

    user: int | None = None
    session: str = ""
    session_hash: str = ""  # of the password: a new one ends the session
    key: UUID | None = None
    embed_key: UUID | None = None
    pairing: UUID | None = None


def read_access(identities: Collection[Identity]) -> dict[Identity, Access]:
    """What each may at this moment; who may nothing is left out. Seven queries at most, however many are asked for."""
    wanted = {identity.user for identity in identities if identity.user is not None}
    people = {user.pk: user for user in User.objects.filter(pk__in=wanted, is_active=True)}
    profiles: dict[int, set[UUID]] = {}
    joined = Team.users.through.objects.filter(user__in=people, team__profiles__isnull=False)
    for user_id, profile_id in joined.values_list("user", "team__profiles"):
        profiles.setdefault(user_id, set()).add(profile_id)
    sessions = set(
        Session.objects.filter(
            session_key__in={identity.session for identity in identities if identity.session},
            expire_date__gt=timezone.now(),
        ).values_list("session_key", flat=True)
    )
    keys = dict(
        ApiKey.objects.filter(id__in={identity.key for identity in identities if identity.key}).values_list(
            "id", "scope"
        )
    )
    embeds = set(
        EmbedKey.objects.filter(
            id__in={identity.embed_key for identity in identities if identity.embed_key}, profile__enabled=True
        ).values_list("id", flat=True)
    )
    paired = dict(
        EmbedPairing.objects.filter(
            active_now(), id__in={identity.pairing for identity in identities if identity.pairing}
        ).values_list("id", "session_hash")
    )
    found = {}
    for identity in identities:
        user = people.get(identity.user) if identity.user is not None else None
        if identity.embed_key in embeds:
            found[identity] = Access("read", Scope())
        elif user is None:
            continue
        elif identity.key in keys:
            right = min(keys[identity.key], right_of(user), key=RIGHTS.index)
            found[identity] = Access(right, _scope_of(user, profiles.get(user.pk, ())))
        elif identity.pairing is not None:
            if paired.get(identity.pairing) == user.get_session_auth_hash():
                found[identity] = Access(right_in_iframe(user), _scope_of(user, profiles.get(user.pk, ())))
        elif identity.session in sessions and identity.session_hash == user.get_session_auth_hash():
            found[identity] = Access(right_of(user), _scope_of(user, profiles.get(user.pk, ())))
    return found


def _scope_of(user: User, profiles: Iterable[UUID]) -> Scope:
    if user.is_admin:
        return Scope(everything=True)
    if user.role == Role.AGENT:
        return Scope(agent_id=user.agent_id)
    return Scope(profiles=frozenset(profiles))


def call_facts(call_ids: Iterable[UUID]) -> dict[str, CallFacts]:
    """By id; two queries."""
    agents: dict[UUID, set[str]] = {}
    streams = Stream.objects.filter(call__in=call_ids).exclude(agent_id="").order_by()
    for call_id, agent_id in streams.values_list("call", "agent_id"):
        agents.setdefault(call_id, set()).add(agent_id)
    calls = Call.objects.filter(id__in=call_ids).order_by().values_list("id", "profile", "agent_id")
    return {
        str(call_id): CallFacts(profile_id, frozenset(agents.get(call_id, set()) | ({agent_id} - {""})))
        for call_id, profile_id, agent_id in calls
    }
