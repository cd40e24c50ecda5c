"""People and the keys that programs use in their name."""

from django.contrib.auth.models import AbstractUser
from django.db import models

from calls.models.fields import new_id


class Role(models.TextChoices):
    ADMIN = "admin", "Admin"
    SUPERVISOR = "supervisor", "Supervisor"
    AGENT = "agent", "Agent"
    VIEWER = "viewer", "Viewer"


class User(AbstractUser):
    role = models.CharField(max_length=12, choices=Role, default=Role.VIEWER)

    @property
    def is_admin(self) -> bool:
        return self.is_superuser or self.role == Role.ADMIN


class ApiKey(models.Model):
    """A program's key: shown once, stored as a digest, never worth more than its owner's role."""

    class Scope(models.TextChoices):
        READ = "read", "Read"
        CONTROL = "control", "Read and control calls"
        ADMIN = "admin", "Everything"

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
