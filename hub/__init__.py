"""The project: settings, URLs, ASGI, server, Celery. May import everything; nothing imports it."""

from hub.celery import app as celery_app

__all__ = ["celery_app"]
