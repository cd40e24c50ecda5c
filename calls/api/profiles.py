"""How streaming profiles and their embed keys look, and what is taken for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from django.core.exceptions import ValidationError as DjangoValidationError
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from calls.api.fields import Choice, Days, Mask, StrictSerializer, Text, Texts, VendorId, Without, checked, refusal
from calls.api.paging import PageSerializer
from calls.api.problems import ApiProblem
from calls.models import EmbedKey, RefusedStream, StreamingProfile
from calls.models.profiles import ProductType, SecretCheck, vendor_choices
from calls.services import profile_rules as rules
from calls.services import profiles
from calls.services.endpoints import OPEN_WARNING, endpoint_url, endpoint_url_with_secret, is_open
from calls.services.masking import BLIND_WARNING, is_blind
from calls.vendors import VENDORS
from calls.vendors.base import VendorInfo, with_defaults


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


class Options(serializers.DictField):
    """A profile's options: what is not stored has its default."""

    def get_attribute(self, instance: StreamingProfile) -> dict[str, object]:
        return with_defaults(VENDORS[instance.vendor], instance.options)


class WarningSerializer(serializers.Serializer[Any]):
    """Something about the profile that its admin should know."""

    code = serializers.CharField()
    detail = serializers.CharField()


def bots() -> Any:
    """Bots, whose package stands above this one."""
    return StreamingProfile._meta.get_field("bot").related_model._default_manager.all()


class ProfileSerializer(StrictSerializer):
    """One streaming set-up at a vendor. The body of RingCX's own API is a valid one."""

    shows_secret = False

    id = serializers.UUIDField(read_only=True)
    vendor = Choice(vendor_choices(), required=False, help_text="Can't be changed later.")
    name = Text(required=False, max_length=100, help_text="Absent: made up from product or vendor.")
    enabled = serializers.BooleanField(required=False)
    productType = Choice(
        ProductType.choices,
        source="product_type",
        any_case=True,
        required=False,
        allow_null=True,
        help_text="RingCX: required; others have none, and none of the next five.",
    )
    productId = VendorId(source="product_id", required=False, help_text="RingCX: required.")
    mainAccountId = VendorId(source="main_account_id", required=False)
    subAccountId = VendorId(source="sub_account_id", required=False, help_text="Absent: any sub-account.")
    rcAccountId = VendorId(source="rc_account_id", required=False)
    streamingUrl = Text(
        source="streaming_url",
        required=False,
        max_length=500,
        rule=rules.clean_streaming_url,
        help_text="The address that RingCX dials: `wss://host` or `wss://host:port`.",
    )
    slug = Text(
        required=False,
        max_length=64,
        rule=rules.clean_slug,
        help_text="AudioCodes: names the profile in its address. Absent: made from the name; later it stays.",
    )
    secret = Text(
        required=False,
        write_only=True,
        max_length=500,
        trim_whitespace=False,
        help_text="Absent in a replacement or patch: it stays. Empty or null: it is removed; Ringover's, the token of "
        "its address, is made anew.",
    )
    secretFingerprint = serializers.CharField(
        source="secret_fingerprint", read_only=True, allow_null=True, help_text="Tells two secrets apart."
    )
    secretCheck = Choice(
        SecretCheck.choices,
        source="secret_check",
        required=False,
        help_text="RingCX: `observe` when a secret is given first, `off` without one. Others: `enforce` with a secret.",
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
    mask = Mask(
        required=False,
        help_text="Sensitive data to take out of transcripts and recordings: a list of `card` (card numbers), `iban`, `ssn` "
        "(US social security numbers) and `code` (security codes); `true` for all, `false` for none.",
    )
    retentionDays = Days(
        source="retention_days",
        required=False,
        help_text="Days after a call's end until it is removed with transcript and recording. Null: it is kept.",
    )
    bot = serializers.PrimaryKeyRelatedField(
        queryset=bots(),
        required=False,
        allow_null=True,
        pk_field=serializers.UUIDField(),
        error_messages={"does_not_exist": "There is no bot with this id.", "incorrect_type": "Give the id of a bot."},
        help_text="The bot that answers. Not with RingCX, whose streams are one-way.",
    )
    fallbackNumber = Text(
        source="fallback_number",
        required=False,
        max_length=200,
        help_text="Where a bot that fails transfers the call to: a phone number, stored as E.164; AudioCodes: or `sip:`.",
    )
    defaultRegion = Text(
        source="default_region",
        required=False,
        max_length=2,
        rule=rules.clean_region,
        help_text="The country that national phone numbers are of, such as `US`.",
    )
    phrases = Texts(required=False, max_length=rules.MAX_PHRASES, item_length=rules.MAX_PHRASE_LENGTH)
    frameAncestors = Texts(
        source="frame_ancestors",
        required=False,
        max_length=rules.MAX_FRAME_ANCESTORS,
        item_length=300,
        rule=rules.clean_frame_ancestor,
        help_text="Origins that may frame the embed. Empty: the installation's.",
    )
    options = Options(
        required=False,
        help_text=" ".join(f"{v.label}: {', '.join(f'`{o}`' for o in v.options)}." for v in VENDORS.values()),
    )
    embedKeys = EmbedKeySerializer(source="embed_keys", many=True, read_only=True)
    endpointUrl = serializers.SerializerMethodField(
        help_text="What to configure at the vendor. `<token>` stands for the secret."
    )
    endpointUrlWithSecret = serializers.SerializerMethodField(
        help_text="The whole of it, in the one answer to the request that made the secret; else null. Later: `reveal/`."
    )
    warnings = serializers.SerializerMethodField()
    version = serializers.IntegerField(
        required=False, help_text="Sent with a write, it must be the stored one; else somebody wrote in between."
    )
    createdAt = serializers.DateTimeField(source="created_at", read_only=True)
    updatedAt = serializers.DateTimeField(source="updated_at", read_only=True)

    def get_endpointUrl(self, profile: StreamingProfile) -> str:
        return endpoint_url(profile)

    def get_endpointUrlWithSecret(self, profile: StreamingProfile) -> str | None:
        return endpoint_url_with_secret(profile) if self.shows_secret else None

    @extend_schema_field(WarningSerializer(many=True))
    def get_warnings(self, profile: StreamingProfile) -> list[dict[str, str]]:
        found = [{"code": "open", "detail": OPEN_WARNING}] if is_open(profile) else []
        if is_blind(profile):
            found.append({"code": "mask_without_recognizer", "detail": str(BLIND_WARNING)})
        return found

    @property
    def vendor_info(self) -> VendorInfo | None:
        """Whose profile this is, where one is written. None where the body names no vendor there is."""
        given: Any = getattr(self, "initial_data", None)
        name = given.get("vendor", "ringcx") if isinstance(given, Mapping) else "ringcx"
        if isinstance(self.instance, StreamingProfile):
            name = self.instance.vendor
        return VENDORS.get(name) if isinstance(name, str) else None

    def get_fields(self) -> dict[str, Any]:
        """Those that the vendor's profiles have; all of them for the schema."""
        fields = super().get_fields()
        vendor = self.vendor_info
        if vendor is None or not (hasattr(self, "initial_data") or isinstance(self.instance, StreamingProfile)):
            return fields
        found_by = vendor.endpoint.profile_by
        if found_by == "product":
            fields["productType"] = Choice(ProductType.choices, source="product_type", any_case=True)
            fields["productId"] = VendorId(source="product_id", required=True)
        else:
            why = f"streams of {vendor.label} are found by the {found_by} in their address."
            for name, field in fields.items():
                if field.source in profiles.PRODUCT_FIELDS:
                    fields[name] = Without(source=field.source, why=why)
        if found_by == "token":
            cast("Text", fields["secret"]).rule = rules.clean_token
        if found_by != "slug":
            fields["slug"] = Without(why=f"streams of {vendor.label} are found by their {found_by}.")
        return fields

    def validate_vendor(self, vendor: str) -> str:
        if self.instance is not None and vendor != self.instance.vendor:
            raise serializers.ValidationError("A profile stays with its vendor: make a new one.", "immutable")
        return vendor

    def validate_options(self, options: dict[str, Any]) -> dict[str, Any]:
        vendor = self.vendor_info
        if vendor is None:
            return options  # the vendor's own error says it all
        return checked(lambda value: rules.clean_options(vendor.name, value), options)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Completes the fields: the model's defaults in a whole profile, the check that suits the secret."""
        stored: StreamingProfile | None = self.instance
        vendor = self.vendor_info
        assert vendor is not None
        if not self.partial:
            kept = {"version", "secret", "secret_check", *(("vendor", "slug") if stored else ())}
            fresh = StreamingProfile(vendor=vendor.name)
            for name in (str(field.source) for field in self._writable_fields):
                if name not in kept:
                    attrs.setdefault(name, getattr(fresh, name))
        self.complete_check(attrs, vendor, stored)
        self.check_answering(attrs, vendor, stored or StreamingProfile())
        return attrs

    def complete_check(self, attrs: dict[str, Any], vendor: VendorInfo, stored: StreamingProfile | None) -> None:
        had_secret = bool(stored and stored.secret)
        secret = attrs.get("secret", stored.secret if stored else "")
        if vendor.endpoint.profile_by != "product":
            always = SecretCheck.ENFORCE if secret or vendor.endpoint.profile_by == "token" else SecretCheck.OFF
            if attrs.setdefault("secret_check", always) != always:
                raise refusal(
                    "secretCheck", "invalid_choice", f"Leave it out: {vendor.label}'s is “{always}” by itself."
                )
            return
        if "secret_check" not in attrs and had_secret != bool(secret):
            attrs["secret_check"] = SecretCheck.OBSERVE if secret else SecretCheck.OFF
        if attrs.get("secret_check", stored.secret_check if stored else "") == SecretCheck.ENFORCE and not secret:
            raise refusal("secretCheck", "no_secret", "Give a secret too: without one there is nothing to enforce.")

    def check_answering(self, attrs: dict[str, Any], vendor: VendorInfo, stored: StreamingProfile) -> None:
        if attrs.get("bot") and vendor.playout is None:
            raise refusal("bot", "not_offered", f"Remove it: {vendor.label}'s streams are one-way, no bot can speak.")
        if "fallback_number" in attrs:
            options = attrs.get("options", stored.options)
            region = attrs.get("default_region", stored.default_region)
            try:
                attrs["fallback_number"] = rules.clean_fallback_number(
                    attrs["fallback_number"], vendor=vendor, options=options, region=region
                )
            except DjangoValidationError as error:
                raise refusal("fallbackNumber", str(error.code), str(error.message)) from None

    def create(self, validated_data: dict[str, Any]) -> StreamingProfile:
        self.shows_secret = True
        return self.update(StreamingProfile(), {**validated_data, "version": None})

    def update(self, instance: StreamingProfile, validated_data: dict[str, Any]) -> StreamingProfile:
        version, by = validated_data.pop("version", None), validated_data.pop("by")
        self.shows_secret |= validated_data.get("secret") == ""
        for name, value in validated_data.items():
            setattr(instance, name, value)
        instance.name = instance.name or rules.default_name(instance)
        try:
            return profiles.save_profile(instance, by=by, expected_version=version)
        except profiles.Taken as error:
            field = next(name for name, field in self.fields.items() if field.source == error.field)
            raise refusal(field, "unique", str(error)) from None
        except profiles.VersionConflict:
            raise ApiProblem(
                409, "version_conflict", "Somebody else changed the profile meanwhile: read it again, then write."
            ) from None


class RevealedSerializer(serializers.Serializer[Any]):
    """A profile's secret in clear."""

    secret = serializers.CharField(allow_null=True)
    endpointUrl = serializers.CharField()
    endpointUrlWithSecret = serializers.CharField(allow_null=True, help_text="Null where the address holds no secret.")


class TestTicketSerializer(serializers.Serializer[Any]):
    """Opens the profile's socket for a minute, as `?ticket=`, where no header can be sent."""

    ticket = serializers.CharField()
    expiresAt = serializers.DateTimeField()


class ProfilePage(PageSerializer):
    """Profiles by name."""

    results = ProfileSerializer(many=True)


class RefusedStreamSerializer(serializers.ModelSerializer[RefusedStream]):
    """Streams that the hub refused, counted: make a profile for them, or correct the one there is."""

    productType = Text(source="product_type", read_only=True, allow_null=True)
    productId = Text(source="product_id", read_only=True, allow_null=True)
    subAccountId = Text(source="sub_account_id", read_only=True, allow_null=True)
    slug = Text(read_only=True, allow_null=True)
    profile = serializers.UUIDField(
        source="profile_id", read_only=True, allow_null=True, help_text="The one that refused it, where there is one."
    )
    firstAt = serializers.DateTimeField(source="first_at")
    lastAt = serializers.DateTimeField(source="last_at")

    class Meta:
        model = RefusedStream
        fields = [
            "id",
            "vendor", "productType", "productId", "subAccountId", "slug", "profile", "reason", "count", "firstAt",
            "lastAt",
        ]  # fmt: skip


class RefusedStreamPage(PageSerializer):
    """Refused streams, the latest first."""

    results = RefusedStreamSerializer(many=True)
