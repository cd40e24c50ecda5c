"""Rules for alerts, and the alerts they raise."""

import calls.models.fields
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("calls", "0006_notes"),
    ]

    operations = [
        migrations.CreateModel(
            name="AlertRule",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=calls.models.fields.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=100)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("phrase", "Words and phrases"),
                            ("silence", "Silence"),
                            ("long", "Long call"),
                            ("confidence", "Low confidence"),
                            ("mood", "Mood"),
                        ],
                        max_length=10,
                    ),
                ),
                ("track", models.CharField(blank=True, max_length=8)),
                ("expression", models.TextField(blank=True)),
                ("threshold", models.FloatField(null=True)),
                ("every_profile", models.BooleanField(default=True)),
                ("enabled", models.BooleanField(default=True)),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "profiles",
                    models.ManyToManyField(blank=True, related_name="alert_rules", to="calls.streamingprofile"),
                ),
            ],
            options={
                "ordering": ["name", "id"],
            },
        ),
        migrations.CreateModel(
            name="Alert",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=calls.models.fields.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=100)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("phrase", "Words and phrases"),
                            ("silence", "Silence"),
                            ("long", "Long call"),
                            ("confidence", "Low confidence"),
                            ("mood", "Mood"),
                        ],
                        max_length=10,
                    ),
                ),
                ("track", models.CharField(blank=True, max_length=8)),
                ("at_ms", models.PositiveIntegerField()),
                ("text", models.TextField(blank=True)),
                ("value", models.FloatField(null=True)),
                ("raised_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("ended_at", models.DateTimeField(null=True)),
                ("acknowledged_at", models.DateTimeField(null=True)),
                ("acknowledged_by", models.CharField(blank=True, max_length=150)),
                (
                    "call",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="alerts", to="calls.call"
                    ),
                ),
                (
                    "segment",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="calls.segment"
                    ),
                ),
                (
                    "rule",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="alerts",
                        to="calls.alertrule",
                    ),
                ),
            ],
            options={
                "ordering": ["-raised_at", "-id"],
                "indexes": [
                    models.Index(fields=["call", "-raised_at", "-id"], name="alert_of_call"),
                    models.Index(condition=models.Q(("ended_at", None)), fields=["kind"], name="alert_open"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None), models.Q(("kind", "phrase"), _negated=True)),
                        fields=("call", "rule"),
                        name="one_open_state_a_call_and_rule",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("kind", "phrase")),
                        fields=("rule", "segment"),
                        name="one_phrase_alert_a_segment",
                    ),
                ],
            },
        ),
    ]
