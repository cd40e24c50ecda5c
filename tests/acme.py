"""A vendor that can do nearly everything, for tests of what is the same whatever the vendor."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from calls.commands import COMMANDS, BadCommand, Capability, Command, Parameter
from calls.vendors import ringcx
from calls.vendors.base import AccountField, Option


def check_command(command: Command, options: Mapping[str, object]) -> None:
    if command.type == "digits" and command.params["digits"] == "666" and not options["evil"]:
        raise BadCommand("digits", "Acme sends no such digits: choose others.")


INFO = replace(
    ringcx.INFO,
    name="acme",
    label="Acme",
    options={"evil": Option(label="Evil digits", default=False)},
    check_command=check_command,
    account=(AccountField(name="token", label="Token", secret=True),),
    capabilities={
        **{type: Capability(supported=True, confirms=type == "transfer") for type in COMMANDS},
        "digits": Capability(
            supported=True, parameters=(Parameter(name="digits", kind="digits", label="Keys", max_length=5),)
        ),
        "transfer": Capability(
            supported=True,
            confirms=True,
            parameters=(Parameter(name="target", kind="target", label="Number or address", sip=True),),
        ),
        "play": Capability(supported=False, reason="Acme plays nothing: use say instead."),
        "hold": Capability(
            supported=True,
            needs_account=True,
            label="Hold",
            parameters=(Parameter(name="state", kind="choice", label="State", choices=("on", "off")),),
        ),
        "note": Capability(
            supported=True,
            label="Take a note",
            parameters=(
                Parameter(name="text", kind="text", label="Text", required=False, max_length=20),
                Parameter(name="data", kind="json", label="Data", required=False, max_length=40),
            ),
        ),
    },
)
