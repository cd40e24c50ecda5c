import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import calls.models.fields


class Migration(migrations.Migration):
    dependencies = [("calls", "0009_embed_pairing")]
    operations = [
        migrations.CreateModel(
            name="ProfileCheck",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=calls.models.fields.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("running", "Running"),
                            ("passed", "Passed"),
                            ("warned", "Warned"),
                            ("failed", "Failed"),
                        ],
                        default="running",
                        max_length=8,
                    ),
                ),
                ("by", models.CharField(max_length=150)),
                ("url", models.CharField(blank=True, max_length=1000)),
                ("steps", models.JSONField(default=list)),
                ("said", models.JSONField(default=list)),
                ("heard", models.JSONField(default=list)),
                ("vendor_call_id", models.CharField(max_length=64)),
                ("profile_version", models.PositiveIntegerField()),
                ("started_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "call",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="calls.call"
                    ),
                ),
                (
                    "profile",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="checks",
                        to="calls.streamingprofile",
                    ),
                ),
            ],
            options={
                "ordering": ["-started_at", "-id"],
                "indexes": [models.Index(fields=["profile", "-started_at"], name="check_of_profile")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "running")),
                        fields=("profile",),
                        name="one_running_check_a_profile",
                    )
                ],
            },
        ),
    ]
