"""`/api/schema/` and `/api/docs/`."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.templatetags.static import static
from django.utils.html import format_html
from drf_spectacular.renderers import OpenApiJsonRenderer2, OpenApiYamlRenderer2
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.request import Request

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Call Hub API</title>
<link rel="icon" href="{files}favicon-32x32.png">
<link rel="stylesheet" href="{files}swagger-ui.css">
<div id="swagger-ui"></div>
<script src="{files}swagger-ui-bundle.js"></script>
<script src="?script="></script>
"""


class SchemaView(SpectacularAPIView):
    """OpenAPI 3.1, as JSON unless YAML is asked for. For everybody, whatever a client sends along."""

    authentication_classes = []
    renderer_classes = [OpenApiJsonRenderer2, OpenApiYamlRenderer2]


class DocsView(SpectacularSwaggerSplitView):
    """Swagger UI from our own files, on a page without inline script or style."""

    authentication_classes = []
    url_name = "api-schema"

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if "script" in request.query_params:
            return super().get(request, *args, **kwargs)
        return HttpResponse(format_html(PAGE, files=static("drf_spectacular_sidecar/swagger-ui-dist/")))
