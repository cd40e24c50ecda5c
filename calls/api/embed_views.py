"""`embed/`: what the page in an agent script's iFrame asks for. No cookie, so no CSRF: the bearer is all there is."""

from __future__ import annotations

from typing import Any, cast

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from calls.api.authentication import CHALLENGE, Credential, PairingAuthentication, bearer_of
from calls.api.fields import StrictSerializer, Text, refusal
from calls.api.views import HubView
from calls.services import embeds


class EmbedAuthentication(BaseAuthentication):
    """The bearer of an embed session, which alone is signed and so holds a colon: `request.auth` is its grant, the user
    stays anonymous."""

    def authenticate(self, request: Request) -> tuple[Any, embeds.EmbedGrant] | None:
        token = bearer_of(request)
        if token is None or ":" not in token:
            return None
        try:
            return None, embeds.read_bearer(token)
        except embeds.EmbedRefused as error:
            raise AuthenticationFailed(str(error), "embed_refused") from None

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


class NewEmbedSessionSerializer(StrictSerializer):
    """Opens a session with an embed key. Without a key, the bearer's session is renewed."""

    key = Text(required=False, max_length=200, write_only=True)
    callId = Text(required=False, max_length=200, help_text="The vendor's call id, also before the call exists.")


class EmbedSessionSerializer(serializers.Serializer[Any]):
    """A bearer for one call, good for 15 minutes."""

    token = serializers.CharField(read_only=True)
    expiresAt = serializers.DateTimeField(read_only=True)


class NewEmbedTicketSerializer(StrictSerializer):
    """With a paired iFrame's bearer only; an embed session's is for one call anyway."""

    callId = Text(
        required=False, max_length=200, help_text="The vendor's call id; without it, any of the person's sockets."
    )


class EmbedTicketSerializer(serializers.Serializer[Any]):
    """Opens `/ws/embed/?ticket=…` once, within 30 seconds. A paired iFrame's, made without `callId`, opens
    `/ws/dashboard/`, `/ws/calls/<id>/` or `/ws/calls/<id>/listen/` instead."""

    ticket = serializers.CharField(read_only=True)


class EmbedView(HubView):
    authentication_classes = [EmbedAuthentication]
    permission_classes = [AllowAny]

    @property
    def grant(self) -> embeds.EmbedGrant | None:
        return cast("embeds.EmbedGrant | None", self.request.auth)


class EmbedSessionsView(EmbedView):
    @extend_schema(
        operation_id="create_embed_session",
        request=NewEmbedSessionSerializer,
        responses={201: EmbedSessionSerializer},
    )
    def post(self, request: Request) -> Response:
        """Opens or renews an embed session."""
        serializer = NewEmbedSessionSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        key, call_id = serializer.validated_data.get("key"), serializer.validated_data.get("callId")
        if key:
            if not call_id:
                raise refusal("callId", "required", "Give the vendor's id of the call to show.")
            try:
                token, expires_at = embeds.open_session(key=key, vendor_call_id=call_id)
            except embeds.EmbedRefused as error:
                raise AuthenticationFailed(str(error), "bad_key") from None
        elif self.grant:
            if call_id not in (None, "", self.grant.vendor_call_id):
                raise refusal("callId", "invalid", "This session is for another call: send the key too.")
            token, expires_at = embeds.sign_bearer(self.grant)
        else:
            raise refusal("key", "required", "Give an embed key of the profile.")
        return Response({"token": token, "expiresAt": expires_at}, 201)


class EmbedTicketsView(EmbedView):
    authentication_classes = [PairingAuthentication, EmbedAuthentication]

    @extend_schema(
        operation_id="create_embed_ticket",
        request=NewEmbedTicketSerializer,
        responses={201: EmbedTicketSerializer},
    )
    def post(self, request: Request) -> Response:
        """A ticket for one socket."""
        serializer = NewEmbedTicketSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        call_id = serializer.validated_data.get("callId") or ""
        credential: object = request.auth
        if isinstance(credential, Credential) and credential.pairing:
            grant: embeds.EmbedGrant | embeds.PairedGrant = embeds.PairedGrant(credential.pairing, call_id)
        elif isinstance(credential, embeds.EmbedGrant):
            if call_id not in ("", credential.vendor_call_id):
                raise refusal("callId", "invalid", "This session is for another call.")
            grant = credential
        else:
            code = "not_authenticated" if bearer_of(request) is None else "embed_refused"
            raise AuthenticationFailed(
                "Send the token of an embed session or a pairing as 'Authorization: Bearer <token>'.", code
            )
        return Response({"ticket": embeds.create_ticket(grant)}, 201)
