"""The form of a streaming profile. What a field may hold is said in `calls.services.profile_rules`, for the API as well."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from calls.models import StreamingProfile
from calls.models.profiles import ProductType, SecretCheck
from calls.services import profile_rules as rules
from calls.services import profiles as service
from calls.vendors import VENDORS
from calls.vendors.base import Option, with_defaults

OPTION = "option_"  # before the name of a vendor's option


MASKS = [
    ("card", _("Card numbers")),
    ("code", _("Security codes of cards")),
    ("iban", _("IBANs")),
    ("ssn", _("US social security numbers")),
]


class LinesField(forms.CharField):
    """A list, one entry a line. The message of a wrong entry names its line."""

    def __init__(self, *, rule: Callable[[str], str] = str, max_lines: int, max_length: int, **kwargs: Any) -> None:
        self.rule, self.max_lines, self.line_length = rule, max_lines, max_length
        super().__init__(required=False, widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}), **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        lines = [(number, line.strip()) for number, line in enumerate((value or "").splitlines(), 1) if line.strip()]
        if len(lines) > self.max_lines:
            values = {"most": self.max_lines, "count": len(lines)}
            raise ValidationError(gettext("Give at most %(most)s lines; there are %(count)s.") % values, "max_lines")
        cleaned, errors = [], []
        for number, line in lines:
            if len(line) > self.line_length:
                told = gettext("Line %(number)s: give at most %(most)s characters.")
                errors.append(told % {"number": number, "most": self.line_length})
                continue
            try:
                cleaned.append(self.rule(line))
            except ValidationError as error:
                errors.append(gettext("Line %(number)s: %(error)s") % {"number": number, "error": error.messages[0]})
        if errors:
            raise ValidationError(errors)
        return list(dict.fromkeys(cleaned))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


class BotField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return str(obj.name) if obj.enabled else gettext("%(name)s (off)") % {"name": obj.name}


class ProfileForm(forms.ModelForm):
    """A profile of any vendor. How its streams find it decides which fields there are, its vendor's data which options."""

    secret = forms.CharField(
        required=False,
        max_length=500,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "spellcheck": "false"}),
    )
    slug = forms.CharField(required=False, max_length=64, label=_("Name in the address"))
    remove_secret = forms.BooleanField(required=False, label=_("Remove the stored secret"))
    phrases = LinesField(max_lines=rules.MAX_PHRASES, max_length=rules.MAX_PHRASE_LENGTH)
    frame_ancestors = LinesField(
        rule=rules.clean_frame_ancestor,
        max_lines=rules.MAX_FRAME_ANCESTORS,
        max_length=300,
        label=_("Pages that may frame it"),
    )
    mask = forms.MultipleChoiceField(
        required=False,
        choices=MASKS,
        widget=forms.CheckboxSelectMultiple,
        label=_("Take out of transcript and recording"),
    )
    retention_days = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=rules.MAX_RETENTION_DAYS,
        label=_("Days to keep calls"),
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    recognizer = forms.ChoiceField(required=False)
    secret_check = forms.ChoiceField(
        label=_("Check of the secret"),
        choices=[
            (SecretCheck.OFF, _("Off: it is not looked at")),
            (SecretCheck.OBSERVE, _("Observe: accept, and note it")),
            (SecretCheck.ENFORCE, _("Enforce: refuse without it")),
        ],
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = StreamingProfile
        fields = [
            "name",
            "enabled",
            "product_type",
            "product_id",
            "sub_account_id",
            "main_account_id",
            "rc_account_id",
            "streaming_url",
            "slug",
            "secret_check",
            "bot",
            "fallback_number",
            "default_region",
            "language",
            "recognizer",
            "record",
            "mask",
            "retention_days",
            "phrases",
            "frame_ancestors",
        ]
        labels = {
            "name": _("Name"),
            "language": _("Language"),
            "enabled": _("Take these streams"),
            "product_id": _("Product id"),
            "sub_account_id": _("Sub-account id"),
            "main_account_id": _("Main account id"),
            "rc_account_id": _("RingCentral account id"),
            "streaming_url": _("Streaming URL"),
            "fallback_number": _("If the bot fails, transfer to"),
            "default_region": _("Country of phone numbers"),
            "record": _("Record calls"),
        }
        field_classes = {"bot": BotField}

    def __init__(self, *args: Any, recognizers: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.vendor = VENDORS[self.instance.vendor]
        stored = self.instance.recognizer
        if stored and stored not in dict(recognizers):
            recognizers = [*recognizers, (stored, gettext("%(name)s (no longer installed)") % {"name": stored})]
        self.fields["recognizer"].choices = recognizers  # type: ignore[attr-defined]
        self.fields["name"].required = False
        types = [(value, gettext(label)) for value, label in ProductType.choices]
        self.fields["product_type"].choices = types  # type: ignore[attr-defined]
        self.initial["version"] = self.instance.version
        self._keep_fields()
        options = with_defaults(self.vendor, self.instance.options)
        for name, option in self.vendor.options.items():
            self.fields[OPTION + name] = option_field(option)
            self.initial[OPTION + name] = options[name]

    def _keep_fields(self) -> None:
        """Leaves out what this vendor's profiles don't have."""
        found_by = self.vendor.endpoint.profile_by
        unused = set()
        if found_by != "product":
            unused |= {*service.PRODUCT_FIELDS, "secret_check"}
        if found_by != "slug":
            unused.add("slug")
        if found_by == "token":
            self.fields["remove_secret"].label = _("Make a new token: the address changes, the old one ends")
        if self.vendor.playout is None:
            unused |= {"bot", "fallback_number", "default_region"}
        else:
            self.fields["bot"].empty_label = _("None")  # type: ignore[attr-defined]
        if self.instance._state.adding:
            unused.add("remove_secret")
        for name in unused:
            del self.fields[name]

    def options(self) -> list[tuple[forms.BoundField, str]]:
        """The vendor's options, each with what helps to choose."""
        return [(self[OPTION + name], gettext(option.help)) for name, option in self.vendor.options.items()]

    def clean_product_id(self) -> str:
        text = rules.clean_vendor_id(self.cleaned_data["product_id"])
        if not text:
            told = gettext("Give the id of the queue or campaign, as %(vendor)s shows it.")
            raise ValidationError(told % {"vendor": self.vendor.label}, "required")
        return text

    def clean_sub_account_id(self) -> str:
        return rules.clean_vendor_id(self.cleaned_data["sub_account_id"])

    def clean_main_account_id(self) -> str:
        return rules.clean_vendor_id(self.cleaned_data["main_account_id"])

    def clean_rc_account_id(self) -> str:
        return rules.clean_vendor_id(self.cleaned_data["rc_account_id"])

    def clean_streaming_url(self) -> str:
        return rules.clean_streaming_url(self.cleaned_data["streaming_url"])

    def clean_slug(self) -> str:
        return rules.clean_slug(self.cleaned_data["slug"]) or self.instance.slug

    def clean_secret(self) -> str:
        secret: str = self.cleaned_data["secret"]
        return rules.clean_token(secret) if self.vendor.endpoint.profile_by == "token" else secret

    def clean_default_region(self) -> str:
        return rules.clean_region(self.cleaned_data["default_region"])

    def clean_mask(self) -> list[str]:
        return rules.clean_mask(self.cleaned_data["mask"])

    def clean_language(self) -> str:
        return rules.clean_language(self.cleaned_data["language"])

    def clean_recognizer(self) -> str:
        return rules.clean_recognizer(self.cleaned_data["recognizer"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        new, old = cleaned.get("secret", ""), self.instance.secret
        if new and cleaned.get("remove_secret"):
            self.add_error("remove_secret", gettext("Give a new one or choose this, not both."))
        if "secret_check" in self.fields:
            will_have_one = bool(new or (old and not cleaned.get("remove_secret")))
            if new and not old and "secret_check" not in self.changed_data:
                cleaned["secret_check"] = SecretCheck.OBSERVE
            if cleaned.get("secret_check") == SecretCheck.ENFORCE and not will_have_one:
                self.add_error("secret_check", gettext("There is no secret to enforce: give one, or choose Off."))
        self._clean_options(cleaned)
        self._clean_fallback_number(cleaned)
        return cleaned

    def _clean_options(self, cleaned: dict[str, Any]) -> None:
        cleaned["options"] = {}
        for name, option in self.vendor.options.items():
            if OPTION + name in cleaned:
                try:
                    cleaned["options"][name] = rules.clean_option(option, cleaned[OPTION + name])
                except ValidationError as error:
                    self.add_error(OPTION + name, error)

    def _clean_fallback_number(self, cleaned: dict[str, Any]) -> None:
        if "fallback_number" in cleaned:
            try:
                cleaned["fallback_number"] = rules.clean_fallback_number(
                    cleaned["fallback_number"],
                    vendor=self.vendor,
                    options=cleaned["options"],
                    region=cleaned.get("default_region", ""),
                )
            except ValidationError as error:
                self.add_error("fallback_number", error)

    def _get_validation_exclusions(self) -> set[str]:
        return super()._get_validation_exclusions() | {"slug"}  # type: ignore[misc]  # its message has no field: see below

    def validate_unique(self) -> None:
        """Says at the field who else takes the streams that this profile would."""
        if self.errors.keys() & {"product_type", "product_id", "sub_account_id", "slug"}:
            return
        try:
            service.check_taken(self.instance)
        except service.Taken as error:
            told = gettext("%(problem)s It is “%(name)s”.")
            self.add_error(error.field, told % {"problem": gettext(str(error)), "name": error.other.name})

    def filled(self) -> StreamingProfile:
        """The profile as the valid form wants it, unsaved."""
        profile, cleaned = self.instance, self.cleaned_data
        profile.name = profile.name or rules.default_name(profile)
        if cleaned["secret"]:
            profile.secret = cleaned["secret"]
        elif cleaned.get("remove_secret"):
            profile.secret = ""
        profile.options = cleaned["options"]
        return profile


def option_field(option: Option) -> forms.Field:
    """The form's field for an option: a choice, yes or no, or a number. `rules.clean_option` has the last word."""
    if option.choices:
        words = [gettext(label) for label in option.choice_labels] or [str(choice) for choice in option.choices]
        values = {str(choice): choice for choice in option.choices}
        return forms.TypedChoiceField(
            choices=list(zip(values, words, strict=True)), coerce=values.__getitem__, label=gettext(option.label)
        )
    if isinstance(option.default, bool):
        return forms.BooleanField(required=False, label=gettext(option.label))
    step = "1" if isinstance(option.default, int) else "any"
    attrs = {"min": f"{option.low:g}", "max": f"{option.high:g}", "step": step}
    return forms.FloatField(label=gettext(option.label), widget=forms.NumberInput(attrs=attrs))
