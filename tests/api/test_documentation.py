"""What docs/api.md tells integrators of the vendors is what their data says."""

from __future__ import annotations

from pathlib import Path

import pytest

from calls.vendors import VENDORS
from calls.vendors.base import Option, VendorInfo

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text()


def written(option: Option) -> str:
    """Its values, the default in bold."""
    if option.choices:
        return ", ".join(f"**`{choice}`**" if choice == option.default else f"`{choice}`" for choice in option.choices)
    if isinstance(option.default, bool):
        return f"**`{str(option.default).lower()}`**"
    return f"{option.low:g} to {option.high:g}, **{option.default}**"


@pytest.mark.parametrize("vendor", VENDORS.values(), ids=VENDORS.keys())
def test_every_option_is_written_down(vendor: VendorInfo) -> None:
    options = "; ".join(f"`{name}`: {written(option)}" for name, option in vendor.options.items())
    assert f"| {vendor.label} | {options} |" in TEXT


@pytest.mark.parametrize("vendor", VENDORS.values(), ids=VENDORS.keys())
def test_every_address_is_written_down(vendor: VendorInfo) -> None:
    assert f"| `wss://<hub>{vendor.endpoint.shown}`" in TEXT
