"""Addresses below `/api/v1/bots/`."""

from django.urls import path

from bots.api import views

urlpatterns = [
    path("", views.BotsView.as_view()),
    path("kinds/", views.BotKindsView.as_view()),
    path("validate/", views.BotValidateView.as_view()),
    path("<uuid:bot_id>/", views.BotView.as_view()),
    path("<uuid:bot_id>/versions/", views.BotVersionsView.as_view()),
    path("<uuid:bot_id>/restore/", views.BotRestoreView.as_view()),
]
