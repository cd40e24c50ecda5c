"""What people read of a check. Texts are stored as they stand here and translated when they are shown."""

from __future__ import annotations

import ssl
from typing import Any

from django.utils.translation import gettext_noop as _


class Trouble(Exception):
    """Why a step failed, and what to do about it; `values` stand for the names in both."""

    def __init__(self, detail: str, advice: str = "", **values: Any) -> None:
        super().__init__(detail)
        self.detail, self.advice, self.values = detail, advice, values


CERTIFICATES = {
    10: _("The certificate of %(host)s has expired."),
    18: _("The certificate of %(host)s is signed by itself, which no vendor trusts."),
    19: _("The certificate of %(host)s comes from an authority that nobody knows."),
    20: _("The certificate of %(host)s comes without the ones between it and a known authority."),
    62: _("The certificate is for another name than %(host)s."),
}
RENEW = _(
    "Install a certificate from a public authority, with its whole chain, where TLS ends: at the proxy or balancer."
)


def certificate_trouble(error: ssl.SSLError, host: str) -> Trouble:
    if isinstance(error, ssl.SSLCertVerificationError) and error.verify_code in CERTIFICATES:
        return Trouble(CERTIFICATES[error.verify_code], RENEW, host=host)
    detail = _("No encrypted connection to %(host)s came about: %(reason)s.")
    return Trouble(detail, RENEW, host=host, reason=error.reason or str(error))


REFUSED = {  # by what the hub says when it refuses
    "bad_secret": _("The hub refused the profile's own secret: something on the way replaces it."),
    "secret_missing": _("The profile's secret did not arrive: something on the way takes it out."),
    "unknown_product": _("No profile of the hub that answered takes this product."),
    "profile_disabled": _("The profile is switched off."),
}


def refusal_trouble(status: int, body: str) -> Trouble:
    """Of an upgrade that was answered with an HTTP status."""
    if body in REFUSED:
        return Trouble(REFUSED[body], _("Look at the proxy's rules, and whether the public URL leads to this hub."))
    if status in (401, 403):
        return Trouble(
            _("The connection was refused with %(status)s: the address or the secret does not fit."),
            _("If the hub's log has no refusal, something before it refuses: a proxy, a firewall, a login page."),
            status=status,
        )
    if status == 503:
        return Trouble(
            _("The hub takes no streams at this moment (503): it is restarting, or full."),
            _("Try again in a minute. If it stays, look at the hub's log and at HUB_MAX_STREAMS."),
        )
    if status in (502, 504):
        return Trouble(
            _("The proxy answers with %(status)s: it can't reach the hub."),
            _("Look whether the hub runs, and at the address that the proxy passes requests to."),
            status=status,
        )
    return Trouble(
        _("Something answers with %(status)s instead of opening a WebSocket."),
        _("Let the proxy pass upgrades on: HTTP/1.1, with the Upgrade and Connection headers. See docs/operations.md."),
        status=status,
    )


def closing_trouble(told: str) -> Trouble:
    """The connection was accepted, and then closed by the hub."""
    for reason, detail in REFUSED.items():
        if reason in told:
            return Trouble(detail, _("Look at what the profile says, and at the hub's log."))
    return Trouble(_("The hub ended the test call: %(told)s."), _("The hub's log says why."), told=told)
