"""Addresses below `/bots/`."""

from django.urls import path

from bots.pages import views

app_name = "bots"
urlpatterns = [
    path("", views.index, name="bots"),
    path("new/", views.choose_kind, name="bot-new"),
    path("new/<slug:kind>/", views.create, name="bot-create"),
    path("<uuid:bot_id>/", views.edit, name="bot"),
    path("<uuid:bot_id>/console/", views.console, name="bot-console"),
    path("<uuid:bot_id>/versions/", views.versions, name="bot-versions"),
    path("<uuid:bot_id>/versions/<int:number>/", views.version, name="bot-version"),
    path("<uuid:bot_id>/versions/<int:number>/restore/", views.restore, name="bot-restore"),
    path("<uuid:bot_id>/delete/", views.delete, name="bot-delete"),
]
