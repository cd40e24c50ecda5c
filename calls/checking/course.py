"""What happens in a check, step by step; each step is written to the check's row as it goes.

How this works
    resolve     the public address has a name that leads somewhere
    tls         it takes connections, and its certificate is good
    probe       (where the vendor asks first) a plain request, and the vendor's own question, are answered
    upgrade     the connection becomes a WebSocket
    auth        the hub takes the test call, under this profile
    audio       both sides' frames arrive whole
    transcript  the recogniser understands what is said
    recording   (where calls are recorded) the file is made

A step that fails ends the check; those behind it are skipped. A warning doesn't.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, TypeVar
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_noop as _
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import InvalidStatus

from calls.checking import network, plan
from calls.checking.comparing import share_heard
from calls.checking.words import Trouble, closing_trouble, refusal_trouble
from calls.models import Call, ProfileCheck, Recording, StreamingProfile
from calls.models.calls import State
from calls.services import checks
from calls.session.database import in_thread
from calls.simulating import Refused, Report, converse, open_socket
from calls.stt import ENGINES, make_recognizer
from calls.stt.base import RecognizerUnavailable
from calls.vendors import VENDORS
from calls.vendors.simulation import SimulatedStream

LIMIT_SECONDS = 29.0
OPEN_SECONDS = 5.0  # from the upgrade to the call's row
AUDIO_SECONDS = 4.0
HEAR_SECONDS = 6.0  # after the last word
RECORD_SECONDS = 6.0
LOOK_SECONDS = 0.25
POOR = 0.4  # of the words: fewer heard is a warning
MANY_LOST = 0.01

R = TypeVar("R")


def step_names(profile: StreamingProfile) -> list[str]:
    probe = ["probe"] if VENDORS[profile.vendor].endpoint.probe is not None else []
    recording = ["recording"] if profile.record else []
    return ["resolve", "tls", *probe, "upgrade", "auth", "audio", "transcript", *recording]


class Step:
    """One step while it runs."""

    def __init__(self, row: dict[str, Any]) -> None:
        self.row = row

    def say(self, detail: str, **values: Any) -> None:
        self.row |= {"detail": detail, "values": {**self.row.get("values", {}), **values}}

    def warn(self, detail: str, advice: str, **values: Any) -> None:
        self.say(detail, **values)
        self.row |= {"state": "warning", "advice": advice}

    def skip(self, detail: str, **values: Any) -> None:
        self.say(detail, **values)
        self.row["state"] = "skipped"


class Check:
    def __init__(self, check: ProfileCheck) -> None:
        self.check, self.profile = check, check.profile
        self.vendor = VENDORS[self.profile.vendor]
        self.steps: list[dict[str, Any]] = check.steps
        self.threads = ThreadPoolExecutor(1, "hub-check")
        self.call: Call | None = None

    async def run(self) -> None:
        try:
            async with asyncio.timeout(LIMIT_SECONDS):
                await self.go()
        except (Trouble, TimeoutError):
            pass  # the step says it
        finally:
            await self.finish()
            self.threads.shutdown(wait=False)

    async def database(self, work: Callable[[], R]) -> R:
        return await in_thread(self.threads, work)

    async def note(self, **fields: Any) -> None:
        await self.database(lambda: checks.note_progress(self.check.id, steps=self.steps, **fields))

    @asynccontextmanager
    async def step(self, name: str) -> AsyncIterator[Step]:
        row = next(row for row in self.steps if row["name"] == name)
        row["state"], began = "running", time.monotonic()
        await self.note()
        try:
            yield Step(row)
        except Trouble as trouble:
            row |= {"state": "failed", "detail": trouble.detail, "advice": trouble.advice, "values": trouble.values}
            raise
        except (TimeoutError, asyncio.CancelledError):
            row |= {
                "state": "failed",
                "detail": _("It took too long."),
                "advice": _("Try again when the hub and its network are less busy."),
                "values": {},
            }
            raise
        except Exception as error:
            row |= {
                "state": "failed",
                "detail": _("The check itself failed: %(reason)s"),
                "advice": _("The hub's log has more."),
                "values": {"reason": f"{type(error).__name__}: {error}"[:300]},
            }
            raise
        else:
            row["state"] = "ok" if row["state"] == "running" else row["state"]
        finally:
            row["ms"] = round((time.monotonic() - began) * 1000)
        await self.note()

    async def finish(self) -> None:
        states = {row["state"] for row in self.steps}
        for row in self.steps:
            if row["state"] in ("waiting", "running"):
                row["state"] = "skipped"
        ended = "failed" if "failed" in states else "warned" if "warning" in states else "passed"
        await self.note(state=ended, finished_at=timezone.now())

    # The course

    async def go(self) -> None:
        address, typed = plan.address(self.profile)
        url = urlsplit(address)
        async with self.step("resolve") as step:
            self.look_at_address(url.scheme)
            addresses = await network.look_up(url, guarded=typed)
            step.say(_("%(host)s is %(addresses)s."), host=url.hostname, addresses=", ".join(addresses[:3]))
            if network.is_local(addresses):
                step.warn(
                    _("%(host)s is this machine itself, which no vendor can reach."),
                    _(
                        "Fine for a trial with simulated calls. For real ones, set HUB_PUBLIC_URL to the hub's public name."
                    ),
                    host=url.hostname,
                )
            elif network.is_private(addresses):
                step.warn(
                    _("%(host)s is %(addresses)s: an address of the inner network, which no vendor can reach."),
                    _("Look whether the name leads to a public address outside of this network."),
                )
        async with self.step("tls") as step:
            place, arrived = await network.connect(url, addresses)
            self.judge_encryption(step, arrived, local=network.is_local(addresses))
        call = plan.make_test_call(self.profile, self.check.vendor_call_id)
        stream, how = call.streams[0], network.reuse(place, url)
        if self.vendor.endpoint.probe is not None:
            async with self.step("probe") as step:
                await network.probe(url, stream.upgrade.headers, self.vendor.endpoint.probe)
                await self.ask_first(address, how)
                step.say(_("The hub answers what %(vendor)s asks first."), vendor=self.vendor.label)
        async with self.step("upgrade") as step:
            socket = await self.open(stream, address, how)
            step.say(_("The connection is a WebSocket."))
        report = Report(stream.label)
        talk = asyncio.create_task(converse(socket, stream, 1.0, report, lambda text: None))
        try:
            await self.listen(talk, report)
        finally:
            talk.cancel()
            await asyncio.wait({talk})
            socket.transport.abort()

    def look_at_address(self, scheme: str) -> None:
        if not self.profile.enabled:
            raise Trouble(
                _("The profile is switched off, so the hub refuses its streams."), _("Switch it on and save.")
            )
        if scheme not in ("ws", "wss"):
            raise Trouble(
                _("The streaming URL begins with %(scheme)s, not with wss."), _("Correct it and save."), scheme=scheme
            )

    def judge_encryption(self, step: Step, arrived: network.Arrived, *, local: bool) -> None:
        if not arrived.version:
            step.say(_("It takes connections, unencrypted."))
            if not local:
                step.warn(
                    _("It takes connections, but nothing encrypts them: whoever is in between can listen."),
                    _("Put a proxy with a certificate before the hub, and let HUB_PUBLIC_URL begin with https."),
                )
        elif arrived.days_left < network.FEW_DAYS:
            step.warn(
                _("The certificate ends in %(days)s days."),
                _("Renew it, or vendors will turn away."),
                days=arrived.days_left,
            )
        else:
            step.say(
                _("%(version)s, the certificate is good for %(days)s days."),
                version=arrived.version,
                days=arrived.days_left,
            )

    async def open(self, stream: SimulatedStream, address: str, how: dict[str, object]) -> ClientConnection:
        try:
            return await open_socket(stream, address, **how)
        except Refused as refused:
            cause = refused.__cause__
            if refused.status is None:
                raise Trouble(
                    _("No WebSocket came about: %(reason)s."),
                    _("Look at the proxy before the hub."),
                    reason=str(cause) or type(cause).__name__,
                ) from None
            body = (cause.response.body or b"") if isinstance(cause, InvalidStatus) else b""
            raise refusal_trouble(refused.status, bytes(body)[:40].decode("utf-8", "replace")) from None

    async def ask_first(self, address: str, how: dict[str, object]) -> None:
        """The vendor's own question whether somebody is there, on a connection of its own."""
        question = plan.make_preflight(self.profile)
        if question is None:
            return
        stream = question.streams[0]
        report = Report(stream.label)
        socket = await self.open(stream, address, how)
        try:
            async with asyncio.timeout(network.CONNECT_SECONDS):
                await converse(socket, stream, 1.0, report, lambda text: None)
        finally:
            socket.transport.abort()
        if report.faults:
            raise closing_trouble("; ".join(report.faults))

    # The call

    async def listen(self, talk: asyncio.Task[None], report: Report) -> None:
        async with self.step("auth") as step:
            self.call = await self.wait_for(self.find_call, OPEN_SECONDS, talk, report)
            if self.call is None:
                raise Trouble(
                    _("The connection stands, but no call arrived in this hub."),
                    _("Look whether the public URL leads to this hub, and not to another one or an older copy."),
                )
            if self.call.profile_id != self.profile.id:
                raise Trouble(_("Another profile took the call."), _("Look for one with the same product."))
            await self.note(call=self.call.id)
            if self.profile.secret:
                step.say(_("The hub took the call: address and secret fit."))
            else:
                step.say(_("The hub took the call. The profile has no secret that it could check."))
        async with self.step("audio") as step:
            if not await self.wait_for(self.has_audio, AUDIO_SECONDS, talk, report):
                raise Trouble(_("No audio arrived."), _("The hub's log says why."))
            await self.hear_out(talk)
            if report.faults:
                raise closing_trouble("; ".join(report.faults))
            await self.judge_frames(step)
        async with self.step("transcript") as step:
            await self.judge_transcript(step)
        if self.profile.record:
            async with self.step("recording") as step:
                if await self.wait_for(self.has_recording, RECORD_SECONDS):
                    step.say(_("It is finished."))
                else:
                    step.warn(
                        _("It is not finished yet."),
                        _(
                            "Look whether the background work runs: the sweep in the server, or Celery's worker and beat."
                        ),
                    )

    async def wait_for(
        self,
        look: Callable[[], R],
        seconds: float,
        talk: asyncio.Task[None] | None = None,
        report: Report | None = None,
    ) -> R:
        """What `look` finds in the database, as soon as it finds something; at last whatever it found."""
        deadline = time.monotonic() + seconds
        while True:
            found = await self.database(look)
            if found or time.monotonic() >= deadline:
                return found
            if talk is not None and talk.done() and report is not None and report.faults:
                raise closing_trouble("; ".join(report.faults))
            await asyncio.sleep(LOOK_SECONDS)

    def find_call(self) -> Call | None:
        return Call.objects.filter(vendor=self.profile.vendor, vendor_call_id=self.check.vendor_call_id).first()

    def has_audio(self) -> bool:
        return self.streams().filter(offset_ms__isnull=False).exists()

    def streams(self) -> Any:
        assert self.call is not None
        return self.call.streams.all()

    def has_recording(self) -> bool:
        return Recording.objects.filter(call=self.call).exclude(state=Recording.State.PENDING).exists()

    def heard(self) -> list[list[Any]]:
        assert self.call is not None
        rows = self.call.segments.order_by("start_ms", "id")
        return [list(row) for row in rows.values_list("track", "text", "start_ms", "confidence")]

    async def hear_out(self, talk: asyncio.Task[None]) -> None:
        """Shows what is understood while the call goes on."""
        while not talk.done():
            await asyncio.wait({talk}, timeout=LOOK_SECONDS)
            await self.note_heard()
        talk.result()

    async def note_heard(self) -> list[list[Any]]:
        heard = await self.database(self.heard)
        if heard != self.check.heard:
            self.check.heard = heard
            await self.note(heard=heard)
        return heard

    def has_ended(self) -> bool:
        assert self.call is not None
        return not Call.objects.filter(id=self.call.id, state=State.LIVE).exists()

    async def judge_frames(self, step: Step) -> None:
        await self.wait_for(self.has_ended, HEAR_SECONDS)
        counters = await self.database(lambda: [stream.counters for stream in self.streams()])
        tracks = [track for each in counters for track in each.get("tracks", {}).values()]
        frames, lost = (sum(track.get(name, 0) for track in tracks) for name in ("frames", "lost"))
        if lost > frames * MANY_LOST:
            step.warn(
                _("%(lost)s of %(frames)s frames were lost on the way."),
                _("Look at the proxy and at the load of this machine."),
                lost=lost,
                frames=frames + lost,
            )
        else:
            step.say(_("%(frames)s frames arrived, %(lost)s were lost."), frames=frames, lost=lost)

    async def judge_transcript(self, step: Step) -> None:
        name = self.profile.recognizer or settings.HUB_RECOGNIZER
        if name == "off":
            step.skip(_("The profile has no recogniser, so nothing is transcribed."))
            return
        wanted = set(plan.tracks_of(self.profile))
        deadline = time.monotonic() + HEAR_SECONDS
        heard = await self.note_heard()
        while not wanted <= {row[0] for row in heard} and time.monotonic() < deadline:
            await asyncio.sleep(LOOK_SECONDS)
            heard = await self.note_heard()
        if not heard:
            raise await self.silence(name)
        engine = ENGINES.get(name)
        if engine is not None and not engine.production:
            step.say(_("%(name)s gave its own text: it does not listen."), name=engine.capabilities.label)
            return
        if not self.profile.language.lower().startswith("en"):
            step.say(
                _("The test speaks English and the profile expects %(language)s, so words are not compared."),
                language=self.profile.language,
            )
            return
        got = {track: " ".join(row[1] for row in heard if row[0] == track) for track in wanted}
        share, words = share_heard((text, got[track]) for track, text in self.check.said if track in wanted)
        if share < words * POOR:
            step.warn(
                _("%(share)s of %(words)s words were understood."),
                _("Choose a better recogniser, or add phrases that callers use to the profile."),
                share=share,
                words=words,
            )
        else:
            step.say(_("%(share)s of %(words)s words were understood."), share=share, words=words)

    async def silence(self, name: str) -> Trouble:
        """Why there is no transcript."""
        try:
            options = settings.HUB_RECOGNIZER_OPTIONS.get(name, {})
            recognizer = make_recognizer(name, options, production=settings.PRODUCTION)
            async with asyncio.timeout(5):
                await recognizer.start()
            await recognizer.close()
        except RecognizerUnavailable as error:
            return Trouble("%(reason)s", _("Then check again, or choose another recogniser."), reason=str(error))
        except Exception as error:
            return Trouble(
                _("The recogniser %(name)s does not start: %(reason)s"),
                _("Choose another recogniser, or look at the hub's log."),
                name=name,
                reason=str(error) or type(error).__name__,
            )
        return Trouble(
            _("The recogniser %(name)s understood nothing."),
            _("Try it under Team, Recognisers, with a recording of yours. The hub's log may say more."),
            name=name,
        )
