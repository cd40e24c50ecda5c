from __future__ import annotations

import pytest
from django.db import transaction
from django.db.transaction import TransactionManagementError

from calls.models import AuditEntry, User
from calls.services import audit
from tests.conftest import MakeCall


@pytest.mark.django_db(transaction=True)
def test_an_entry_lives_and_dies_with_its_act(admin: User, make_call: MakeCall) -> None:
    by = audit.Requester(name="admin (API key Reports)", user=admin)
    with pytest.raises(RuntimeError), transaction.atomic():
        audit.record(action="profile.reveal", by=by)
        raise RuntimeError
    assert not AuditEntry.objects.exists()
    call = make_call()
    with transaction.atomic():
        audit.record(action="profile.reveal", by=by, call=call, subject="s" * 300, detail={"a": 1})
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.actor_name, entry.action) == (admin, "admin (API key Reports)", "profile.reveal")
    assert (entry.call, entry.subject, entry.detail) == (call, "s" * 200, {"a": 1})
    call.delete()
    admin.delete()
    entry.refresh_from_db()
    assert (entry.call, entry.actor, entry.actor_name) == (None, None, "admin (API key Reports)")


@pytest.mark.django_db(transaction=True)
def test_there_must_be_a_transaction() -> None:
    with pytest.raises(TransactionManagementError, match="belongs to the transaction"):
        audit.record(action="profile.reveal", by=audit.Requester("somebody"))
