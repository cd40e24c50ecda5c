from django.apps import AppConfig


class BotsConfig(AppConfig):
    name = "bots"

    def ready(self) -> None:
        from bots.answering import make_answer
        from calls.session.participants import hooks

        hooks.make_answer = make_answer
