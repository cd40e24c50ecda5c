"""`/metrics` for Prometheus: what the database knows of all processes, and what this one knows of itself.

With several processes behind one address each scrape meets one of them: scrape them one by one, or read only those
that say "of all processes".
"""

from __future__ import annotations

import hmac
from collections import Counter
from collections.abc import Iterator

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponse
from prometheus_client import CollectorRegistry, Histogram, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from calls import live
from calls.models import Call, Recording, RefusedStream, SkippedPassage, Stream, Summary, WebhookDelivery
from calls.models.calls import State
from calls.session.reporting import health
from calls.session.runtime import get_runtime

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
HTTP = Histogram(
    "callhub_http_seconds",
    "Time to an answer, by method, address and status. Of this process.",
    ["method", "view", "status"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
    registry=REGISTRY,
)


class Gauges:
    """A collector of one scrape."""

    def __init__(self, metrics: list[Metric]) -> None:
        self.metrics = metrics

    def collect(self) -> Iterator[Metric]:
        yield from self.metrics


async def metrics(request: HttpRequest) -> HttpResponse:
    """For whoever brings `HUB_METRICS_TOKEN` as bearer; without such a setting for this machine only."""
    if not may_read(request):
        return HttpResponse(
            "Send HUB_METRICS_TOKEN as 'Authorization: Bearer …'.\n", status=401, content_type="text/plain"
        )
    registry = CollectorRegistry()
    registry.register(Gauges([*of_this_process(), *await sync_to_async(of_all_processes)()]))
    body = generate_latest(registry) + generate_latest(REGISTRY)
    return HttpResponse(body, content_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})


def may_read(request: HttpRequest) -> bool:
    if settings.HUB_METRICS_TOKEN:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), settings.HUB_METRICS_TOKEN.encode())
    is_forwarded = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    return not is_forwarded and request.META.get("REMOTE_ADDR") in ("127.0.0.1", "::1")


def of_this_process() -> Iterator[Metric]:
    runtime, publisher = get_runtime(), live.start()
    streams = Counter(session.vendor.name for session in runtime.sessions)
    yield gauge("callhub_streams", "Live streams, by vendor. Of this process.", "vendor", streams)
    lags = [health(session)["recognizerLagMs"] / 1000 for session in runtime.sessions]
    yield GaugeMetricFamily(
        "callhub_recognizer_lag_seconds_max", "The worst lag. Of this process.", max(lags, default=0)
    )
    waiting = {"transcript": len(runtime.writer.waiting), "live": len(publisher.queue)}
    yield gauge("callhub_queue", "What waits for the database or the channel layer. Of this process.", "queue", waiting)
    dropped = CounterMetricFamily("callhub_live_events_dropped", "Live events that found the queue full.")
    dropped.add_metric([], publisher.dropped)
    yield dropped
    yield GaugeMetricFamily("callhub_draining", "1 while no new stream is taken.", int(runtime.draining))
    frames: Counter[str] = Counter()
    for session in runtime.sessions:
        for track in session.timeline.tracks.values():
            frames.update({name: count for name, count in track.counters().items() if isinstance(count, int)})
    yield gauge("callhub_live_frames", "Frames of the streams that are live. Of this process.", "kind", frames)


def of_all_processes() -> list[Metric]:
    live_calls = Call.objects.live().order_by().values_list("vendor").annotate(Count("id"))
    live_streams = Stream.objects.filter(state=State.LIVE).count()
    refused = RefusedStream.objects.order_by().values_list("vendor").annotate(Sum("count"))
    pending = {
        "recordings": Recording.objects.filter(state=Recording.State.PENDING).count(),
        "passages": SkippedPassage.objects.filter(state=SkippedPassage.State.PENDING).count(),
        "summaries": Summary.objects.filter(state=Summary.State.PENDING).count(),
        "webhooks": WebhookDelivery.objects.filter(state=WebhookDelivery.State.PENDING, webhook__enabled=True).count(),
    }
    return [
        gauge("callhub_calls_live", "Live calls, by vendor. Of all processes.", "vendor", dict(live_calls)),
        GaugeMetricFamily("callhub_streams_live", "Live streams. Of all processes.", live_streams),
        gauge("callhub_refused_streams", "Refused streams that nobody dealt with.", "vendor", dict(refused)),
        gauge("callhub_due_work", "Rows that background work still has to do. Of all processes.", "kind", pending),
    ]


def gauge(name: str, text: str, label: str, values: dict[str, int] | Counter[str]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=[label])
    for value, count in sorted(values.items()):
        family.add_metric([value], count)
    return family
