from django.urls import include, path

from hub import health

urlpatterns = [
    path("livez", health.livez),
    path("health", health.livez),
    path("readyz", health.readyz),
    path("", include("calls.urls")),
]
