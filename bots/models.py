"""Bots, their history, and what a bot remembers of the call it is in."""

from __future__ import annotations

from django.db import models

from calls.models import Call
from calls.models.fields import EncryptedJSONField, new_id


class Kind(models.TextChoices):
    ECHO = "echo", "Echo"
    MENU = "menu", "Menu"
    ASSISTANT = "assistant", "Assistant"
    WEBHOOK = "webhook", "Webhook"


class Bot(models.Model):
    """What answers calls. `document` is a menu's YAML; `config` what the kind's config struct holds, without secrets."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=12, choices=Kind)
    document = models.TextField(blank=True)
    config = models.JSONField(default=dict, blank=True)
    secrets = EncryptedJSONField(default=dict, blank=True)  # by name: `apiKey`, `signingSecret`
    version = models.PositiveIntegerField(default=1, editable=False)
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class BotVersion(models.Model):
    """A bot as it once was, so that a change can be seen and taken back. Written with each save, the current one too."""

    bot = models.ForeignKey(Bot, on_delete=models.CASCADE, related_name="versions")
    version = models.PositiveIntegerField()
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=12, choices=Kind)
    document = models.TextField(blank=True)
    config = models.JSONField(default=dict)
    by = models.CharField(max_length=150)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-version"]
        constraints = [models.UniqueConstraint(fields=["bot", "version"], name="one_row_a_bot_version")]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"


class BotSession(models.Model):
    """A bot in a call. Written after each turn, so that whichever process the vendor comes back to can go on."""

    call = models.OneToOneField(Call, primary_key=True, on_delete=models.CASCADE, related_name="bot_session")
    bot = models.ForeignKey(Bot, null=True, on_delete=models.SET_NULL, related_name="sessions")
    bot_version = models.PositiveIntegerField()
    state = models.JSONField(default=dict)  # the conversation's own
    paused = models.BooleanField(default=False)
    ended = models.BooleanField(default=False)  # it said goodbye, transferred or failed: it does not begin anew
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.bot_id} in {self.call_id}"
