from django.urls import include, path

from hub import health, metrics
from hub.words import words

urlpatterns = [
    path("livez", health.livez),
    path("health", health.livez),
    path("readyz", health.readyz),
    path("metrics", metrics.metrics),
    path("language/", include("django.conf.urls.i18n")),
    path("words/<slug:language>.js", words, name="words"),
    path("api/v1/bots/", include("bots.api.urls")),
    path("bots/", include("bots.pages.urls")),
    path("", include("hub.signin.urls")),
    path("", include("calls.urls")),
]
