"""Signing in beyond user name and password: single sign-on by OpenID Connect, and a second factor. django-allauth does
the work; what is ours is who may come in, and as what."""
