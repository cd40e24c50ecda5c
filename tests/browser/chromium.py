"""The system's Chromium, driven by Playwright, and a page that remembers what a browser complains of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
# Playwright's own list, which ours takes the place of, and the address bar's pop-ups: each window would start two
# renderers for them.
DISABLED = (
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "LensOverlay",
    "MediaRouter",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "OptimizationHints",
    "NetworkTimeServiceQuerying",
    "AimEnabled",
    "PreconnectToSearch",
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--autoplay-policy=no-user-gesture-required",
    f"--disable-features={','.join(DISABLED)}",
]


@contextmanager
def chromium(*more: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=[*ARGUMENTS, *more])
        try:
            yield browser
        finally:
            browser.close()


class Complaints(list[str]):
    """Console errors (CSP violations are among them), uncaught exceptions, and answers of 5xx."""

    def watch(self, page: Page) -> Page:
        page.on("console", lambda message: self.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.append(f"uncaught: {error}"))
        page.on(
            "response", lambda answer: self.append(f"{answer.status} {answer.url}") if answer.status >= 500 else None
        )
        return page


def sign_in(context: BrowserContext, url: str, username: str, password: str) -> None:
    """Signs in by the form, without a page."""
    first = context.request.get(f"{url}/login/")
    token = next(c["value"] for c in context.cookies() if c["name"] == "hub_csrf")
    form: dict[str, Any] = {"username": username, "password": password, "csrfmiddlewaretoken": token, "next": "/"}
    answer = context.request.post(first.url, form=form, headers={"Referer": first.url}, max_redirects=0)
    assert answer.status == 302, f"{username} could not sign in: {answer.status}"
