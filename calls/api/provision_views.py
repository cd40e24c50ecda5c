"""`profiles/{id}/provision/`: the profile at its vendor, compared, pushed and removed by the vendor's REST API."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from calls.api.authentication import requester_of
from calls.api.problems import ApiProblem
from calls.api.views import AdminView
from calls.models import StreamingProfile
from calls.services import provisioning
from calls.shape import Shape

NAMES = {
    "streaming_url": "streamingUrl",
    "secret": "secret",
    "main_account_id": "mainAccountId",
    "rc_account_id": "rcAccountId",
}

T = TypeVar("T")


class DifferenceShape(Shape):
    """A field that the vendor has otherwise. Of a secret neither side is told."""

    field: str
    here: str | None
    there: str | None


class ProvisionShape(Shape):
    """The profile at its vendor. `state`: absent, same or different."""

    state: str
    differences: list[DifferenceShape]


def provision_shape(comparison: provisioning.Comparison) -> ProvisionShape:
    differences = [DifferenceShape(field=NAMES[d.field], here=d.here, there=d.there) for d in comparison.differences]
    return ProvisionShape(state=comparison.state, differences=differences)


class ProvisionView(AdminView):
    @extend_schema(operation_id="compare_provision", responses=ProvisionShape)
    def get(self, request: Request, profile_id: UUID) -> Response:
        """Compares with the vendor. 409 `unsupported`, `incomplete` or `no_account`; 502 `vendor_failed`."""
        profile = get_object_or_404(StreamingProfile, id=profile_id)
        return Response(provision_shape(tried(lambda: provisioning.compare(profile))))

    @extend_schema(operation_id="provision_profile", request=None, responses=ProvisionShape)
    def post(self, request: Request, profile_id: UUID) -> Response:
        """Pushes the profile to the vendor, new or in place of what is there. Refusals as above, and 409
        `no_public_url`."""
        profile = get_object_or_404(StreamingProfile, id=profile_id)
        by = requester_of(request)
        return Response(provision_shape(tried(lambda: provisioning.push(profile, by=by))))

    @extend_schema(operation_id="unprovision_profile", request=None, responses={204: None})
    def delete(self, request: Request, profile_id: UUID) -> Response:
        """Removes it from the vendor, which then streams no more of these calls. Refusals as above."""
        profile = get_object_or_404(StreamingProfile, id=profile_id)
        by = requester_of(request)
        tried(lambda: provisioning.remove(profile, by=by))
        return Response(status=204)


def tried(work: Callable[[], T]) -> T:
    try:
        return work()
    except provisioning.NotProvisionable as refused:
        raise ApiProblem(409, refused.code, str(refused)) from None
    except provisioning.ActionFailed as failed:
        raise ApiProblem(502, "vendor_failed", str(failed)) from None
