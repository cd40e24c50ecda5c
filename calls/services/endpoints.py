"""The addresses that admins configure at vendors."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext_noop

from calls.models import StreamingProfile
from calls.vendors import VENDORS
from calls.vendors.base import with_defaults

OPEN_WARNING = gettext_noop(
    "Whoever knows the address can send calls: give it a secret, and set the same at the vendor."
)

TOKEN, SLUG = "<token>", "<slug>"  # as vendors' data writes them


def endpoint_url(profile: StreamingProfile) -> str:
    """The public address of the hub for this profile, as a WebSocket. Where it holds a secret, `<token>` stands for it."""
    url = urlsplit(settings.HUB_PUBLIC_URL)
    path = VENDORS[profile.vendor].endpoint.shown.replace(SLUG, profile.slug)
    return f"{'wss' if url.scheme == 'https' else 'ws'}://{url.netloc}{path}"


def endpoint_url_with_secret(profile: StreamingProfile) -> str | None:
    """The whole address; None where it holds no secret."""
    url = endpoint_url(profile)
    return url.replace(TOKEN, profile.secret) if TOKEN in url else None


def simulator_arguments(profile: StreamingProfile, secret: str) -> list[str]:
    """What makes `manage.py simulate` a stream of this profile, beside the address. `secret`: "" sends none."""
    vendor = VENDORS[profile.vendor]
    words = list(vendor.simulator.from_options(with_defaults(vendor, profile.options)))
    if vendor.endpoint.profile_by == "product":
        words += ["--product-type", profile.get_product_type_display(), "--product-id", profile.product_id]
        if profile.sub_account_id:
            words += ["--sub-account", profile.sub_account_id]
    if secret and vendor.endpoint.profile_by != "token":
        words += ["--secret", secret]
    return words


def is_open(profile: StreamingProfile) -> bool:
    """Whoever knows the profile's name may stream: it has no secret, and its vendor proves itself by nothing else."""
    return VENDORS[profile.vendor].endpoint.profile_by == "slug" and not profile.secret
