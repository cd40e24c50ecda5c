"""Bots for admins: the list, the editor, the console, what was before, and the end of a bot."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from bots.kinds import KINDS
from bots.models import Bot
from bots.pages.differences import compare
from bots.pages.settings import SettingsForm
from bots.services import bots as service
from calls.pages.access import for_admins, requester_of

START = (Path(__file__).parent / "start.yaml").read_text()
SHOWN_VERSIONS = 200


@for_admins
def index(request: HttpRequest) -> HttpResponse:
    bots = [(bot, KINDS[bot.kind]) for bot in Bot.objects.prefetch_related("profiles")]
    return render(request, "bots.html", {"bots": bots, "kinds": KINDS.values()})


@for_admins
def choose_kind(request: HttpRequest) -> HttpResponse:
    return render(request, "bot_new.html", {"kinds": KINDS.values()})


@for_admins
def create(request: HttpRequest, kind: str) -> HttpResponse:
    if kind not in KINDS:
        raise Http404(gettext("There is no such kind of bot."))
    bot = Bot(kind=kind, document=START if KINDS[kind].has_document else "")
    return _editor(request, bot, is_new=True)


@for_admins
def edit(request: HttpRequest, bot_id: UUID) -> HttpResponse:
    return _editor(request, get_object_or_404(Bot, id=bot_id), is_new=False)


def _editor(request: HttpRequest, bot: Bot, *, is_new: bool) -> HttpResponse:
    context = {
        "bot": bot,
        "kind": KINDS[bot.kind],
        "is_new": is_new,
        "form": SettingsForm(bot),
        "profiles": [] if is_new else bot.profiles.all(),
    }
    return render(request, "bot.html", context)


@for_admins
def console(request: HttpRequest, bot_id: UUID) -> HttpResponse:
    bot = get_object_or_404(Bot, id=bot_id)
    return render(request, "bot_console.html", {"bot": bot, "kind": KINDS[bot.kind]})


@for_admins
def versions(request: HttpRequest, bot_id: UUID) -> HttpResponse:
    bot = get_object_or_404(Bot, id=bot_id)
    context = {"bot": bot, "versions": bot.versions.all()[:SHOWN_VERSIONS], "most": SHOWN_VERSIONS}
    return render(request, "bot_versions.html", context)


@for_admins
def version(request: HttpRequest, bot_id: UUID, number: int) -> HttpResponse:
    """An older version beside the newest: what a restore would bring back."""
    bot = get_object_or_404(Bot, id=bot_id)
    shown = get_object_or_404(bot.versions, version=number)
    context = {"bot": bot, "version": shown, "kind": KINDS[shown.kind], "parts": compare(bot, shown)}
    return render(request, "bot_version.html", context)


@for_admins
@require_POST
def restore(request: HttpRequest, bot_id: UUID, number: int) -> HttpResponse:
    bot = get_object_or_404(Bot, id=bot_id)
    wanted = get_object_or_404(bot.versions, version=number)
    seen = request.POST.get("current", "")
    try:
        service.restore_version(
            bot, wanted, by=requester_of(request), expected_version=int(seen) if seen.isdecimal() else None
        )
    except service.VersionConflict:
        told = gettext("Somebody saved the bot meanwhile. Nothing was restored: look again, then decide.")
        messages.error(request, told)
        return redirect("bots:bot-version", bot_id, number)
    except service.NotValid as error:
        problems = " ".join(finding.detail for finding in error.findings)
        told = gettext("This version can't be restored, it has errors by now: %(problems)s")
        messages.error(request, told % {"problems": problems})
        return redirect("bots:bot-version", bot_id, number)
    told = gettext("Version %(number)s is back, as version %(newest)s.")
    messages.success(request, told % {"number": number, "newest": bot.version})
    return redirect("bots:bot", bot_id)


@for_admins
def delete(request: HttpRequest, bot_id: UUID) -> HttpResponse:
    bot = get_object_or_404(Bot, id=bot_id)
    if request.method == "POST":
        try:
            service.delete_bot(bot, by=requester_of(request))
        except service.InUse:
            return redirect("bots:bot-delete", bot_id)  # which says where
        messages.success(request, gettext("“%(name)s” is deleted.") % {"name": bot.name})
        return redirect("bots:bots")
    return render(request, "bot_delete.html", {"bot": bot, "profiles": bot.profiles.all()})
