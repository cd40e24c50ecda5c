from django.urls import path

from calls.pages import calls, login, profiles

app_name = "pages"
urlpatterns = [
    path("", calls.wall, name="wall"),
    path("calls/", calls.history, name="calls"),
    path("calls/<uuid:call_id>/", calls.call, name="call"),
    path("profiles/", profiles.index, name="profiles"),
    path("profiles/new/", profiles.create, name="profile-new"),
    path("profiles/<uuid:profile_id>/", profiles.edit, name="profile"),
    path("profiles/<uuid:profile_id>/delete/", profiles.delete, name="profile-delete"),
    path("profiles/<uuid:profile_id>/embed-keys/", profiles.create_embed_key, name="profile-key-new"),
    path(
        "profiles/<uuid:profile_id>/embed-keys/<uuid:key_id>/revoke/",
        profiles.revoke_embed_key,
        name="profile-key-revoke",
    ),
    path("profiles/refused/<int:refused_id>/dismiss/", profiles.dismiss_refused, name="refused-dismiss"),
    path("login/", login.LoginPage.as_view(), name="login"),
    path("logout/", login.LogoutPage.as_view(), name="logout"),
]
