"""Who is connected now, for admins."""

from __future__ import annotations

from asgiref.sync import async_to_sync
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from calls.pages.access import for_admins
from calls.services import connected as service


@for_admins
def index(request: HttpRequest) -> HttpResponse:
    return render(request, "connected.html", {"present": service.known(async_to_sync(service.call_roll)())})
