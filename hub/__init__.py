"""The project: settings, URLs, ASGI, server, Celery. May import everything; nothing imports it."""
