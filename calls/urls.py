"""Every HTTP address of the package."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/", include("calls.api.urls")),
    path("", include("calls.embed.urls")),
    path("", include("calls.pages.urls")),
]
