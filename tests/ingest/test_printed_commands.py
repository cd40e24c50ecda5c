"""The command on a profile's page sends that profile a call."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest

from calls.vendors import VENDORS
from tests.ingest.conftest import Api
from tests.server import HubServer

BODIES: dict[str, dict[str, Any]] = {
    "ringcx": {"productType": "CAMPAIGN", "productId": 77, "secret": "a-long-secret", "secretCheck": "enforce"},
    "ringover": {},
    "audiocodes": {"secret": "a-long-secret"},
}
PRINT = """
from calls.models import StreamingProfile
from calls.pages.simulation import command_for
print(command_for(StreamingProfile.objects.get(id={id!r}), reveal=True))
"""


@pytest.mark.parametrize("vendor", VENDORS)
def test_it_works_as_it_is_printed(hub: HubServer, api: Api, vendor: str) -> None:
    profile = api.post("profiles/", {"vendor": vendor, "name": "Printed", **BODIES[vendor]})
    program, manage, *arguments = shlex.split(hub.shell(PRINT.format(id=profile["id"])))
    assert (Path(program).name.startswith("python"), manage) == (True, "manage.py")
    hub.manage(*arguments, "--seconds", "1")
    (call,) = api.get(f"calls/?profile={profile['id']}")["results"]
    assert call["vendor"] == vendor
    assert call["productId"] == ("77" if vendor == "ringcx" else None)
