"""`/api/schema/` and `/api/docs/`."""

from __future__ import annotations

from drf_spectacular.renderers import OpenApiJsonRenderer2, OpenApiYamlRenderer2
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView


class SchemaView(SpectacularAPIView):
    """OpenAPI 3.1, as JSON unless YAML is asked for."""

    renderer_classes = [OpenApiJsonRenderer2, OpenApiYamlRenderer2]


class DocsView(SpectacularSwaggerSplitView):
    url_name = "api-schema"
