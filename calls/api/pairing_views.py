"""`embed/pairings/`: an iFrame asks for a code, looks whether a person has confirmed it, and ends it. See
`services.pairings`. No cookie is looked at; the person confirms at `/pair/`."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from calls.api.authentication import CHALLENGE, bearer_of
from calls.api.fields import StrictSerializer, Text
from calls.api.problems import ApiProblem
from calls.api.views import HubView
from calls.models import EmbedPairing
from calls.services import audit, pairings
from calls.services.accounts import includes, right_in_iframe

OF_PAIRING: Any = [{"pairing": []}]  # in the API's description


class NewPairingSerializer(StrictSerializer):
    """What the person who confirms gets to see."""

    site = Text(required=False, max_length=200, help_text="The origin of the page around the iFrame.")


class PairingCodeSerializer(serializers.Serializer[Any]):
    """A code to confirm at `/pair/` until `expiresAt`, and the bearer that is worth something from then on."""

    code = serializers.CharField(read_only=True)
    expiresAt = serializers.DateTimeField(read_only=True)
    token = serializers.CharField(read_only=True)


class PairingSerializer(serializers.Serializer[Any]):
    """Whether a person has confirmed the code, and what the bearer may do until `expiresAt`."""

    state = serializers.ChoiceField(["waiting", "paired"], read_only=True)
    expiresAt = serializers.DateTimeField(read_only=True)
    user = serializers.CharField(read_only=True, allow_null=True, help_text="As commands tell who asked.")
    mayControl = serializers.BooleanField(read_only=True, help_text="Whether it may send commands and listen.")


class PairingsView(HubView):
    authentication_classes = []
    permission_classes = [AllowAny]

    def get_authenticate_header(self, request: Request) -> str:
        return CHALLENGE

    @extend_schema(
        operation_id="create_pairing", request=NewPairingSerializer, responses={201: PairingCodeSerializer}, auth=[]
    )
    def post(self, request: Request) -> Response:
        """Asks for a code."""
        serializer = NewPairingSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        try:
            pairing, token = pairings.ask_pairing(
                parent=serializer.validated_data.get("site") or "",
                address=request.META.get("REMOTE_ADDR") or "",
                browser=request.META.get("HTTP_USER_AGENT") or "",
            )
        except pairings.TooManyPairings as error:
            raise ApiProblem(429, "throttled", str(error), retry_after=60) from None
        return Response({"code": pairing.code, "expiresAt": pairing.code_expires_at, "token": token}, 201)

    @extend_schema(operation_id="read_pairing", responses={200: PairingSerializer}, auth=OF_PAIRING)
    def get(self, request: Request) -> Response:
        """How the bearer's pairing stands."""
        pairing = self.find()
        if pairing.user is None:
            return Response(
                {"state": "waiting", "expiresAt": pairing.code_expires_at, "user": None, "mayControl": False}
            )
        return Response(
            {
                "state": "paired",
                "expiresAt": pairing.expires_at,
                "user": audit.requester(pairing.user, pairing=pairing).name,
                "mayControl": includes(right_in_iframe(pairing.user), "control"),
            }
        )

    @extend_schema(operation_id="delete_pairing", request=None, responses={204: None}, auth=OF_PAIRING)
    def delete(self, request: Request) -> Response:
        """Ends it: the iFrame may nothing any more."""
        pairing = self.find()
        by = audit.requester(pairing.user, pairing=pairing) if pairing.user else audit.Requester("an iFrame")
        pairings.end_pairing(pairing_id=pairing.id, by=by)
        return Response(status=204)

    def find(self) -> EmbedPairing:
        token = bearer_of(self.request)
        pairing = pairings.find_pairing(token) if token else None
        if pairing is None:
            raise AuthenticationFailed("This pairing has run out, was refused or was ended: ask anew.", "not_paired")
        return pairing
