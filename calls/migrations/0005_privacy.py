from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("calls", "0004_teams")]
    operations = [
        migrations.AddField("streamingprofile", "mask", models.JSONField(blank=True, db_default=[], default=list)),
        migrations.AddField("streamingprofile", "retention_days", models.PositiveIntegerField(blank=True, null=True)),
        migrations.AddField("call", "mask", models.JSONField(db_default=[], default=list)),
        migrations.AddField("call", "retention_days", models.PositiveIntegerField(null=True)),
        migrations.AddField("segment", "masked", models.JSONField(db_default=[], default=list)),
        migrations.AddField("command", "is_masked", models.BooleanField(db_default=False, default=False)),
    ]
