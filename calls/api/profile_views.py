"""`profiles/`, their embed keys, and `refused-streams/`."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from calls.api.authentication import requester_of
from calls.api.paging import PAGE_PARAMETERS, paginate
from calls.api.problems import ApiProblem
from calls.api.profiles import (
    EmbedKeySerializer,
    NewEmbedKeySerializer,
    ProfilePage,
    ProfileSerializer,
    RefusedStreamPage,
    RefusedStreamSerializer,
    RevealedSerializer,
    TestTicketSerializer,
)
from calls.api.views import AdminView
from calls.models import RefusedStream, StreamingProfile
from calls.services import profiles, stream_access
from calls.services.endpoints import endpoint_url, endpoint_url_with_secret


def profile_rows() -> QuerySet[StreamingProfile]:
    return StreamingProfile.objects.prefetch_related("embed_keys")


class ProfilesView(AdminView):
    @extend_schema(operation_id="list_profiles", parameters=PAGE_PARAMETERS, responses=ProfilePage)
    def get(self, request: Request) -> Response:
        """Profiles by name."""
        page = paginate(request, profile_rows(), "name", "id")
        return Response(page.body(ProfileSerializer(page.rows, many=True).data))

    @extend_schema(operation_id="create_profile", request=ProfileSerializer, responses={201: ProfileSerializer})
    def post(self, request: Request) -> Response:
        """Creates a profile. The body of RingCX's own API will do."""
        serializer = ProfileSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        serializer.save(by=requester_of(request))
        return Response(serializer.data, 201)


class ProfileView(AdminView):
    @extend_schema(operation_id="read_profile", responses=ProfileSerializer)
    def get(self, request: Request, profile_id: UUID) -> Response:
        """One profile."""
        return Response(ProfileSerializer(get_object_or_404(profile_rows(), id=profile_id)).data)

    @extend_schema(operation_id="replace_profile", request=ProfileSerializer, responses=ProfileSerializer)
    def put(self, request: Request, profile_id: UUID) -> Response:
        """Replaces a profile: fields that are absent get their defaults. Only the secret, its check and the slug stay."""
        return self.write(request, profile_id, partial=False)

    @extend_schema(operation_id="patch_profile", request=ProfileSerializer, responses=ProfileSerializer)
    def patch(self, request: Request, profile_id: UUID) -> Response:
        """Changes the fields that are given. Lists and `options` are replaced whole."""
        return self.write(request, profile_id, partial=True)

    def write(self, request: Request, profile_id: UUID, *, partial: bool) -> Response:
        with transaction.atomic():
            profile = get_object_or_404(StreamingProfile.objects.select_for_update(), id=profile_id)
            serializer = ProfileSerializer(profile, data=request.data, partial=partial)
            serializer.is_valid(raise_exception=True)
            serializer.save(by=requester_of(request))
        return Response(serializer.data)

    @extend_schema(operation_id="delete_profile", responses={204: None})
    def delete(self, request: Request, profile_id: UUID) -> Response:
        """Deletes a profile and its embed keys. Its calls are kept."""
        profiles.delete_profile(get_object_or_404(StreamingProfile, id=profile_id), by=requester_of(request))
        return Response(status=204)


class RevealView(AdminView):
    @extend_schema(operation_id="reveal_profile_secret", request=None, responses=RevealedSerializer)
    def post(self, request: Request, profile_id: UUID) -> Response:
        """Shows a profile's secret. That it was shown, and to whom, is on record."""
        profile = get_object_or_404(StreamingProfile, id=profile_id)
        secret = profiles.reveal_secret(profile, by=requester_of(request))
        return Response(
            {
                "secret": secret or None,
                "endpointUrl": endpoint_url(profile),
                "endpointUrlWithSecret": endpoint_url_with_secret(profile),
            }
        )


class TestTicketView(AdminView):
    @extend_schema(operation_id="create_test_ticket", request=None, responses={201: TestTicketSerializer})
    def post(self, request: Request, profile_id: UUID) -> Response:
        """Makes a ticket with which a browser can play the vendor on the profile's socket. It is on record."""
        profile = get_object_or_404(StreamingProfile, id=profile_id)
        try:
            ticket, expires_at = profiles.make_test_ticket(profile, by=requester_of(request))
        except profiles.NoTicket as error:
            raise ApiProblem(409, "unsupported", str(error)) from None
        return Response({"ticket": ticket, "expiresAt": expires_at}, 201)


class EmbedKeysView(AdminView):
    @extend_schema(operation_id="create_embed_key", request=None, responses={201: NewEmbedKeySerializer})
    def post(self, request: Request, profile_id: UUID) -> Response:
        """Makes an embed key. Two may be active, so that one can take over from the other."""
        profile = get_object_or_404(StreamingProfile, id=profile_id)
        try:
            key, text = profiles.create_embed_key(profile, by=requester_of(request))
        except profiles.TooManyKeys as error:
            raise ApiProblem(409, "too_many_keys", str(error)) from None
        return Response({**EmbedKeySerializer(key).data, "key": text}, 201)


class EmbedKeyView(AdminView):
    @extend_schema(operation_id="delete_embed_key", responses={204: None})
    def delete(self, request: Request, profile_id: UUID, key_id: UUID) -> Response:
        """Revokes an embed key, and with it every embed that it opened."""
        profile = get_object_or_404(StreamingProfile, id=profile_id)
        if not profiles.revoke_embed_key(profile, key_id, by=requester_of(request)):
            raise Http404
        return Response(status=204)


class RefusedStreamsView(AdminView):
    @extend_schema(operation_id="list_refused_streams", parameters=PAGE_PARAMETERS, responses=RefusedStreamPage)
    def get(self, request: Request) -> Response:
        """Streams that were refused, the latest first."""
        page = paginate(request, RefusedStream.objects.all(), "-last_at", "-id")
        return Response(page.body(RefusedStreamSerializer(page.rows, many=True).data))


class RefusedStreamView(AdminView):
    @extend_schema(operation_id="dismiss_refused_stream", responses={204: None})
    def delete(self, request: Request, refused_id: int) -> Response:
        """Takes a refused stream off the list, until the next such stream comes."""
        if not stream_access.dismiss_refused(refused_id, by=requester_of(request)):
            raise Http404
        return Response(status=204)
