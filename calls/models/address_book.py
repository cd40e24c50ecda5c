"""The address book of transfers: numbers and SIP addresses by name, for everybody who may transfer calls."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from calls.models.accounts import User
from calls.models.calls import Call
from calls.models.fields import new_id
from calls.models.profiles import StreamingProfile


class TransferTargetQuerySet(models.QuerySet["TransferTarget"]):
    def visible_to(self, user: User | AnonymousUser) -> TransferTargetQuerySet:
        """Those for every profile, and those of the profiles that somebody sees."""
        if not isinstance(user, User):
            return self.none()
        seen = StreamingProfile.objects.visible_to(user).order_by().values("id")
        return self.filter(Q(profile=None) | Q(profile__in=seen))

    def of_call(self, call: Call) -> TransferTargetQuerySet:
        return self.filter(Q(profile=None) | Q(profile=call.profile_id))


class TransferTarget(models.Model):
    """One entry. Without a profile it is offered for every call."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=100)
    target = models.CharField(max_length=256)  # as `services.command_rules.clean_target` stores it
    profile = models.ForeignKey(
        StreamingProfile, null=True, blank=True, on_delete=models.CASCADE, related_name="transfer_targets"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = TransferTargetQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.UniqueConstraint(Lower("name"), "profile", name="one_target_a_name_and_profile"),
            models.UniqueConstraint(Lower("name"), condition=Q(profile=None), name="one_target_a_name_for_all"),
        ]

    def __str__(self) -> str:
        return self.name
