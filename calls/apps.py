from django.apps import AppConfig
from django.db.backends.signals import connection_created


class CallsConfig(AppConfig):
    name = "calls"

    def ready(self) -> None:
        from calls.search.conditions import add_to_sqlite

        connection_created.connect(add_to_sqlite)
