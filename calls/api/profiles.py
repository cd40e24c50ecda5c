"""How streaming profiles and their embed keys look, and what is taken for them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from calls.api.fields import Choice, StrictSerializer, Text, Texts, VendorId, checked, refusal
from calls.api.paging import PageSerializer
from calls.api.problems import ApiProblem
from calls.models import EmbedKey, RefusedStream, StreamingProfile
from calls.models.profiles import ProductType, SecretCheck, Vendor
from calls.services import profile_rules as rules
from calls.services import profiles


class EmbedKeySerializer(serializers.ModelSerializer[EmbedKey]):
    """A key that opens the embed for one profile's calls, read only. Its text is shown at creation only."""

    createdAt = serializers.DateTimeField(source="created_at", read_only=True)
    lastUsedAt = serializers.DateTimeField(source="last_used_at", read_only=True, allow_null=True)

    class Meta:
        model = EmbedKey
        fields = ["id", "prefix", "createdAt", "lastUsedAt"]
        read_only_fields = fields


class NewEmbedKeySerializer(EmbedKeySerializer):
    """An embed key with its text, which is never shown again."""

    key = serializers.CharField(read_only=True)

    class Meta(EmbedKeySerializer.Meta):
        fields = [*EmbedKeySerializer.Meta.fields, "key"]
        read_only_fields = fields


class ProfileSerializer(StrictSerializer):
    """One streaming set-up at a vendor. The body of RingCX's own API is a valid one."""

    id = serializers.UUIDField(read_only=True)
    vendor = Choice(Vendor.choices, required=False)
    name = Text(required=False, max_length=100, help_text="Absent: made up from the product.")
    enabled = serializers.BooleanField(required=False)
    productType = Choice(ProductType.choices, source="product_type", any_case=True)
    productId = VendorId(source="product_id", required=True)
    mainAccountId = VendorId(source="main_account_id", required=False)
    subAccountId = VendorId(source="sub_account_id", required=False, help_text="Absent: any sub-account.")
    rcAccountId = VendorId(source="rc_account_id", required=False)
    streamingUrl = Text(
        source="streaming_url",
        required=False,
        max_length=500,
        rule=rules.clean_streaming_url,
        help_text="The address that the vendor dials: `wss://host` or `wss://host:port`.",
    )
    secret = Text(
        required=False,
        write_only=True,
        max_length=500,
        trim_whitespace=False,
        help_text="Never returned. Absent in a replacement or patch: it stays. Empty or null: it is removed.",
    )
    secretFingerprint = serializers.CharField(
        source="secret_fingerprint", read_only=True, allow_null=True, help_text="Tells two secrets apart."
    )
    secretCheck = Choice(
        SecretCheck.choices,
        source="secret_check",
        required=False,
        help_text="Absent: `observe` when a secret is given first, `off` without one.",
    )
    secretSeenAt = serializers.DateTimeField(source="secret_seen_at", read_only=True, allow_null=True)
    secretMissedAt = serializers.DateTimeField(source="secret_missed_at", read_only=True, allow_null=True)
    language = Text(
        required=False, allow_blank=False, allow_null=False, rule=rules.clean_language, help_text="Such as `en-US`."
    )
    recognizer = Text(
        required=False,
        rule=rules.clean_recognizer,
        help_text="Absent: the installation's default. `off`: no transcript.",
    )
    record = serializers.BooleanField(required=False)
    phrases = Texts(required=False, max_length=rules.MAX_PHRASES, item_length=rules.MAX_PHRASE_LENGTH)
    frameAncestors = Texts(
        source="frame_ancestors",
        required=False,
        max_length=rules.MAX_FRAME_ANCESTORS,
        item_length=300,
        rule=rules.clean_frame_ancestor,
        help_text="Origins that may frame the embed. Empty: the installation's.",
    )
    options = serializers.DictField(
        required=False, help_text="RingCX: `secretIn` (handshake, message), `sequence` (auto, perTrack, shared)."
    )
    embedKeys = EmbedKeySerializer(source="embed_keys", many=True, read_only=True)
    endpointUrl = serializers.SerializerMethodField(help_text="What to configure at the vendor.")
    version = serializers.IntegerField(
        required=False, help_text="Sent with a write, it must be the stored one; else somebody wrote in between."
    )
    createdAt = serializers.DateTimeField(source="created_at", read_only=True)
    updatedAt = serializers.DateTimeField(source="updated_at", read_only=True)

    def get_endpointUrl(self, profile: StreamingProfile) -> str:
        return rules.endpoint_url(profile.vendor)

    def validate_options(self, options: dict[str, Any]) -> dict[str, Any]:
        vendor = self.initial_data.get("vendor") or (self.instance.vendor if self.instance else Vendor.RINGCX)
        if vendor not in rules.OPTIONS:
            return options  # the vendor's own error says it all
        return checked(lambda value: rules.clean_options(vendor, value), options)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Completes the fields: the model's defaults in a whole profile, the check that suits the secret."""
        stored: StreamingProfile | None = self.instance
        if not self.partial:
            fresh = StreamingProfile()
            for name in (str(field.source) for field in self._writable_fields):
                if name not in ("version", "secret", "secret_check"):
                    attrs.setdefault(name, getattr(fresh, name))
        had_secret = bool(stored and stored.secret)
        secret = attrs.get("secret", stored.secret if stored else "")
        if "secret_check" not in attrs and had_secret != bool(secret):
            attrs["secret_check"] = SecretCheck.OBSERVE if secret else SecretCheck.OFF
        if attrs.get("secret_check", stored.secret_check if stored else "") == SecretCheck.ENFORCE and not secret:
            raise refusal("secretCheck", "no_secret", "Give a secret too: without one there is nothing to enforce.")
        return attrs

    def create(self, validated_data: dict[str, Any]) -> StreamingProfile:
        return self.update(StreamingProfile(), {**validated_data, "version": None})

    def update(self, instance: StreamingProfile, validated_data: dict[str, Any]) -> StreamingProfile:
        version = validated_data.pop("version", None)
        for name, value in validated_data.items():
            setattr(instance, name, value)
        instance.name = instance.name or rules.default_name(instance)
        try:
            return profiles.save_profile(instance, expected_version=version)
        except profiles.ProductTaken:
            raise refusal(
                "productId",
                "unique",
                "Another profile takes the streams of this product and sub-account: change that one, or give another "
                "product or sub-account.",
            ) from None
        except profiles.VersionConflict:
            raise ApiProblem(
                409, "version_conflict", "Somebody else changed the profile meanwhile: read it again, then write."
            ) from None


class ProfilePage(PageSerializer):
    """Profiles by name."""

    results = ProfileSerializer(many=True)


class RefusedStreamSerializer(serializers.ModelSerializer[RefusedStream]):
    """A product whose streams the hub refused: make a profile of it, or correct the one there is."""

    productType = Text(source="product_type", read_only=True, allow_null=True)
    productId = Text(source="product_id", read_only=True, allow_null=True)
    subAccountId = Text(source="sub_account_id", read_only=True, allow_null=True)
    firstAt = serializers.DateTimeField(source="first_at")
    lastAt = serializers.DateTimeField(source="last_at")

    class Meta:
        model = RefusedStream
        fields = ["vendor", "productType", "productId", "subAccountId", "reason", "count", "firstAt", "lastAt"]


class RefusedStreamPage(PageSerializer):
    """Refused products, the latest first."""

    results = RefusedStreamSerializer(many=True)
