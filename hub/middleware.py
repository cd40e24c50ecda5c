"""Headers that every page carries."""

import time
from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import sync_and_async_middleware

from hub.metrics import HTTP

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; media-src 'self' blob:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors {ancestors}"
)


@sync_and_async_middleware
def timing(get_response: Any) -> Any:
    """Measures how long answers take, for `/metrics`. Ids in addresses are no labels: the route is."""

    def note(request: HttpRequest, response: HttpResponse, began: float) -> HttpResponse:
        route = request.resolver_match.route if request.resolver_match else ""
        method = request.method if request.method in METHODS else "other"
        HTTP.labels(method, route, response.status_code).observe(time.perf_counter() - began)
        return response

    if iscoroutinefunction(get_response):

        async def timed_async(request: HttpRequest) -> HttpResponse:
            began = time.perf_counter()
            return note(request, await get_response(request), began)

        return timed_async

    def timed(request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        return note(request, get_response(request), began)

    return timed


class ContentSecurityPolicyMiddleware:
    """A strict policy without inline script or style. A view widens `frame-ancestors` by setting
    `response.frame_ancestors` to a list of origins; every other page can't be framed at all."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        ancestors = " ".join(getattr(response, "frame_ancestors", ())) or "'none'"
        response.headers.setdefault("Content-Security-Policy", POLICY.format(ancestors=ancestors))
        if ancestors == "'none'":
            response.headers.setdefault("X-Frame-Options", "DENY")
        return response
