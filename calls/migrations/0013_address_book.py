import django.db.models.deletion
import django.db.models.functions.text
from django.db import migrations, models

import calls.models.fields


class Migration(migrations.Migration):
    dependencies = [("calls", "0012_audit")]
    operations = [
        migrations.CreateModel(
            name="TransferTarget",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=calls.models.fields.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=100)),
                ("target", models.CharField(max_length=256)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "profile",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="transfer_targets",
                        to="calls.streamingprofile",
                    ),
                ),
            ],
            options={
                "ordering": ["name", "id"],
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("name"),
                        models.F("profile"),
                        name="one_target_a_name_and_profile",
                    ),
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("name"),
                        condition=models.Q(("profile", None)),
                        name="one_target_a_name_for_all",
                    ),
                ],
            },
        ),
    ]
