"""Whether the process is alive, and whether it should be sent traffic."""

from asgiref.sync import sync_to_async
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse

from calls.session.runtime import get_runtime


def ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


async def livez(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


async def readyz(request: HttpRequest) -> JsonResponse:
    """503 while draining, or while the database can't be reached."""
    if get_runtime().draining:
        return JsonResponse({"status": "draining"}, status=503)
    try:
        await sync_to_async(ask_database)()
    except DatabaseError:
        return JsonResponse({"status": "no database"}, status=503)
    return JsonResponse({"status": "ok", "liveStreams": len(get_runtime().sessions)})
