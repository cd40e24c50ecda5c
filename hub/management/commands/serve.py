import socket
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor


class Command(BaseCommand):
    help = "The production server. SIGTERM drains: live streams may end before it goes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, help="instead of the port of HUB_BIND")
        parser.add_argument("--workers", type=int, default=1, help="processes; more than one need REDIS_URL")
        parser.add_argument("--role", choices=["all", "ingest", "web"], default="all", help="what this process serves")
        parser.add_argument("--inherited-socket", type=int, help="used by --workers")
        parser.add_argument("--parent", type=int, help="used by --workers")

    def handle(self, *args: Any, **options: Any) -> None:
        from hub.server import bind, leave, serve, supervise

        if options["inherited_socket"] is not None:
            serve(socket.socket(fileno=options["inherited_socket"]), role=options["role"], parent=options["parent"])
            leave()
        if options["workers"] < 1:
            raise CommandError("--workers must be at least 1")
        if options["workers"] > 1 and not settings.REDIS_URL:
            raise CommandError(
                "Several processes share their live events through Redis: set REDIS_URL, or use one worker."
            )
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            raise CommandError("The database is not up to date: run manage.py migrate")
        connection.close()
        address = settings.HUB_BIND
        if options["port"] is not None:
            address = f"{address.rpartition(':')[0]}:{options['port']}"
        try:
            listener = bind(address)
        except (OSError, ValueError) as error:
            raise CommandError(str(error)) from None
        host, port = listener.getsockname()[:2]
        self.stdout.write(f"Call Hub on http://{host}:{port}")
        self.stdout.flush()
        if options["workers"] == 1:
            serve(listener, role=options["role"])
            leave()
        else:
            arguments = [sys.argv[0], "serve", "--role", options["role"]]
            supervise(listener, workers=options["workers"], arguments=arguments)
