"""RingCentral's log-in and RingCX's REST API as far as live calls go, on a local port, as strict as they are documented.

`violations` holds what a client did against the rules; a test that ends well leaves it empty.
"""

from __future__ import annotations

import base64
import itertools
import json
import threading
import time
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

CLIENT_ID, CLIENT_SECRET, JWT = "the-client", "the-client-secret", "eyJ.the-jwt.sig"
ACCOUNT, CALL = "99990001", "202601150930120132050000012345"

TOKEN_SECONDS = 300.0
FORM = "application/x-www-form-urlencoded"
ACTIONS = {  # their query: what is required, what may be there
    "hangupCall": ((), ()),
    "hangupSession": (("phone",), ()),
    "toggleCallRecording": (("record",), ()),
    "toggleCallHold": (("state",), ()),
    "requeueCall": (("gateId",), ()),
    "addSessionToCall": (("destination", "sessionType"), ()),
    "dispositionCall": (("disposition", "callback"), ("callBackDTS", "notes")),
}


class RingCXRest:
    """`with RingCXRest() as server:`; `server.fields` are the credentials that it takes."""

    def __init__(self) -> None:
        self.jwt = JWT
        self.live_calls = {CALL}
        self.refuses = False  # answers `false`
        self.forbids = False  # the user lacks the permission
        self.broken: tuple[int, str, dict[str, str]] | None = None  # answer to every action
        self.broken_login: tuple[int, str, dict[str, str]] | None = None
        self.gives_refresh = True
        self.asked = threading.Event()  # a request came
        self.stalled = threading.Event()  # set: nothing is answered until it is cleared
        self.released = threading.Event()
        self.actions: list[tuple[str, dict[str, str]]] = []  # done, with their query
        self.products: dict[tuple[str, str, str], dict[str, Any]] = {}  # by sub-account, type and id
        self.exchanges: list[str] = []  # `oauth`, `login`, `refresh`
        self.violations: list[str] = []
        self.skew = 0.0
        self.numbers = itertools.count(1)
        self.issued: list[str] = []  # tokens of all kinds
        self.platform_tokens: set[str] = set()
        self.access: dict[str, float] = {}  # token -> when it dies
        self.refreshes: dict[str, float] = {}
        self.requests: deque[float] = deque()
        self.recent_exchanges: deque[float] = deque()
        self.lock = threading.Lock()

    def __enter__(self) -> RingCXRest:
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.http.daemon_threads = False
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.01,))
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.released.set()
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()

    @property
    def fields(self) -> dict[str, str]:
        return {
            "clientId": CLIENT_ID,
            "clientSecret": CLIENT_SECRET,
            "jwt": JWT,
            "platformUrl": self.url,
            "ringcxUrl": self.url,
        }

    def now(self) -> float:
        return time.monotonic() + self.skew

    def pass_time(self, seconds: float) -> None:
        """Tokens age, and what was asked lies further back."""
        self.skew += seconds

    def answer(self, request: Any, body: str) -> tuple[int, str, dict[str, str]]:
        """Status, body, headers."""
        self.asked.set()
        if self.stalled.is_set():
            self.released.wait(20)
        with self.lock:
            url = urlsplit(request.path)
            query = {name: values[-1] for name, values in parse_qs(url.query, keep_blank_values=True).items()}
            form = {name: values[-1] for name, values in parse_qs(body, keep_blank_values=True).items()}
            if request.command == "POST" and url.path == "/restapi/oauth/token":
                return self.oauth(request, query, form)
            if self.over(self.requests, 120):
                self.violations.append("more than 120 requests a minute")
                return 429, "", {"Retry-After": "30"}
            if request.command == "POST" and url.path == "/api/auth/login/rc/accesstoken":
                return self.login(request, query, form)
            if request.command == "POST" and url.path == "/api/auth/token/refresh":
                return self.refresh(request, query, form)
            if url.path == "/restapi/v1.0/account/~":
                known = (request.headers["Authorization"] or "").removeprefix("Bearer ") in self.platform_tokens
                return (200, json.dumps({"id": 77770001}), {}) if known else (401, "", {})
            if url.path.startswith("/platform/api/media/product"):
                return self.product(request, url.path.removeprefix("/platform/api/media/product"), body)
            return self.act(request, url.path, query, body)

    def over(self, times: deque[float], limit: int) -> bool:
        while times and times[0] <= self.now() - 60:
            times.popleft()
        times.append(self.now())
        return len(times) > limit

    def oauth(self, request: Any, query: dict[str, str], form: dict[str, str]) -> tuple[int, str, dict[str, str]]:
        self.exchanges.append("oauth")
        if self.broken_login:
            return self.broken_login
        app = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if request.headers["Content-Type"] != FORM or query:
            self.violations.append("the log-in at RingCentral was no form")
        if request.headers["Authorization"] != f"Basic {app}":
            return 401, json.dumps({"error": "invalid_client", "error_description": "Invalid client"}), {}
        if form != {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": self.jwt}:
            return 400, json.dumps({"error": "invalid_grant", "error_description": "Bad assertion"}), {}
        token = f"platform-{next(self.numbers)}"
        self.issued.append(token)
        self.platform_tokens.add(token)
        return 200, json.dumps({"access_token": token, "token_type": "bearer", "expires_in": 3600}), {}

    def login(self, request: Any, query: dict[str, str], form: dict[str, str]) -> tuple[int, str, dict[str, str]]:
        self.exchanges.append("login")
        if self.over(self.recent_exchanges, 5):
            self.violations.append("more than 5 exchanges a minute")
            return 429, "", {"Retry-After": "40"}
        if query != {"includeRefresh": "true"} or request.headers["Content-Type"] != FORM:
            self.violations.append("the log-in at RingCX was not as documented")
        if form.get("rcAccessToken") not in self.platform_tokens or form.get("rcTokenType") != "Bearer":
            return 401, json.dumps({"errorCode": "unauthorized"}), {}
        return self.tokens()

    def refresh(self, request: Any, query: dict[str, str], form: dict[str, str]) -> tuple[int, str, dict[str, str]]:
        self.exchanges.append("refresh")
        if self.over(self.recent_exchanges, 5):
            self.violations.append("more than 5 exchanges a minute")
            return 429, "", {"Retry-After": "40"}
        if query or set(form) != {"refresh_token"}:
            self.violations.append("the renewal was not as documented")
        if self.refreshes.pop(form.get("refresh_token", ""), 0.0) < self.now():
            return 401, json.dumps({"errorCode": "invalid.refresh.token"}), {}
        return self.tokens()

    def tokens(self) -> tuple[int, str, dict[str, str]]:
        number = next(self.numbers)
        self.access[f"access-{number}"] = self.now() + TOKEN_SECONDS
        body = {"accessToken": f"access-{number}", "tokenType": "Bearer", "mainAccountId": 99990000, "agentDetails": []}
        if self.gives_refresh:
            self.refreshes[f"refresh-{number}"] = self.now() + 2 * TOKEN_SECONDS
            body["refreshToken"] = f"refresh-{number}"
        self.issued += [f"access-{number}", f"refresh-{number}"]
        return 200, json.dumps(body), {}

    def product(self, request: Any, rest: str, body: str) -> tuple[int, str, dict[str, str]]:
        """Streaming profiles: created by POST, replaced by PUT, read and deleted by their address."""
        scheme, _, token = (request.headers["Authorization"] or "").partition(" ")
        if scheme != "Bearer" or self.access.get(token, 0.0) < self.now():
            return 401, json.dumps({"errorCode": "token.expired"}), {}
        if self.broken:
            return self.broken
        if request.command in ("POST", "PUT"):
            told = json.loads(body)
            needed = {"productId", "productType", "streamingUrl", "subAccountId"}
            if request.command == "POST":
                needed |= {"mainAccountId", "rcAccountId"}
            if rest or not needed <= set(told) or not told["streamingUrl"].startswith("wss://"):
                self.violations.append(f"{request.command} of {sorted(told)}")
                return 400, json.dumps({"errorCode": "bad.request.exception"}), {}
            key = (told["subAccountId"], told["productType"], told["productId"])
            if (key in self.products) != (request.command == "PUT"):
                self.violations.append(
                    f"{request.command} although it is {'' if key in self.products else 'not '}there"
                )
                return 409, "", {}
            self.products[key] = {**self.products.get(key, {}), **told}
            return 200, json.dumps(self.products[key]), {}
        parts = rest.strip("/").split("/")
        key = (parts[1], parts[3], parts[5])
        if key not in self.products:
            return 404, json.dumps({"errorCode": "not.found"}), {}
        if request.command == "DELETE":
            del self.products[key]
            return 200, "{}", {}
        return 200, json.dumps(self.products[key]), {}

    def act(self, request: Any, path: str, query: dict[str, str], body: str) -> tuple[int, str, dict[str, str]]:
        scheme, _, token = (request.headers["Authorization"] or "").partition(" ")
        if scheme != "Bearer" or self.access.get(token, 0.0) < self.now():
            return 401, json.dumps({"errorCode": "token.expired"}), {}
        if self.broken:
            return self.broken
        if self.forbids:
            denied = {"errorCode": "access.denied.exception", "generalMessage": f"No permission for {token}"}
            return 403, json.dumps(denied), {}
        base, _, rest = path.partition("/activeCalls/")
        if base != f"/voice/api/v1/admin/accounts/{ACCOUNT}":
            return 404, "", {}
        if body:
            self.violations.append("a body, where parameters belong into the query")
        if request.command == "GET" and rest == "list":
            if query != {"product": "ACCOUNT", "productId": ACCOUNT, "page": "0", "maxRows": "1"}:
                self.violations.append(f"a list of {query}")
            if not self.live_calls:
                return 204, "", {}
            return 200, json.dumps([{"uii": uii, "callState": "ACTIVE"} for uii in self.live_calls][:1]), {}
        uii, _, action = rest.partition("/")
        if request.command != "POST" or action not in ACTIONS:
            return 405, "", {}
        if uii not in self.live_calls:
            return 404, json.dumps({"errorCode": "not.found"}), {}
        required, optional = ACTIONS[action]
        if not set(required) <= set(query) <= set(required + optional):
            self.violations.append(f"{action} with {sorted(query)}")
            return 400, json.dumps({"errorCode": "bad.request.exception"}), {}
        if self.refuses:
            return 200, "false", {"Content-Type": "text/plain"}
        self.actions.append((action, query))
        return 200, "true", {"Content-Type": "text/plain"}


def _handler(server: RingCXRest) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 5  # of idle connections, so that the server can end

        def respond(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"] or 0)).decode()
            status, text, headers = server.answer(self, body)
            data = text.encode()
            try:
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", **headers}.items():
                    self.send_header(name, value)
                if status != 204:
                    self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)
            except OSError:  # the client went away meanwhile
                self.close_connection = True

        do_GET = do_POST = do_PUT = do_DELETE = respond

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler
