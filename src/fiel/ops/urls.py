"""Every address, door by door."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from fiel.doors import hooks
from fiel.doors.api.api import api
from fiel.ops import health, status

PROBES = [
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
]

# One line for each door: `path("api/v1/", api.urls)`, `path("counter/", include("fiel.doors.counter.urls"))`, …
DOORS: list[URLPattern | URLResolver] = [
    path("api/v1/", api.urls),
    path("hooks/shopify/<uuid:hook_id>/", hooks.shopify, name="hook-shopify"),
    path("counter/", include("fiel.doors.counter.urls")),
    path("c/", include("fiel.doors.portal.urls")),
    path("partner/", include("fiel.doors.partner.urls")),
    path("office/<slug:business>/status/", status.status, name="status"),
    path("", include("fiel.doors.office.urls")),
]

urlpatterns: list[URLPattern | URLResolver] = [*PROBES, *DOORS]
