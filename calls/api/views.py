"""What all views of the API share."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve
from django.views.decorators.csrf import csrf_exempt
from rest_framework.views import APIView

from calls.api.problems import NO_STORE, problem_response


class HubView(APIView):
    """Readable by everybody who is logged in, writable by admins, unless a view says otherwise."""

    http_method_names = ["get", "post", "put", "patch", "delete", "head"]
    role = "read"
    read_scope = "read"
    write_scope = "admin"

    @property
    def default_response_headers(self) -> dict[str, str]:
        return {**super().default_response_headers, **NO_STORE}


class AdminView(HubView):
    """For admins; a key of theirs with the scope `read` still reads."""

    role = "admin"


@csrf_exempt
def not_found(request: HttpRequest) -> HttpResponse:
    """Any other address below `/api/`."""
    detail = ""
    if not request.path.endswith("/"):
        try:
            if resolve(request.path + "/").func is not not_found:
                detail = "Addresses of the API end with a slash: add it."
        except Resolver404:
            pass
    return problem_response(404, detail=detail)
