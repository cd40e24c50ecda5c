"""Every HTTP address of the package."""

from django.urls import URLPattern, URLResolver, include, path

from calls.consumers.probe import probe_urls

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/", include("calls.api.urls")),
    *probe_urls(),
    path("", include("calls.embed.urls")),
    path("", include("calls.pages.urls")),
]
