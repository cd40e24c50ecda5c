"""The command that sends a profile a simulated call."""

from __future__ import annotations

import shlex

from calls.models import StreamingProfile
from calls.models.profiles import SecretCheck, Vendor
from calls.services.profile_rules import endpoint_url


def command_for(profile: StreamingProfile | None) -> str:
    words = ["python", "manage.py", "simulate", "ringcx", "--url", endpoint_url(Vendor.RINGCX)]
    if profile is not None:
        words += ["--product-type", profile.get_product_type_display(), "--product-id", profile.product_id]
        if profile.sub_account_id:
            words += ["--sub-account", profile.sub_account_id]
        if profile.secret and profile.secret_check == SecretCheck.ENFORCE:
            words += ["--secret", "SECRET"]
    return shlex.join(words)
