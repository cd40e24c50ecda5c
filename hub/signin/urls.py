"""`/account/…`: what django-allauth shows. Local accounts sign in at `/login/`."""

from allauth.account import views
from django.conf import settings
from django.urls import include, path
from django.views.generic import RedirectView

from calls.pages.login import LoginPage, LogoutPage

urlpatterns = [
    path("login/", LoginPage.as_view(), name="account_login"),
    path("logout/", LogoutPage.as_view(), name="account_logout"),
    path("account/", RedirectView.as_view(pattern_name="mfa_index"), name="account_inactive"),
    path("account/reauthenticate/", views.reauthenticate, name="account_reauthenticate"),
    path("account/2fa/", include("allauth.mfa.urls")),
]
if settings.HUB_OIDC_ISSUER:
    urlpatterns += [
        path("account/", include("allauth.socialaccount.providers.openid_connect.urls")),
        path("account/connections/", include("allauth.socialaccount.urls")),
    ]
