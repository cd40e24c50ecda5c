from django.urls import path

from calls.embed.views import page

app_name = "embed"
urlpatterns = [
    path("embed/", page, name="page"),
    path("client", page),  # the address that RingCentral's sample server made customary
    path("client/", page),
]
