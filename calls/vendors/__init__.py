"""The vendors that stream calls to the hub. A new one is a folder, an import and a line here."""

from calls.vendors import audiocodes, ringcx, ringover
from calls.vendors.base import VendorInfo

VENDORS: dict[str, VendorInfo] = {
    ringcx.INFO.name: ringcx.INFO,
    audiocodes.INFO.name: audiocodes.INFO,
    ringover.INFO.name: ringover.INFO,
}
