"""`vendor-accounts/`."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from calls.api.authentication import requester_of
from calls.api.paging import PAGE_PARAMETERS, paginate
from calls.api.vendor_accounts import CheckedSerializer, VendorAccountPage, VendorAccountSerializer
from calls.api.views import AdminView
from calls.models import VendorAccount
from calls.services import vendor_accounts as service


class VendorAccountsView(AdminView):
    read_scope = "admin"

    @extend_schema(operation_id="list_vendor_accounts", parameters=PAGE_PARAMETERS, responses=VendorAccountPage)
    def get(self, request: Request) -> Response:
        """Vendor accounts by name, without their secrets."""
        page = paginate(request, VendorAccount.objects.all(), "name", "id")
        return Response(page.body(VendorAccountSerializer(page.rows, many=True).data))

    @extend_schema(
        operation_id="create_vendor_account", request=VendorAccountSerializer, responses={201: VendorAccountSerializer}
    )
    def post(self, request: Request) -> Response:
        """Stores credentials. They are not tried: see `check/`."""
        serializer = VendorAccountSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        serializer.save(by=requester_of(request))
        return Response(serializer.data, 201)


class VendorAccountView(AdminView):
    read_scope = "admin"

    @extend_schema(operation_id="read_vendor_account", responses=VendorAccountSerializer)
    def get(self, request: Request, account_id: UUID) -> Response:
        """One account, without its secrets."""
        return Response(VendorAccountSerializer(get_object_or_404(VendorAccount, id=account_id)).data)

    @extend_schema(
        operation_id="replace_vendor_account", request=VendorAccountSerializer, responses=VendorAccountSerializer
    )
    def put(self, request: Request, account_id: UUID) -> Response:
        """Replaces an account: what is absent gets its default. Only secrets stay."""
        return self.write(request, account_id, partial=False)

    @extend_schema(
        operation_id="patch_vendor_account", request=VendorAccountSerializer, responses=VendorAccountSerializer
    )
    def patch(self, request: Request, account_id: UUID) -> Response:
        """Changes what is given, in `fields` too. A changed address asks for the secrets again."""
        return self.write(request, account_id, partial=True)

    def write(self, request: Request, account_id: UUID, *, partial: bool) -> Response:
        with transaction.atomic():
            account = get_object_or_404(VendorAccount.objects.select_for_update(), id=account_id)
            serializer = VendorAccountSerializer(account, data=request.data, partial=partial)
            serializer.is_valid(raise_exception=True)
            serializer.save(by=requester_of(request))
        return Response(serializer.data)

    @extend_schema(operation_id="delete_vendor_account", responses={204: None})
    def delete(self, request: Request, account_id: UUID) -> Response:
        """Deletes an account. What needs it is unsupported from then on."""
        service.delete_account(get_object_or_404(VendorAccount, id=account_id), by=requester_of(request))
        return Response(status=204)


class VendorAccountCheckView(AdminView):
    @extend_schema(operation_id="check_vendor_account", request=None, responses=CheckedSerializer)
    def post(self, request: Request, account_id: UUID) -> Response:
        """Logs in at the vendor and tells what came of it; takes up to 20 seconds. Nothing is done to any call."""
        checked = service.check_account(get_object_or_404(VendorAccount, id=account_id), by=requester_of(request))
        return Response(CheckedSerializer({"ok": checked.ok, "detail": checked.detail}).data)
