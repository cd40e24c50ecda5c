"""How the credentials for vendors' REST APIs look, and what is taken for them."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from rest_framework import serializers
from rest_framework.fields import get_error_detail

from calls.api.fields import Choice, StrictSerializer, Text, VendorId, refusal
from calls.api.paging import PageSerializer
from calls.api.problems import ApiProblem
from calls.models import VendorAccount
from calls.models.profiles import vendor_choices
from calls.services import vendor_account_rules as rules
from calls.services import vendor_accounts as service
from calls.vendors import VENDORS

FIELDS = " ".join(
    f"{vendor.label}: {', '.join(f'`{field.name}`' for field in vendor.account)}."
    for vendor in service.vendors_with_accounts()
)


class VendorAccountSerializer(StrictSerializer):
    """Credentials for a vendor's REST API. Secrets go in and never come out."""

    id = serializers.UUIDField(read_only=True)
    vendor = Choice(vendor_choices())
    name = Text(required=False, max_length=100, help_text="Absent: made up from vendor and account.")
    accountId = VendorId(
        source="account_id",
        required=False,
        help_text="RingCX: the sub-account whose calls they are for. Absent: any that has no credentials of its own.",
    )
    fields_ = serializers.DictField(
        child=Text(required=False),
        required=False,
        help_text=f"{FIELDS} Answers hold no secrets; a secret that is absent in a replacement or patch stays, unless "
        "an address changes.",
    )
    secretsSet = serializers.SerializerMethodField(help_text="Names of the secrets that are stored.")
    version = serializers.IntegerField(
        required=False, help_text="Sent with a write, it must be the stored one; else somebody wrote in between."
    )
    createdAt = serializers.DateTimeField(source="created_at", read_only=True)
    updatedAt = serializers.DateTimeField(source="updated_at", read_only=True)

    def get_fields(self) -> dict[str, Any]:
        """`fields` is a name of the class's own."""
        return {name.removesuffix("_"): field for name, field in super().get_fields().items()}

    def get_secretsSet(self, account: VendorAccount) -> list[str]:
        return service.secrets_set(account)

    def to_representation(self, instance: VendorAccount) -> dict[str, Any]:
        shape = super().to_representation(instance)
        return {**shape, "fields": service.public_fields(instance)}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        stored: VendorAccount | None = self.instance
        vendor = VENDORS[attrs.get("vendor") or stored.vendor]  # type: ignore[union-attr]
        if stored and stored.vendor != vendor.name:
            raise refusal("vendor", "immutable", "An account keeps its vendor: make another account instead.")
        if not vendor.account:
            choices = ", ".join(known.name for known in service.vendors_with_accounts())
            raise refusal("vendor", "invalid_choice", f"{vendor.label} needs no credentials. Choose one of {choices}.")
        if not self.partial:
            attrs = {"name": "", "account_id": "", "fields": {}, **attrs}
        errors: dict[str, Any] = {}
        try:
            attrs["account_id"] = rules.clean_account_id(vendor, attrs.get("account_id", stored and stored.account_id))
        except DjangoValidationError as error:
            errors["accountId"] = get_error_detail(error)
        if "fields" in attrs:
            try:
                attrs["fields"] = rules.clean_fields(
                    vendor, attrs["fields"], stored=stored.fields if stored else {}, partial=self.partial
                )
            except DjangoValidationError as error:
                errors["fields"] = get_error_detail(error)
        if errors:
            raise serializers.ValidationError(errors)
        return attrs

    def create(self, validated_data: dict[str, Any]) -> VendorAccount:
        return self.update(VendorAccount(), {**validated_data, "version": None})

    def update(self, instance: VendorAccount, validated_data: dict[str, Any]) -> VendorAccount:
        version, by = validated_data.pop("version", None), validated_data.pop("by")
        for name, value in validated_data.items():
            setattr(instance, name, value)
        try:
            return service.save_account(instance, by=by, expected_version=version)
        except service.AccountTaken:
            raise refusal(
                "accountId", "unique", "There are credentials for this account already: change those instead."
            ) from None
        except service.VersionConflict:
            raise ApiProblem(
                409, "version_conflict", "Somebody else changed the account meanwhile: read it again, then write."
            ) from None


class VendorAccountPage(PageSerializer):
    """Vendor accounts by name."""

    results = VendorAccountSerializer(many=True)


class CheckedSerializer(serializers.Serializer[Any]):
    """What came of logging in."""

    ok = serializers.BooleanField()
    detail = serializers.CharField(help_text="In words: what the credentials open, or what is wrong with them.")
