"""Acting on live Ringover calls by its REST API. The only module of this folder that does I/O.

The API acts on channels, and a stream hardly ever tells its own: the list of live calls says which channel it is.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence

import httpx2

from calls.commands import Command
from calls.events import CallInfo
from calls.vendors.base import ActionFailed
from calls.vendors.budget import Budget, Spent
from calls.vendors.ringover.facts import call_ids, channel_ids
from calls.vendors.values import read_text

BASE, BASE_US = "https://public-api.ringover.com/v2", "https://public-api-us.ringover.com/v2"
# By command. The toggles go both ways: Ringover doesn't say which way it went.
EVENTS = {"hangup": "hangup", "hold": "hold/toggle", "mute": "mute/toggle", "recording": "record/toggle"}
CALLS_A_SECOND = 2  # on a route: Ringover's limit
SECOND = 1.1  # what arrives may lie closer together than what was sent
WAIT_SECONDS = 3.0  # for a place within the limit
REQUEST_SECONDS, CONNECT_SECONDS = 10.0, 5.0
LIMIT = 1000  # live calls in an answer

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*", re.ASCII)  # one segment of a path
_KEY = re.compile(r"[\x21-\x7e]+")
NOT_KNOWN = "whether it was done is not known, so look at the call before you try again."


class RingoverActions:
    """One account's API key in one process."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self.key, self.base = fields["apiKey"].strip(), (fields.get("baseUrl") or BASE).rstrip("/")
        self.http = httpx2.AsyncClient(timeout=httpx2.Timeout(REQUEST_SECONDS, connect=CONNECT_SECONDS))
        self.budgets: dict[str, Budget] = {}  # by route

    async def perform(self, command: Command, call: CallInfo) -> str:
        event = EVENTS.get(command.type)
        if event is None:
            raise ActionFailed(f"Ringover's REST API has no {command.type}.")
        channel = find_channel(await self.live_calls(), call)
        answer = await self.post(event, f"/channels/{channel}/events/{event}")
        match answer.status_code:
            case 200 | 201 | 204:
                return "Ringover confirmed it."
            case 404:
                raise ActionFailed("Ringover knows the call's channel no more (404): the call is over.")
            case 502:
                raise ActionFailed(f"Ringover's telephone servers gave it no answer (502); {NOT_KNOWN}")
        raise _refusal(answer)

    async def check(self, account_id: str) -> str:
        calls = await self.live_calls()
        return f"Ringover takes the API key. It shows {len(calls)} live call{'' if len(calls) == 1 else 's'}."

    async def close(self) -> None:
        await self.http.aclose()

    async def live_calls(self) -> Sequence[Mapping[str, object]]:
        answer = await self.post("current", "/calls/current", {"limit_count": LIMIT, "limit_offset": 0})
        if answer.status_code == 204:  # none
            return []
        if answer.status_code not in (200, 201):
            raise _refusal(answer)
        try:
            body = answer.json()
        except ValueError:
            raise ActionFailed("The list of live calls was no JSON: check the account's address.") from None
        found = body.get("current_calls_list") if isinstance(body, dict) else body
        return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []

    async def post(self, route: str, path: str, body: Mapping[str, object] | None = None) -> httpx2.Response:
        """Once more, a little later, where others use up the key's limit."""
        if not _KEY.fullmatch(self.key):
            raise ActionFailed("The account's API key is none: copy it once more from Ringover's dashboard.")
        await self.take_place(route)
        answer = await self.send(path, body)
        if answer.status_code == 429:
            await asyncio.sleep(SECOND)
            answer = await self.send(path, body)
        return answer

    async def send(self, path: str, body: Mapping[str, object] | None) -> httpx2.Response:
        """Errors name the host and the kind of trouble only: what httpx2 says may hold the key."""
        host = httpx2.URL(self.base).host
        headers = {"Authorization": self.key}
        try:
            return await self.http.post(self.base + path, json=body, headers=headers)
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            raise ActionFailed(f"{host} can't be reached ({type(error).__name__}): nothing was done.") from None
        except httpx2.TimeoutException:
            raise ActionFailed(f"{host} did not answer within {REQUEST_SECONDS:g} s; {NOT_KNOWN}") from None
        except httpx2.HTTPError as error:
            raise ActionFailed(f"{host} broke off ({type(error).__name__}); {NOT_KNOWN}") from None

    async def take_place(self, route: str) -> None:
        budget = self.budgets.setdefault(route, Budget(CALLS_A_SECOND, SECOND))
        try:
            wait = budget.take(asyncio.get_running_loop().time(), patience=WAIT_SECONDS)
        except Spent as spent:
            raise ActionFailed(
                f"Ringover takes {CALLS_A_SECOND} such requests a second, and more are waiting: try again in "
                f"{spent.seconds:.0f} s."
            ) from None
        if wait:
            await asyncio.sleep(wait)


def find_channel(calls: Sequence[Mapping[str, object]], call: CallInfo) -> str:
    """The channel of our call among the live ones: by the ids that the stream told, else by both phone numbers."""
    ours = _matching(calls, "call_id", call_ids(call)) or _matching(calls, "channel_id", channel_ids(call))
    if not ours and call.from_number and call.to_number:
        ends = [_digits(call.from_number), _digits(call.to_number)]
        ours = [each for each in calls if [_digits(each.get("from_number")), _digits(each.get("to_number"))] == ends]
    channels = {channel: each for each in ours if _ID.fullmatch(channel := _text(each, "channel_id"))}
    told = [channel for channel in channel_ids(call) if channel in channels]
    answered = [channel for channel, each in channels.items() if _text(each, "status").upper() == "ANSWERED"]
    for chosen in (told, answered if len(channels) > 1 else list(channels)):
        if len(chosen) == 1:
            return chosen[0]
    if channels:
        raise ActionFailed(
            "Ringover lists several channels for this call, and nothing tells which one streams: act in Ringover."
        )
    raise ActionFailed(
        "Ringover lists no live call with this stream's ids or numbers: it is over, or of another account."
    )


def _matching(calls: Sequence[Mapping[str, object]], name: str, ids: Sequence[str]) -> list[Mapping[str, object]]:
    return [each for each in calls if _text(each, name) in ids] if ids else []


def _text(entry: Mapping[str, object], name: str) -> str:
    """Ids exceed what a float holds, and come as number or string."""
    return read_text(entry.get(name), 200)


def _digits(number: object) -> str:
    return "".join(filter(str.isdecimal, read_text(number, 200)))


def _refusal(answer: httpx2.Response) -> ActionFailed:
    match answer.status_code:
        case 401:
            return ActionFailed(
                "Ringover refuses the API key (401): check that it is whole, may read and write calls with monitoring, and "
                "is of the address's region, Europe or the US."
            )
        case 403:
            return ActionFailed("The API key may not do this (403): let it read and write calls, with monitoring.")
        case 429:
            return ActionFailed("Ringover takes no more requests for now (429): try again in a few seconds.")
        case status if status >= 500:
            return ActionFailed(f"Ringover failed ({status}); {NOT_KNOWN}")
        case status:
            return ActionFailed(f"Ringover refused it ({status}).")
