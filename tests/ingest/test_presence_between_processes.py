"""Who is at a call in one process is seen on a wall in another, and forgotten when that process dies."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from tests.ingest.client import begin, ringcx
from tests.ingest.conftest import Api
from tests.ingest.test_commands_between_processes import web_process
from tests.server import HubServer

SESSION = """
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from calls.models import User
user = User.objects.create_user("maria", role="admin")
session = SessionStore()
session[SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
session.create()
print(session.session_key)
"""


async def told(socket: ClientConnection, call_id: str, wanted: list[str], seconds: float) -> None:
    async with asyncio.timeout(seconds):
        while True:
            message: Any = json.loads(await socket.recv())
            if message["type"] == "presence" and message["calls"].get(call_id) == wanted:
                return


async def test_people_of_another_process_are_on_the_wall() -> None:
    with HubServer(command=("serve",)) as hub, web_process(hub) as web:
        api = Api(hub)
        api.post("profiles/", {"productType": "QUEUE", "productId": 1234})
        cookie = f"hub_session={hub.shell(SESSION)}"

        def opened(url: str, path: str) -> connect:
            return connect(
                f"{url.replace('http', 'ws')}{path}", additional_headers={"Cookie": cookie}, origin=url, max_size=None
            )

        async with ringcx(f"{hub.ws_url}/") as stream:
            await begin(stream, callId="watched")
            call = await asyncio.to_thread(api.call, "watched")
            async with opened(web, "/ws/dashboard/") as wall:
                async with opened(hub.url, f"/ws/calls/{call['id']}/"):
                    await told(wall, call["id"], ["maria"], 15)
                    async with opened(web, "/ws/dashboard/") as later:
                        await told(later, call["id"], ["maria"], 15)
                await told(wall, call["id"], [], 15)
                async with opened(hub.url, f"/ws/calls/{call['id']}/"):
                    await told(wall, call["id"], ["maria"], 15)
                    hub.kill()
                    await told(wall, call["id"], [], 60)
