"""Help that agents ask of their supervisors."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from calls.models.calls import Call

MAX_NOTE = 200


class HelpRequest(models.Model):
    """The newest wish for help in a call; asking again takes the row anew. The audit keeps them all."""

    class State(models.TextChoices):
        OPEN = "open"
        WITHDRAWN = "withdrawn"  # by whoever asked
        RESOLVED = "resolved"  # by a supervisor

    call = models.OneToOneField(Call, primary_key=True, on_delete=models.CASCADE, related_name="help_request")
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    by = models.CharField(max_length=150)
    note = models.CharField(max_length=MAX_NOTE, blank=True)
    requested_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="open", ended_at=None) | (~Q(state="open") & Q(ended_at__isnull=False)),
                name="help_has_an_end_unless_open",
            )
        ]

    def __str__(self) -> str:
        return f"{self.by}: {self.state}"
