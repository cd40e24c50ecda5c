import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import calls.models.fields


class Migration(migrations.Migration):
    dependencies = [("calls", "0008_webhooks")]
    operations = [
        migrations.CreateModel(
            name="EmbedPairing",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=calls.models.fields.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("code", models.CharField(blank=True, max_length=9)),
                ("code_expires_at", models.DateTimeField()),
                ("parent", models.CharField(blank=True, max_length=200)),
                ("address", models.CharField(blank=True, max_length=45)),
                ("browser", models.CharField(blank=True, max_length=200)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("session_hash", models.CharField(blank=True, max_length=128)),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("expires_at", models.DateTimeField(db_index=True, null=True)),
                ("last_used_at", models.DateTimeField(null=True)),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pairings",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-confirmed_at", "-id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=~models.Q(code=""), fields=["code"], name="one_pairing_a_code"
                    )
                ],
            },
        ),
        migrations.AlterField(
            model_name="embedticket",
            name="key",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, to="calls.embedkey"),
        ),
        migrations.AlterField(
            model_name="embedticket",
            name="vendor_call_id",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name="embedticket",
            name="pairing",
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, to="calls.embedpairing"),
        ),
        migrations.AddConstraint(
            model_name="embedticket",
            constraint=models.CheckConstraint(
                condition=models.Q(key__isnull=False, pairing=None) & ~models.Q(vendor_call_id="")
                | models.Q(key=None, pairing__isnull=False),
                name="ticket_has_one_holder",
            ),
        ),
    ]
