"""What people and the hub write about a call: notes, tags, and the summary."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from calls.models.accounts import User
from calls.models.calls import Call
from calls.models.fields import new_id

MAX_NOTE, MAX_TAG = 4000, 40  # characters


class Note(models.Model):
    """What somebody wrote about a call, or about a moment of it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="notes")
    author = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    author_name = models.CharField(max_length=150)
    text = models.TextField(max_length=MAX_NOTE)
    at_ms = models.PositiveIntegerField(null=True)  # on the call's timeline; none: about all of it
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(null=True)  # by its author or an admin

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [models.Index(fields=["call", "created_at", "id"], name="note_of_call")]

    def __str__(self) -> str:
        return self.text[:60]


class Tag(models.Model):
    """A word by which a call is found again; in lower case."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="tags")
    name = models.CharField(max_length=MAX_TAG)
    by = models.CharField(max_length=150)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["call", "name"], name="one_tag_a_name_and_call")]
        indexes = [models.Index(fields=["name", "call"], name="tag_by_name")]

    def __str__(self) -> str:
        return self.name


class Summary(models.Model):
    """What a call was about, and the work of writing it down: `due_at` is when it is next to be tried."""

    class State(models.TextChoices):
        PENDING = "pending"
        READY = "ready"
        FAILED = "failed"
        EMPTY = "empty"

    class By(models.TextChoices):
        EXTRACTIVE = "extractive"
        MODEL = "model"

    call = models.OneToOneField(Call, primary_key=True, on_delete=models.CASCADE, related_name="summary")
    state = models.CharField(max_length=8, choices=State, default=State.PENDING)
    due_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)  # of the last attempt, or why the configured model did not write it
    by = models.CharField(max_length=10, choices=By, blank=True)
    model = models.CharField(max_length=200, blank=True)  # the language model's name
    made_at = models.DateTimeField(null=True)
    content = models.JSONField(
        default=dict
    )  # {kind of `calls.summary.lines`: [{text, segment, start_ms, track, question}]}

    class Meta:
        indexes = [models.Index(fields=["due_at"], condition=Q(state="pending"), name="summary_to_write")]

    def __str__(self) -> str:
        return f"{self.call_id}: {self.state}"
