"""Checks of profiles: a test call through the public address, step by step."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from calls.models.calls import Call
from calls.models.fields import new_id
from calls.models.profiles import StreamingProfile

TEST_CALL = "hub-test-"  # how the vendor's id of a test call begins


class ProfileCheck(models.Model):
    """One check. Whoever runs it writes each step as it happens, so that any process can follow."""

    class State(models.TextChoices):
        RUNNING = "running"
        PASSED = "passed"
        WARNED = "warned"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    profile = models.ForeignKey(StreamingProfile, on_delete=models.CASCADE, related_name="checks")
    state = models.CharField(max_length=8, choices=State, default=State.RUNNING)
    by = models.CharField(max_length=150)
    url = models.CharField(max_length=1000, blank=True)  # without secrets
    steps = models.JSONField(default=list)  # [{name, state, ms, detail, advice, values}], in order
    said = models.JSONField(default=list)  # [[track, text], …]
    heard = models.JSONField(default=list)  # [[track, text, startMs, confidence], …]
    vendor_call_id = models.CharField(max_length=64)
    call = models.ForeignKey(Call, null=True, on_delete=models.SET_NULL, related_name="+")
    profile_version = models.PositiveIntegerField()
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-started_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["profile"], condition=Q(state="running"), name="one_running_check_a_profile"
            )
        ]
        indexes = [models.Index(fields=["profile", "-started_at"], name="check_of_profile")]

    def __str__(self) -> str:
        return f"{self.profile_id}: {self.state}"
