"""Serializer fields of the API's own conventions: absent is null, ids are strings, rules live in the services."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import get_error_detail

from calls.privacy.finding import KINDS
from calls.services import profile_rules


class Text(serializers.CharField):
    """Text whose absence is stored as "" and shown as null. `rule` cleans it or says what is wrong."""

    default_error_messages = {"invalid": "Give it as a string.", "max_length": "Give at most {max_length} characters."}

    def __init__(self, *, rule: Callable[[str], str] | None = None, **kwargs: Any) -> None:
        self.rule = rule
        if not kwargs.get("read_only") and not kwargs.get("required"):
            kwargs = {"allow_blank": True, "allow_null": True, **kwargs}
        super().__init__(**kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        value = super().run_validation("" if data is None and self.allow_null else data)
        return value if self.rule is None else checked(self.rule, value)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)

    def to_representation(self, value: Any) -> Any:
        return value or None


class VendorId(serializers.Field[Any, Any, Any, Any]):
    """A vendor's id: number or string in, string out."""

    default_error_messages = {"blank": "Give the id, as the vendor shows it."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_null=not kwargs.get("required"), **kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if self.required and data in (None, ""):
            self.fail("blank")
        return super().run_validation("" if data is None else data)

    def to_internal_value(self, data: Any) -> str:
        text: str = checked(profile_rules.clean_vendor_id, data)
        if self.required and not text:
            self.fail("blank")
        return text

    def to_representation(self, value: Any) -> str | None:
        return value or None


class Choice(serializers.ChoiceField):
    """One of a few words. The message names them and never repeats the input."""

    def __init__(self, choices: Any, *, any_case: bool = False, **kwargs: Any) -> None:
        self.any_case = any_case
        super().__init__(choices, **kwargs)
        self.error_messages["invalid_choice"] = f"Choose one of {', '.join(map(str, self.choices))}."

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid_choice")
        return super().to_internal_value(data.strip().upper() if self.any_case else data)


@extend_schema_field({"type": "array", "items": {"type": "string", "enum": list(KINDS)}})
class Mask(serializers.Field[Any, Any, Any, Any]):
    """Kinds of sensitive data: a list of them, or true for all, false or null for none. Shown as a list."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_null=True, **kwargs)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        return super().run_validation([] if data is None else data)

    def to_internal_value(self, data: Any) -> list[str]:
        kinds: list[str] = checked(profile_rules.clean_mask, data)
        return kinds

    def to_representation(self, value: Any) -> list[str]:
        return list(value)


@extend_schema_field({"type": "integer", "minimum": 1, "maximum": profile_rules.MAX_RETENTION_DAYS, "nullable": True})
class Days(serializers.Field[Any, Any, Any, Any]):
    """A number of days; null: for good."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_null=True, **kwargs)

    def to_internal_value(self, data: Any) -> int | None:
        days: int | None = checked(profile_rules.clean_retention, data)
        return days

    def to_representation(self, value: Any) -> Any:
        return value


class Without(serializers.Field[Any, Any, Any, Any]):
    """A field that this profile's vendor has no use for: null. `why` goes on from "Remove it: "."""

    def __init__(self, *, why: str, **kwargs: Any) -> None:
        super().__init__(required=False, allow_null=True, **kwargs)
        self.error_messages["not_offered"] = f"Remove it: {why}"

    def run_validation(self, data: Any = serializers.empty) -> str:
        if data is serializers.empty:
            raise serializers.SkipField
        if data not in (None, ""):
            self.fail("not_offered")
        return ""

    def to_representation(self, value: Any) -> None:
        return None


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses fields that the API doesn't know. Read-only ones are ignored, so that what was read can be sent back."""

    default_error_messages = {"invalid": "Send one JSON object."}

    def to_internal_value(self, data: Any) -> Any:
        errors: dict[str, Any] = {}
        if isinstance(data, Mapping):
            errors = {
                name: [serializers.ErrorDetail("Remove it: the hub knows no such field.", "unknown")]
                for name in data
                if name not in self.fields
            }
        try:
            value = super().to_internal_value(data)
        except serializers.ValidationError as error:
            raise serializers.ValidationError({**errors, **error.detail}) from None  # type: ignore[dict-item]
        if errors:
            raise serializers.ValidationError(errors)
        return value


class Texts(serializers.ListField):
    """A list of texts, each cleaned by `rule`."""

    def __init__(self, *, item_length: int, rule: Callable[[str], str] | None = None, **kwargs: Any) -> None:
        super().__init__(child=Text(rule=rule, required=True, max_length=item_length), **kwargs)
        self.error_messages["not_a_list"] = "Give a list of strings."


def checked(rule: Callable[[Any], Any], value: Any) -> Any:
    """What the rule of a service makes of a value; its objection becomes the field's error."""
    try:
        return rule(value)
    except DjangoValidationError as error:
        raise serializers.ValidationError(get_error_detail(error)) from None


def refusal(field: str, code: str, detail: str) -> serializers.ValidationError:
    """An error at one field of the body or the query."""
    return serializers.ValidationError({field: [serializers.ErrorDetail(detail, code)]})
