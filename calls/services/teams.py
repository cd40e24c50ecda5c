"""Teams: who of the people sees the calls of which profiles."""

from __future__ import annotations

from collections.abc import Collection

from django.db import IntegrityError, transaction

from calls.models import StreamingProfile, Team, User
from calls.services import audit
from calls.services.accounts import announce_change
from calls.services.audit import Requester


class NameTaken(Exception):
    """Another team has this name."""


class VersionConflict(Exception):
    """Somebody else wrote the team since it was read."""


def save_team(
    team: Team,
    *,
    by: Requester,
    users: Collection[User] | None = None,
    profiles: Collection[StreamingProfile] | None = None,
    expected_version: int | None = None,
) -> Team:
    """Writes a team and, where given, all who belong to it. Raises `NameTaken`, and `VersionConflict` where the stored
    version isn't the expected one."""
    with transaction.atomic():
        stored = Team.objects.select_for_update().filter(id=team.id).first()
        if stored is not None and expected_version not in (None, stored.version):
            raise VersionConflict
        changed = [] if stored is not None and stored.name == team.name else ["name"]
        try:
            with transaction.atomic():
                if stored is None:
                    team.save(force_insert=True)
                else:
                    team.version = stored.version + 1
                    team.save(update_fields=["name", "version", "updated_at"])
        except IntegrityError:
            raise NameTaken from None
        detail: dict[str, object] = {"team": str(team.id), "changed": changed}
        if users is not None:
            detail |= _replace("users", team.users, users)
        if profiles is not None:
            detail |= _replace("profiles", team.profiles, profiles)
        audit.record(action="team.create" if stored is None else "team.change", by=by, subject=team.name, detail=detail)
        announce_change()
    return team


def _replace(name: str, members: object, wanted: Collection[object]) -> dict[str, object]:
    before = set(members.all())  # type: ignore[attr-defined]
    members.set(wanted)  # type: ignore[attr-defined]
    joined, left = set(wanted) - before, before - set(wanted)
    return {
        key: sorted(map(str, found)) for key, found in ((f"{name}Added", joined), (f"{name}Removed", left)) if found
    }


def delete_team(team: Team, *, by: Requester) -> None:
    with transaction.atomic():
        audit.record(action="team.delete", by=by, subject=team.name, detail={"team": str(team.id)})
        team.delete()
        announce_change()
