from django.apps import AppConfig


class HubConfig(AppConfig):
    name = "hub"

    def ready(self) -> None:
        import hub.signin.recorded  # noqa: F401  (its receivers)
