"""`/profiles/<id>/test/`: who gets it, and for which vendors."""

from __future__ import annotations

import re

import pytest

from bots.models import Bot
from calls.models import StreamingProfile
from calls.vendors import VENDORS


@pytest.fixture
def line(db: None) -> StreamingProfile:
    bot = Bot.objects.create(name="Line check", kind="echo")
    return StreamingProfile.objects.create(vendor="audiocodes", name="Voice line", slug="voice-line", bot=bot)


def test_only_admins_test_a_profile(browse, client, admin, supervisor, agent, viewer, line):
    path = f"/profiles/{line.id}/test/"
    assert client.get(path)["Location"] == f"/login/?next={path}"
    for user in (supervisor, agent, viewer):
        assert browse(user).get(path).status_code == 403
    text = browse(admin).get(path).content.decode()
    assert 'data-path="/ws/audiocodes/voice-line/"' in text and "answered by Line check" in text
    assert f'href="{path}"' in browse(admin).get(f"/profiles/{line.id}/").content.decode()


@pytest.mark.parametrize("vendor", [vendor.name for vendor in VENDORS.values() if not vendor.test_page])
def test_other_vendors_have_no_such_page(browse, admin, vendor):
    profile = StreamingProfile.objects.create(vendor=vendor, name="Other", product_id="1", secret="s")
    assert browse(admin).get(f"/profiles/{profile.id}/test/").status_code == 404
    assert "/test/" not in browse(admin).get(f"/profiles/{profile.id}/").content.decode()


def test_what_would_go_wrong_is_said_beforehand(browse, admin, line):
    line.bot, line.enabled = None, False
    line.save()
    path = f"/profiles/{line.id}/test/"
    assert "The profile is switched off" in browse(admin).get(path).content.decode()
    StreamingProfile.objects.update(enabled=True)
    assert "No bot answers here" in browse(admin).get(path).content.decode()


def test_every_format_is_offered(browse, admin, line):
    text = browse(admin).get(f"/profiles/{line.id}/test/").content.decode()
    offered = re.findall(r"<option[^>]*>((?:raw|wav)/\w+)</option>", text)
    assert offered == [name for name in VENDORS["audiocodes"].options["mediaFormat"].choices if name != "auto"]


def test_the_page_holds_no_inline_script_or_style(browse, admin, line):
    response = browse(admin).get(f"/profiles/{line.id}/test/")
    text = response.content.decode()
    assert "script-src 'self'" in response["Content-Security-Policy"]
    assert "style=" not in text and "<style" not in text and "onclick" not in text
    assert all("src=" in tag for tag in text.split("<script")[1:])
