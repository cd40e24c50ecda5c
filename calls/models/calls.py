"""A call, its streams, what was said, and its recording."""

from __future__ import annotations

import re
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q
from django.utils import timezone

from calls.models.accounts import Role, User
from calls.models.fields import new_id
from calls.models.profiles import StreamingProfile, vendor_choices


class State(models.TextChoices):
    LIVE = "live"
    ENDED = "ended"
    INTERRUPTED = "interrupted"


class Track(models.TextChoices):
    AGENT = "agent"
    CUSTOMER = "customer"
    BOT = "bot"


TEST = "test"  # the direction of a call that the hub made to itself, to check a profile


class CallQuerySet(models.QuerySet["Call"]):
    def live(self) -> CallQuerySet:
        return self.filter(state=State.LIVE)

    def without_tests(self) -> CallQuerySet:
        """Customers' calls."""
        return self.exclude(direction=TEST)

    def visible_to(self, user: User | AnonymousUser) -> CallQuerySet:
        """What somebody may know of: an admin all, an agent the calls with an own stream, everybody else those of their
        teams' profiles. `services.access.Scope` is the same for a call at a time."""
        if not isinstance(user, User):
            return self.none()
        if user.is_admin:
            return self
        if user.role != Role.AGENT:
            return self.filter(profile__in=StreamingProfile.objects.visible_to(user).order_by().values("id"))
        if not user.agent_id:
            return self.none()
        named = Call.objects.filter(agent_id=user.agent_id).order_by().values("id")
        joined = Stream.objects.filter(agent_id=user.agent_id).order_by().values("call")
        return self.filter(id__in=named.union(joined))

    def for_display(self) -> CallQuerySet:
        """With all that `shapes.call_shape` reads, in four queries."""
        from calls.models.alerts import SHOWN_ALERTS, Alert  # which are built on calls
        from calls.models.commands import VendorAccount

        return (
            self.annotate(has_account=models.Exists(VendorAccount.objects.of_call()))  # type: ignore[no-redef]
            .with_alert_count()
            .select_related("profile", "bot_session", "help_request")
            .defer("bot_session__state")
            .prefetch_related(models.Prefetch("streams", queryset=Stream.objects.order_by("started_at", "id")))
            .prefetch_related(
                models.Prefetch("alerts", queryset=Alert.objects.open_first()[:SHOWN_ALERTS], to_attr="shown_alerts")
            )
            .prefetch_related("tags")
        )

    def with_alert_count(self) -> CallQuerySet:
        from calls.models.alerts import Alert

        return self.annotate(alert_count=Alert.objects.count_of_call())


class Call(models.Model):
    """One phone call as its vendor knows it: `key` joins streams of the same call while it is live."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    vendor = models.CharField(max_length=16, choices=vendor_choices)
    key = models.CharField(max_length=300, editable=False)
    vendor_call_id = models.CharField(max_length=200)
    profile = models.ForeignKey(StreamingProfile, null=True, on_delete=models.SET_NULL, related_name="calls")
    state = models.CharField(max_length=12, choices=State, default=State.LIVE)
    direction = models.CharField(max_length=8, blank=True)
    from_number = models.CharField(max_length=64, blank=True)
    to_number = models.CharField(max_length=64, blank=True)
    agent_id = models.CharField(max_length=64, blank=True)
    product_type = models.CharField(max_length=8, blank=True)
    product_id = models.CharField(max_length=64, blank=True)
    started_at = models.DateTimeField(default=timezone.now)
    audio_started_at = models.DateTimeField(null=True)  # time 0 of transcript and recording
    ended_at = models.DateTimeField(null=True)
    close_due_at = models.DateTimeField(null=True)  # set once no stream is live: when the sweep may end the call
    mask = models.JSONField(default=list, db_default=[])  # kinds of sensitive data that were taken out of it
    retention_days = models.PositiveIntegerField(null=True)  # of its profile, when that was deleted
    has_account: bool  # of `for_display`: there are credentials for the vendor's REST API
    alert_count: int  # the same
    shown_alerts: list[Any]  # the same: the open ones first

    objects = CallQuerySet.as_manager()

    class Meta:
        ordering = ["-started_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["key"], condition=Q(state="live"), name="one_live_call_a_key"),
            models.CheckConstraint(
                condition=Q(state="live", ended_at=None) | (~Q(state="live") & Q(ended_at__isnull=False)),
                name="call_has_an_end_unless_live",
            ),
        ]
        indexes = [
            models.Index(fields=["-started_at", "-id"], name="call_newest_first"),
            models.Index(fields=["state", "-started_at"], name="call_by_state"),
            models.Index(fields=["profile", "-started_at"], name="call_by_profile"),
            models.Index(fields=["vendor_call_id"], name="call_by_vendor_id"),
            models.Index(fields=["key", "-started_at"], name="call_by_key"),
            models.Index(fields=["from_number"], name="call_by_from"),
            models.Index(fields=["to_number"], name="call_by_to"),
            models.Index(fields=["agent_id"], condition=~Q(agent_id=""), name="call_by_agent"),
            models.Index(fields=["close_due_at"], condition=Q(state="live"), name="call_to_close"),
        ]

    def __str__(self) -> str:
        return self.vendor_call_id

    @property
    def is_test(self) -> bool:
        return self.direction == TEST

    def file_name(self, extension: str) -> str:
        """Of what is downloaded of it."""
        return f"call-{re.sub(r'[^A-Za-z0-9._-]+', '-', self.vendor_call_id)[:100]}.{extension}"

    @property
    def duration_ms(self) -> int | None:
        if self.ended_at is None:
            return None
        return max(0, round((self.ended_at - self.started_at).total_seconds() * 1000))


class Stream(models.Model):
    """One connection that carries audio of a call. Its lease says that the process that holds it is alive."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="streams")
    session_id = models.CharField(max_length=64, blank=True)
    agent_id = models.CharField(max_length=64, blank=True)
    transport = models.CharField(max_length=12, default="websocket")
    state = models.CharField(max_length=12, choices=State, default=State.LIVE)
    metadata = models.JSONField(default=dict)
    encoding = models.CharField(max_length=8, default="mulaw")  # of the spool
    sample_rate = models.PositiveIntegerField(default=8000)
    offset_ms = models.PositiveIntegerField(null=True)  # where its first audio lies on the call's timeline
    counters = models.JSONField(default=dict)  # {track: {frames, lost, duplicates, reordered, late, resyncs}}
    health = models.JSONField(default=dict)
    process = models.UUIDField()  # the hub process that holds the connection
    lease_until = models.DateTimeField()
    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)
    close_code = models.PositiveIntegerField(null=True)
    ended_by_vendor = models.BooleanField(default=False)  # the vendor's own end message was seen

    class Meta:
        ordering = ["started_at", "id"]
        indexes = [
            models.Index(fields=["lease_until"], condition=Q(state="live"), name="stream_lease"),
            models.Index(fields=["process"], condition=Q(state="live"), name="stream_of_process"),
            models.Index(fields=["agent_id"], condition=~Q(agent_id=""), name="stream_by_agent"),
        ]

    def __str__(self) -> str:
        return f"{self.call_id}/{self.session_id}"


class Segment(models.Model):
    """A final piece of transcript. Times are milliseconds on the call's timeline.

    On PostgreSQL the table has one more column, `search` (migration 0003), made by the database of text and language.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="segments")
    stream = models.ForeignKey(Stream, on_delete=models.CASCADE, related_name="segments")
    track = models.CharField(max_length=8, choices=Track)
    participant = models.CharField(max_length=64, blank=True)
    start_ms = models.PositiveIntegerField()
    end_ms = models.PositiveIntegerField()
    text = models.TextField()
    language = models.CharField(max_length=8, blank=True, default="", db_default="")  # primary subtag: decides on stems
    confidence = models.FloatField(null=True)
    words = models.JSONField(default=list)  # [[text, startMs, endMs, confidence or null], …]
    masked = models.JSONField(default=list, db_default=[])  # [[kind, startMs, endMs], …]: see `services.masking`

    class Meta:
        ordering = ["start_ms", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(end_ms__gte=models.F("start_ms")), name="segment_ends_after_its_start")
        ]
        indexes = [
            models.Index(fields=["call", "start_ms", "id"], name="segment_in_order"),
            models.Index(fields=["language"], name="segment_languages"),
        ]

    def __str__(self) -> str:
        return self.text


class SkippedPassageQuerySet(models.QuerySet["SkippedPassage"]):
    def open(self) -> SkippedPassageQuerySet:
        """Those that still have no transcript."""
        return self.exclude(state=SkippedPassage.State.DONE)


class SkippedPassage(models.Model):
    """Audio that the recogniser could not take while the call was live, and the work of transcribing it afterwards from
    the spool. Times are milliseconds on the call's timeline."""

    class State(models.TextChoices):
        PENDING = "pending"
        DONE = "done"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="skipped_passages")
    stream = models.ForeignKey(Stream, on_delete=models.CASCADE, related_name="skipped_passages")
    track = models.CharField(max_length=8, choices=Track)
    start_ms = models.PositiveIntegerField()
    end_ms = models.PositiveIntegerField()
    reason = models.CharField(max_length=16)
    state = models.CharField(max_length=8, choices=State, default=State.PENDING)
    due_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)

    objects = SkippedPassageQuerySet.as_manager()

    class Meta:
        ordering = ["start_ms", "id"]
        indexes = [models.Index(fields=["due_at"], condition=Q(state="pending"), name="passage_to_transcribe")]

    def __str__(self) -> str:
        return f"{self.track} {self.start_ms}-{self.end_ms} ms: {self.state}"


class Recording(models.Model):
    """The finished file of a call, and the work of finishing it: `due_at` is when it is next to be tried."""

    class State(models.TextChoices):
        PENDING = "pending"
        READY = "ready"
        FAILED = "failed"
        EMPTY = "empty"

    call = models.OneToOneField(Call, primary_key=True, on_delete=models.CASCADE, related_name="recording")
    state = models.CharField(max_length=8, choices=State, default=State.PENDING)
    due_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)
    file = models.CharField(max_length=200, blank=True)  # below HUB_DATA_DIR
    size = models.PositiveBigIntegerField(default=0)  # bytes
    duration_ms = models.PositiveIntegerField(default=0)
    sample_rate = models.PositiveIntegerField(default=8000)

    class Meta:
        indexes = [models.Index(fields=["due_at"], condition=Q(state="pending"), name="recording_to_finish")]

    def __str__(self) -> str:
        return f"{self.call_id}: {self.state}"
