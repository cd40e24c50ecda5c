from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("calls", "0011_presence")]
    operations = [
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["actor_name", "-at"], name="audit_of_name"),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["action", "-at"], name="audit_of_action"),
        ),
    ]
