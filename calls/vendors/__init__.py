"""The vendors that stream calls to the hub. A new one is a folder, an import and a line here."""

from calls.vendors import ringcx
from calls.vendors.base import VendorInfo

VENDORS: dict[str, VendorInfo] = {
    ringcx.INFO.name: ringcx.INFO,
}
