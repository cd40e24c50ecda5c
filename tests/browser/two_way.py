"""A call as AudioCodes or Ringover streams it, from a thread: the tests' own clients, and what they got of the hub."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Any

from tests.server import HubServer
from tests.two_way.clients import AudioCodes, Ringover, open_peer

SECRET = "s3cret"
MENU = """
nodes:
  welcome:
    say: Welcome to Acme. Would you like orders or support?
    listen: 60
    choices:
      orders:
        key: 1
        go: orders
      support:
        key: 2
        go: welcome
  orders:
    say: Your order is on its way.
    go: welcome
"""
MAKE = """
import json
from bots.models import Bot
from calls.models import StreamingProfile, Team
from calls.services.profiles import save_profile
bot = Bot.objects.create(name="Front desk", kind="menu", document=%r)
paths = {}
for name, fields in {
    "audiocodes": {"vendor": "audiocodes", "slug": "desk"},
    "bot": {"vendor": "audiocodes", "slug": "bot", "bot": bot},
    "ringover": {"vendor": "ringover"},
}.items():
    secret = {} if name == "ringover" else {"secret": %r, "options": {"hangupWaitSeconds": 1}}
    profile = StreamingProfile(name=name.capitalize() + " line", default_region="US", **fields, **secret)
    save_profile(profile)
    for team in Team.objects.all():
        team.profiles.add(profile)
    StreamingProfile.objects.filter(id=profile.id).update(recognizer="off")  # these callers are silent
    paths[name] = f"/ws/{profile.vendor}/{profile.slug or profile.secret}/"
print(json.dumps(paths))
"""


def make_lines(hub: HubServer) -> dict[str, str]:
    """Addresses by name: of AudioCodes with and without a bot, and of Ringover. National numbers are American."""
    paths = json.loads(hub.shell(MAKE % (MENU, SECRET)))
    return {name: hub.ws_url + path for name, path in paths.items()}


class TwoWayCaller:
    """`with TwoWayCaller(url, "+12025550101") as caller:` is live meanwhile; `caller.peer` holds what the hub said."""

    def __init__(self, url: str, number: str, **facts: Any) -> None:
        self.url, self.number, self.facts = url, number, facts
        self.kind: type[Any] = Ringover if "/ringover/" in url else AudioCodes
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.stack = AsyncExitStack()
        self.peer: Any = None

    def __enter__(self) -> TwoWayCaller:
        self.thread.start()
        self.run(self.begin())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.run(self.stack.aclose())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)
        self.loop.close()

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(20)

    def until(self, wanted: Callable[[Any], bool]) -> Any:
        return self.run(self.peer.until(wanted))

    def say(self, type: str, **fields: Any) -> None:
        self.run(self.peer.say(type, **fields))

    def activity(self, name: str) -> Any:
        return self.run(self.peer.activity(name))

    async def begin(self) -> None:
        secret = SECRET if self.kind is AudioCodes else ""
        self.peer = await self.stack.enter_async_context(open_peer(self.kind, self.url, secret))
        if self.kind is AudioCodes:
            await self.peer.initiate(f"call-{self.number}", ["raw/mulaw"])
            await self.peer.start(caller=self.number)
            await self.peer.open_stream()
        else:
            await self.peer.send({"uuid": f"call-{self.number}", "from_number": self.number, **self.facts})
        talking = asyncio.ensure_future(self.talk())
        self.stack.callback(talking.cancel)

    async def talk(self) -> None:
        """Silence in real time, until the hub hangs up."""
        while self.peer.socket.state.name == "OPEN":
            if self.kind is AudioCodes:
                await self.peer.chunk(b"\xff" * 160)
            else:
                await self.peer.socket.send(bytes(320))
            await asyncio.sleep(0.02)
