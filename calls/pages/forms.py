"""The form of a streaming profile. What a field may hold is said in `calls.services.profile_rules`, for the API as well."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from calls.models import StreamingProfile
from calls.models.profiles import SecretCheck
from calls.services import profile_rules as rules


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
            raise ValidationError(f"Give at most {self.max_lines} lines; there are {len(lines)}.", "max_lines")
        cleaned, errors = [], []
        for number, line in lines:
            if len(line) > self.line_length:
                errors.append(f"Line {number}: give at most {self.line_length} characters.")
                continue
            try:
                cleaned.append(self.rule(line))
            except ValidationError as error:
                errors.append(f"Line {number}: {error.message}")
        if errors:
            raise ValidationError(errors)
        return list(dict.fromkeys(cleaned))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


class ProfileForm(forms.ModelForm):
    secret = forms.CharField(
        required=False,
        max_length=500,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "spellcheck": "false"}),
    )
    remove_secret = forms.BooleanField(required=False, label="Remove the stored secret")
    phrases = LinesField(max_lines=rules.MAX_PHRASES, max_length=rules.MAX_PHRASE_LENGTH)
    frame_ancestors = LinesField(
        rule=rules.clean_frame_ancestor,
        max_lines=rules.MAX_FRAME_ANCESTORS,
        max_length=300,
        label="Pages that may frame it",
    )
    secret_in = forms.ChoiceField(
        label="Where the secret comes",
        choices=[("handshake", "With the connection request"), ("message", "Inside the first messages")],
    )
    sequence = forms.ChoiceField(
        label="How frames are numbered",
        choices=[
            ("auto", "Find out by itself"),
            ("perTrack", "Each side apart"),
            ("shared", "Both sides with one counter"),
        ],
    )
    recognizer = forms.ChoiceField(required=False)
    secret_check = forms.ChoiceField(
        label="Check of the secret",
        choices=[
            (SecretCheck.OFF, "Off: it is not looked at"),
            (SecretCheck.OBSERVE, "Observe: accept, and note it"),
            (SecretCheck.ENFORCE, "Enforce: refuse without it"),
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
            "secret_check",
            "language",
            "recognizer",
            "record",
            "phrases",
            "frame_ancestors",
        ]
        labels = {
            "enabled": "Take this product's streams",
            "product_id": "Product id",
            "sub_account_id": "Sub-account id",
            "main_account_id": "Main account id",
            "rc_account_id": "RingCentral account id",
            "streaming_url": "Streaming URL",
            "record": "Record calls",
        }
        error_messages = {"product_id": {"required": "Give the id of the queue or campaign, as RingCX shows it."}}

    def __init__(self, *args: Any, recognizers: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stored = self.instance.recognizer
        if stored and stored not in dict(recognizers):
            recognizers = [*recognizers, (stored, f"{stored} (no longer installed)")]
        self.fields["recognizer"].choices = recognizers  # type: ignore[attr-defined]
        self.fields["name"].required = False
        self.initial.setdefault("secret_in", self.instance.options.get("secretIn", "handshake"))
        self.initial.setdefault("sequence", self.instance.options.get("sequence", "auto"))
        self.initial["version"] = self.instance.version
        if self.instance._state.adding:
            del self.fields["remove_secret"]

    def clean_product_id(self) -> str:
        text = rules.clean_vendor_id(self.cleaned_data["product_id"])
        if not text:
            raise ValidationError("Give the id of the queue or campaign, as RingCX shows it.", "required")
        return text

    def clean_sub_account_id(self) -> str:
        return rules.clean_vendor_id(self.cleaned_data["sub_account_id"])

    def clean_main_account_id(self) -> str:
        return rules.clean_vendor_id(self.cleaned_data["main_account_id"])

    def clean_rc_account_id(self) -> str:
        return rules.clean_vendor_id(self.cleaned_data["rc_account_id"])

    def clean_streaming_url(self) -> str:
        return rules.clean_streaming_url(self.cleaned_data["streaming_url"])

    def clean_language(self) -> str:
        return rules.clean_language(self.cleaned_data["language"])

    def clean_recognizer(self) -> str:
        return rules.clean_recognizer(self.cleaned_data["recognizer"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        new, old = cleaned.get("secret", ""), self.instance.secret
        if new and cleaned.get("remove_secret"):
            self.add_error("remove_secret", "Give a new secret or remove the stored one, not both.")
        will_have_one = bool(new or (old and not cleaned.get("remove_secret")))
        if new and not old and "secret_check" not in self.changed_data:
            cleaned["secret_check"] = SecretCheck.OBSERVE
        if cleaned.get("secret_check") == SecretCheck.ENFORCE and not will_have_one:
            self.add_error("secret_check", "There is no secret to enforce: give one, or choose Off.")
        self._refuse_taken_product(cleaned)
        return cleaned

    def _refuse_taken_product(self, cleaned: dict[str, Any]) -> None:
        if self.errors.keys() & {"product_type", "product_id", "sub_account_id"}:
            return
        product = {name: cleaned[name] for name in ("product_type", "product_id", "sub_account_id")}
        others = StreamingProfile.objects.filter(vendor=self.instance.vendor, **product).exclude(id=self.instance.id)
        if other := others.first():
            text = f"The profile “{other.name}” already takes the streams of this product: edit it, or give another id."
            self.add_error("product_id", text)

    def validate_constraints(self) -> None:
        """The one there is, the product's uniqueness, is said at its field: see `_refuse_taken_product`."""

    def filled(self) -> StreamingProfile:
        """The profile as the valid form wants it, unsaved."""
        profile, cleaned = self.instance, self.cleaned_data
        profile.name = profile.name or rules.default_name(profile)
        if cleaned["secret"]:
            profile.secret = cleaned["secret"]
        elif cleaned.get("remove_secret"):
            profile.secret = ""
        chosen = {"secretIn": cleaned["secret_in"], "sequence": cleaned["sequence"]}
        profile.options = rules.clean_options(profile.vendor, {**profile.options, **chosen})
        return profile
