"""A plain GET or POST on a vendor's socket address: how some vendors check that the hub is there and lets them in."""

from __future__ import annotations

import logging

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.urls import URLPattern, path
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from calls.consumers.ingest import REFUSAL_HEADERS
from calls.session import admission
from calls.session.runtime import get_runtime
from calls.vendors import VENDORS
from calls.vendors.base import VendorInfo

log = logging.getLogger(__name__)


def probe_urls() -> list[URLPattern]:
    return [
        path(route, csrf_exempt(never_cache(probe)), {"vendor": vendor})
        for vendor in VENDORS.values()
        if vendor.endpoint.probe is not None
        for route in vendor.endpoint.spellings
    ]


async def probe(request: HttpRequest, vendor: VendorInfo, address: str = "") -> HttpResponse:
    """Answers as the vendor wants it, to those whom the socket would let in."""
    if request.method not in ("GET", "HEAD", "POST"):
        return HttpResponseNotAllowed(["GET", "POST"])
    runtime = get_runtime()
    if runtime.draining or runtime.is_full():
        return refuse(503, "The hub is restarting or full: try again.")
    query = request.META["QUERY_STRING"].encode("latin-1", "replace")
    headers = [(name.lower().encode(), value.encode("latin-1", "replace")) for name, value in request.headers.items()]
    handshake = vendor.read_handshake(query, headers, address)
    try:
        decision = await runtime.database(admission.at_handshake, vendor=vendor, handshake=handshake, query=query)
    except Exception:
        log.exception("a probe could not be admitted")
        return refuse(503, "The hub can't reach its database: try again.")
    if isinstance(decision, admission.Refused):
        log.warning("a probe of %s was refused: %s", vendor.label, decision.reason)
        return refuse(vendor.endpoint.refusal, decision.told)
    return JsonResponse(vendor.endpoint.probe)


def refuse(status: int, told: str) -> HttpResponse:
    answer = HttpResponse(told, status=status, content_type="text/plain; charset=utf-8")
    if status in REFUSAL_HEADERS:
        name, value = REFUSAL_HEADERS[status]
        answer[name.decode()] = value.decode()
    return answer
