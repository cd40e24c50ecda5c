import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("calls", "0010_checks")]
    operations = [
        migrations.CreateModel(
            name="HelpRequest",
            fields=[
                (
                    "call",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="help_request",
                        serialize=False,
                        to="calls.call",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("open", "Open"), ("withdrawn", "Withdrawn"), ("resolved", "Resolved")],
                        default="open",
                        max_length=9,
                    ),
                ),
                ("by", models.CharField(max_length=150)),
                ("note", models.CharField(blank=True, max_length=200)),
                ("requested_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("ended_at", models.DateTimeField(null=True)),
                ("ended_by", models.CharField(blank=True, max_length=150)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(ended_at=None, state="open")
                        | (~models.Q(state="open") & models.Q(ended_at__isnull=False)),
                        name="help_has_an_end_unless_open",
                    )
                ],
            },
        ),
    ]
