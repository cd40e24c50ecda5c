"""`calls/{id}/help/`: the agent of a live call asks for help, from the call's page or the iFrame in the script."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from calls import shapes
from calls.api.authentication import Credential, requester_of
from calls.api.embed_views import EmbedAuthentication
from calls.api.fields import StrictSerializer, Text
from calls.api.problems import ApiProblem
from calls.api.views import HubView
from calls.models import Call, HelpRequest, User
from calls.models.accounts import Role
from calls.models.help import MAX_NOTE
from calls.services import help as service
from calls.services.accounts import includes
from calls.services.audit import Requester
from calls.services.embeds import EmbedGrant


class KnownPermission(BasePermission):
    """Whoever is somebody; what they may is each method's affair."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return isinstance(request.auth, EmbedGrant) or request.user.is_authenticated


class NewHelpSerializer(StrictSerializer):
    """What the help is needed for, in a few words or none."""

    note = Text(required=False, max_length=MAX_NOTE)


class HelpView(HubView):
    authentication_classes = [EmbedAuthentication, *HubView.authentication_classes]
    permission_classes = [KnownPermission]

    @extend_schema(operation_id="ask_help", request=NewHelpSerializer, responses={201: shapes.HelpShape})
    def post(self, request: Request, call_id: UUID) -> Response:
        """Asks the supervisors for help: for the agent of the call, at a page or in the script's iFrame. Asked again,
        the new note counts. 409 `not_live`."""
        by, is_agent = self.find(request, call_id)
        if not is_agent:
            raise PermissionDenied("Only the agent of the call asks for help.")
        serializer = NewHelpSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        try:
            wish = service.ask_help(call_id=call_id, by=by, note=serializer.validated_data.get("note") or "")
        except service.NotLive as error:
            raise ApiProblem(409, "not_live", str(error)) from None
        return Response(shapes.help_shape(wish), 201)

    @extend_schema(operation_id="end_help", responses={204: None})
    def delete(self, request: Request, call_id: UUID) -> Response:
        """Withdraws the wish for help (its agent), or resolves it (who may control the call)."""
        by, is_agent = self.find(request, call_id)
        if not is_agent and not includes(cast(Credential, request.auth).scope, "control"):
            raise PermissionDenied("Resolving a wish for help needs the right to control calls.")
        state = HelpRequest.State.WITHDRAWN if is_agent else HelpRequest.State.RESOLVED
        service.end_help(call_id=call_id, by=by, state=state)
        return Response(status=204)

    def find(self, request: Request, call_id: UUID) -> tuple[Requester, bool]:
        """Who asks, and whether that is the agent of this call. Programs with an agent's key are not."""
        if isinstance(request.auth, EmbedGrant):
            call = request.auth.call()
            if call is None or call.id != call_id:
                raise Http404
            name = f"agent {call.agent_id} (iFrame)" if call.agent_id else "the agent (iFrame)"
            return Requester(name, id=f"embed:{request.auth.key.id}"), True
        user, credential = cast(User, request.user), cast(Credential, request.auth)
        get_object_or_404(Call.objects.visible_to(user), id=call_id)
        is_agent = user.role == Role.AGENT and not user.is_admin and credential.key is None
        return requester_of(request), is_agent
