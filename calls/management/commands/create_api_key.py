"""Makes an API key from the command line, for scripts and for the first one of an installation."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from calls.models import ApiKey, User
from calls.services import accounts


class Command(BaseCommand):
    help = "Make an API key and print it, alone, on standard output. It is never shown again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="what the key is for")
        parser.add_argument("--scope", choices=ApiKey.Scope.values, required=True)
        parser.add_argument("--owner", metavar="USERNAME", help="whose rights bound it (default: the first admin)")

    def handle(self, *args: Any, **options: Any) -> None:
        name, scope = options["name"].strip(), options["scope"]
        if not 0 < len(name) <= 100:
            raise CommandError("Give a name of 1 to 100 characters.")
        owner = self.owner(options["owner"])
        if not accounts.includes(accounts.right_of(owner), scope):
            self.stderr.write(
                f"Note: {owner.username} may do no more than '{accounts.right_of(owner)}', and so may this key."
            )
        _, text = accounts.create_api_key(name=name, owner=owner, scope=scope)
        self.stdout.write(text)

    def owner(self, username: str | None) -> User:
        if username is None:
            owner = accounts.first_admin()
            if owner is None:
                raise CommandError(
                    "There is no active admin yet. Make one with 'manage.py createsuperuser', or name --owner."
                )
            return owner
        user = User.objects.filter(username=username, is_active=True).first()
        if user is None:
            raise CommandError(f"There is no active user {username!r}.")
        return user
