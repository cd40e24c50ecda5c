"""Teams, and whose calls an agent sees.

Until now everybody saw all calls. Where there are people whom this would shut out, it makes a team of them and of all
profiles, so that an admin can divide it and nobody loses calls by an update.
"""

import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

import calls.models.fields


def keep_who_sees_what(apps, schema_editor):
    people = apps.get_model("calls", "User").objects.filter(role__in=["supervisor", "viewer"], is_superuser=False)
    profiles = apps.get_model("calls", "StreamingProfile").objects.all()
    if people and profiles:
        team = apps.get_model("calls", "Team").objects.create(name="Everyone")
        team.users.set(people)
        team.profiles.set(profiles)


class Migration(migrations.Migration):
    dependencies = [("calls", "0003_search")]

    operations = [
        migrations.CreateModel(
            name="Team",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=calls.models.fields.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=100)),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("profiles", models.ManyToManyField(related_name="teams", to="calls.streamingprofile")),
                ("users", models.ManyToManyField(related_name="teams", to=settings.AUTH_USER_MODEL)),
            ],
            options={"ordering": ["name", "id"]},
        ),
        migrations.AddConstraint(
            "team", models.UniqueConstraint(django.db.models.functions.text.Lower("name"), name="one_team_a_name")
        ),
        migrations.AddField("user", "agent_id", models.CharField(blank=True, max_length=64)),
        migrations.AddConstraint(
            "user",
            models.UniqueConstraint(
                condition=models.Q(("agent_id", ""), _negated=True), fields=("agent_id",), name="one_user_an_agent_id"
            ),
        ),
        migrations.AddIndex(
            "call",
            models.Index(
                condition=models.Q(("agent_id", ""), _negated=True), fields=["agent_id"], name="call_by_agent"
            ),
        ),
        migrations.AddIndex(
            "stream",
            models.Index(
                condition=models.Q(("agent_id", ""), _negated=True), fields=["agent_id"], name="stream_by_agent"
            ),
        ),
        migrations.RunPython(keep_who_sees_what, migrations.RunPython.noop),
    ]
