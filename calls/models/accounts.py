"""People and the keys that programs use in their name."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from calls.models.fields import new_id


class Role(models.TextChoices):
    ADMIN = "admin", _("Admin")
    SUPERVISOR = "supervisor", _("Supervisor")
    AGENT = "agent", _("Agent")
    VIEWER = "viewer", _("Viewer")


class User(AbstractUser):
    role = models.CharField(max_length=12, choices=Role, default=Role.VIEWER)
    agent_id = models.CharField(max_length=64, blank=True)  # the vendor's: whose calls an agent sees

    class Meta(AbstractUser.Meta):
        constraints = [
            models.UniqueConstraint(fields=["agent_id"], condition=~Q(agent_id=""), name="one_user_an_agent_id")
        ]

    @property
    def is_admin(self) -> bool:
        return self.is_superuser or self.role == Role.ADMIN


class ApiKey(models.Model):
    """A program's key: shown once, stored as a digest, never worth more than its owner's role."""

    class Scope(models.TextChoices):
        READ = "read", _("Read")
        CONTROL = "control", _("Read and control calls")
        ADMIN = "admin", _("Everything")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=100)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_keys")
    scope = models.CharField(max_length=8, choices=Scope)
    prefix = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class Team(models.Model):
    """Joins people with profiles: its supervisors and viewers see the calls of these."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=100)
    users = models.ManyToManyField(User, related_name="teams")
    profiles = models.ManyToManyField("calls.StreamingProfile", related_name="teams")
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(Lower("name"), name="one_team_a_name")]

    def __str__(self) -> str:
        return self.name
