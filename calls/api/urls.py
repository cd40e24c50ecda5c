"""Addresses below `/api/`."""

from django.urls import path, re_path

from calls.api import call_views, docs_views, embed_views, key_views, profile_views
from calls.api.views import not_found

urlpatterns = [
    path("v1/profiles/", profile_views.ProfilesView.as_view()),
    path("v1/profiles/<uuid:profile_id>/", profile_views.ProfileView.as_view()),
    path("v1/profiles/<uuid:profile_id>/embed-keys/", profile_views.EmbedKeysView.as_view()),
    path("v1/profiles/<uuid:profile_id>/embed-keys/<uuid:key_id>/", profile_views.EmbedKeyView.as_view()),
    path("v1/refused-streams/", profile_views.RefusedStreamsView.as_view()),
    path("v1/calls/", call_views.CallsView.as_view()),
    path("v1/calls/<uuid:call_id>/", call_views.CallView.as_view()),
    path("v1/calls/<uuid:call_id>/transcript/", call_views.TranscriptView.as_view()),
    path("v1/calls/<uuid:call_id>/recording/", call_views.RecordingView.as_view()),
    path("v1/embed/sessions/", embed_views.EmbedSessionsView.as_view()),
    path("v1/embed/tickets/", embed_views.EmbedTicketsView.as_view()),
    path("v1/api-keys/", key_views.ApiKeysView.as_view()),
    path("v1/api-keys/<uuid:key_id>/", key_views.ApiKeyView.as_view()),
    path("schema/", docs_views.SchemaView.as_view(), name="api-schema"),
    path("docs/", docs_views.DocsView.as_view(), name="api-docs"),
    re_path("", not_found),
]
