"""Acting on live RingCX calls by its REST API. The only module of this folder that does I/O.

Two log-ins, one after the other: a JWT at RingCentral gives a RingCentral token, and that gives a RingCX access token
and a refresh token. Both live 5 minutes; each renewal brings a new pair. Parameters travel in the query, the answer is
`true` or `false`.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine, Mapping
from typing import Any, TypeVar

import httpx2

from calls.commands import Command
from calls.events import CallInfo
from calls.vendors.base import ActionFailed
from calls.vendors.budget import Budget, Spent

REQUESTS_A_MINUTE, EXCHANGES_A_MINUTE = 120, 5  # RingCX's limits
MINUTE = 60.5  # what arrives may lie closer together than what was sent
WAIT_SECONDS = 3.0  # for a place within the limits
REQUEST_SECONDS, CONNECT_SECONDS = 10.0, 5.0
COMMAND_SECONDS = 20.0  # everything together: log-in, renewal, the request itself
TOKEN_SECONDS = 280.0  # a little less than it lives

SESSION_TYPES = {"monitor": "MONITOR", "coach": "COACHING", "barge": "BARGEIN"}

_SEGMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}", re.ASCII)
_TOKEN = re.compile(r"[\x21-\x7e]+")
_ERROR_CODE = re.compile(r"[A-Za-z._]{3,60}")

NO_PERMISSION = (
    "The account's RingCX user may not do this: in RingCX Admin, under Users, Administrators, give it the permissions "
    "Monitor calls, Barge-in and Coaching."
)
NOT_KNOWN = "whether it was done is not known, so look at the call before you try again."
NOT_DONE = "nothing was done."

T = TypeVar("T")


class RefreshRefused(Exception):
    """The refresh token was used or is too old."""


def request_of(command: Command) -> tuple[str, dict[str, str]]:
    """The action's name in RingCX's API, and its query."""
    params = {name: str(value) for name, value in command.params.items()}
    match command.type:
        case "hangup":
            return "hangupCall", {}
        case "hangupLeg":
            return "hangupSession", {"phone": params["phone"]}
        case "transfer":
            return "requeueCall", {"gateId": params["target"]}
        case "hold":
            return "toggleCallHold", {"state": params["state"].upper()}
        case "recording":
            return "toggleCallRecording", {"record": "true" if params["state"] == "on" else "false"}
        case "monitor" | "coach" | "barge":
            query = {"destination": params["destination"], "sessionType": SESSION_TYPES[command.type]}
            return "addSessionToCall", query
        case "disposition":
            query = {"disposition": params["disposition"], "callback": "false"}
            return "dispositionCall", query | ({"notes": params["notes"]} if params.get("notes") else {})
    raise ActionFailed(f"RingCX's REST API has no {command.type}.")


class RingCXActions:
    """One account's credentials in one process. All commands share its tokens and its limits."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self.fields = fields
        self.platform_url, self.ringcx_url = fields["platformUrl"], fields["ringcxUrl"]
        self.http = httpx2.AsyncClient(timeout=httpx2.Timeout(REQUEST_SECONDS, connect=CONNECT_SECONDS))
        self.requests = Budget(REQUESTS_A_MINUTE, MINUTE)
        self.log_ins = Budget(EXCHANGES_A_MINUTE, MINUTE)  # at RingCentral
        self.exchanges = Budget(EXCHANGES_A_MINUTE, MINUTE)  # at RingCX
        self.access = self.refresh = self.main_account = ""
        self.renew_at = 0.0  # on the loop's clock
        self.renewal: asyncio.Task[str] | None = None

    async def perform(self, command: Command, call: CallInfo) -> str:
        action, query = request_of(command)
        path = f"{_live_calls(call.sub_account_id)}/{segment(call.call_id)}/{action}"
        answer = await self.within_time(self.call("POST", path, query))
        if answer.status_code == 404:
            raise ActionFailed("RingCX knows no such live call: it is over.")
        raise_unless_success(answer, "RingCX", NOT_KNOWN)
        match answer.text.strip().strip('"').lower():
            case "true":
                return "RingCX confirmed it."
            case "false":
                raise ActionFailed("RingCX refused it, without saying why: the call's state may not allow it now.")
        raise ActionFailed(f"RingCX answered with neither true nor false; {NOT_KNOWN}")

    async def check(self, account_id: str) -> str:
        return await self.within_time(self.try_out(account_id))

    async def try_out(self, account_id: str) -> str:
        await self.token()
        opened = f"Logged in to RingCX{f' main account {self.main_account}' if self.main_account else ''}."
        if not account_id:
            return opened
        query = {"product": "ACCOUNT", "productId": account_id, "page": "0", "maxRows": "1"}
        answer = await self.call("GET", f"{_live_calls(account_id)}/list", query)
        if answer.status_code == 404:
            raise ActionFailed(f"{opened} But it knows no sub-account {account_id}: correct the id.")
        raise_unless_success(answer, "RingCX")
        if answer.status_code != 204:  # none is live
            json_of(answer)
        return f"{opened} It shows the live calls of sub-account {account_id}."

    async def close(self) -> None:
        if self.renewal is not None:
            self.renewal.cancel()
            await asyncio.wait([self.renewal])
        await self.http.aclose()

    async def within_time(self, work: Coroutine[Any, Any, T]) -> T:
        try:
            async with asyncio.timeout(COMMAND_SECONDS):
                return await work
        except TimeoutError:
            raise ActionFailed(f"RingCX took longer than {COMMAND_SECONDS:g} s; {NOT_KNOWN}") from None

    # Requests

    async def call(
        self, method: str, path: str, query: Mapping[str, str] | None = None, **options: Any
    ) -> httpx2.Response:
        """A request with a valid token; once more, with a new one, where RingCX refuses it."""
        token = await self.token()
        answer = await self.send(method, path, token, params=query, **options)
        if answer.status_code == 401:
            answer = await self.send(method, path, await self.token(refused=token), params=query, **options)
        return answer

    async def send(self, method: str, path: str, token: str, **options: Any) -> httpx2.Response:
        await self.take_place(self.requests, f"{REQUESTS_A_MINUTE} requests")
        broken = NOT_DONE if method == "GET" else NOT_KNOWN
        headers = {"Authorization": f"Bearer {token}"}
        return await self.request(method, self.ringcx_url + path, broken, headers=headers, **options)

    async def request(self, method: str, url: str, broken: str, **options: Any) -> httpx2.Response:
        """`broken`: what no answer means. Errors name the host and the kind of trouble only, because what httpx2 says may
        hold a token."""
        host = httpx2.URL(url).host
        try:
            return await self.http.request(method, url, **options)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            raise ActionFailed(f"{host} can't be reached ({type(error).__name__}): {NOT_DONE}") from None
        except httpx2.TimeoutException:
            raise ActionFailed(f"{host} did not answer within {REQUEST_SECONDS:g} s; {broken}") from None
        except httpx2.HTTPError as error:
            raise ActionFailed(f"{host} broke off ({type(error).__name__}); {broken}") from None

    async def take_place(self, budget: Budget, what: str) -> None:
        try:
            wait = budget.take(asyncio.get_running_loop().time(), patience=WAIT_SECONDS)
        except Spent as spent:
            raise ActionFailed(
                f"RingCX takes at most {what} a minute, and they are used up: try again in {spent.seconds:.0f} s."
            ) from None
        if wait:
            await asyncio.sleep(wait)

    # Tokens

    async def token(self, *, refused: str = "") -> str:
        """An access token other than the refused one. However many ask for a new one, they wait for the same."""
        if self.access not in ("", refused) and asyncio.get_running_loop().time() < self.renew_at:
            return self.access
        if self.renewal is None or self.renewal.done():
            self.renewal = asyncio.create_task(self.renew())
            self.renewal.add_done_callback(lambda task: task.cancelled() or task.exception())  # it may have no waiter
        return await asyncio.shield(self.renewal)

    async def renew(self) -> str:
        self.access = ""
        if self.refresh:
            try:
                return await self.exchange("/api/auth/token/refresh", refresh_token=self.refresh)
            except RefreshRefused:
                self.refresh = ""
        token = await self.log_in_at_ringcentral()
        path = "/api/auth/login/rc/accesstoken?includeRefresh=true"
        return await self.exchange(path, rcAccessToken=token, rcTokenType="Bearer")

    async def log_in_at_ringcentral(self) -> str:
        form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": self.fields["jwt"]}
        app = httpx2.BasicAuth(self.fields["clientId"], self.fields["clientSecret"])
        await self.take_place(self.log_ins, f"{EXCHANGES_A_MINUTE} log-ins")
        answer = await self.request("POST", f"{self.platform_url}/restapi/oauth/token", NOT_DONE, data=form, auth=app)
        match _error_code(answer, "error"):
            case "invalid_client" | "unauthorized_client":
                raise ActionFailed("RingCentral refuses the client id and secret, or the app takes no JWT: check both.")
            case "invalid_grant":
                raise ActionFailed(
                    "RingCentral refuses the JWT: check that it is whole, not expired, and for this app."
                )
        raise_unless_success(answer, "RingCentral")
        return _token(json_of(answer), "access_token")

    async def exchange(self, path: str, **form: str) -> str:
        """Gets a new pair of tokens and keeps it."""
        await self.take_place(self.exchanges, f"{EXCHANGES_A_MINUTE} log-ins")
        await self.take_place(self.requests, f"{REQUESTS_A_MINUTE} requests")
        asked_at = asyncio.get_running_loop().time()
        answer = await self.request("POST", self.ringcx_url + path, NOT_DONE, data=form)
        if answer.is_client_error and answer.status_code != 429:
            if "refresh_token" in form:
                raise RefreshRefused
            raise ActionFailed(
                f"RingCX takes no log-in from this RingCentral user ({answer.status_code}): give the user access to "
                "RingCX, or check the RingCX address."
            )
        raise_unless_success(answer, "RingCX")
        body = json_of(answer)
        access, self.refresh = _token(body, "accessToken"), _token(body, "refreshToken", required=False)
        if _SEGMENT.fullmatch(main := str(body.get("mainAccountId", ""))):
            self.main_account = main
        self.access, self.renew_at = access, asked_at + TOKEN_SECONDS
        return access


def segment(text: str) -> str:
    """Part of a path, whatever a stream called itself."""
    if _SEGMENT.fullmatch(text):
        return text
    raise ActionFailed(
        "The call has no id or no sub-account that RingCX's REST API would know: act in the RingCX agent desktop."
    )


def _live_calls(sub_account_id: str) -> str:
    return f"/voice/api/v1/admin/accounts/{segment(sub_account_id)}/activeCalls"


def raise_unless_success(answer: httpx2.Response, who: str, broken: str = NOT_DONE) -> None:
    """Raises `ActionFailed`, which tells no more of the body than a short error code."""
    status = answer.status_code
    if answer.is_success:
        return
    code = _error_code(answer, "errorCode")
    if status == 403 and code == "access.denied.exception":
        raise ActionFailed(NO_PERMISSION)
    if status == 429:
        wait = answer.headers.get("Retry-After", "")
        when = f"in {wait} s" if re.fullmatch(r"\d{1,4}", wait) else "in a minute"
        raise ActionFailed(f"{who} takes no more requests for now (429): try again {when}.")
    if status >= 500:
        raise ActionFailed(f"{who} failed ({status}); {broken}")
    raise ActionFailed(f"{who} refused ({status}{f' {code}' if code else ''}).")


def _error_code(answer: httpx2.Response, name: str) -> str:
    try:
        body = answer.json()
    except ValueError:
        return ""
    code = body.get(name) if isinstance(body, dict) else None
    return code if isinstance(code, str) and _ERROR_CODE.fullmatch(code) else ""


def json_of(answer: httpx2.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        host = answer.request.url.host
        raise ActionFailed(f"{host} did not answer in JSON: check the addresses of the account.") from None


def _token(body: Any, name: str, *, required: bool = True) -> str:
    token = body.get(name) if isinstance(body, dict) else None
    if isinstance(token, str) and _TOKEN.fullmatch(token):
        return token
    if required:
        raise ActionFailed("The log-in was answered without a token: check the addresses of the account.")
    return ""
