"""Headers that every page carries."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; media-src 'self' blob:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors {ancestors}"
)


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
