"""The partner desk's addresses."""

from __future__ import annotations

from django.urls import path

from fiel.doors.partner import desk, redeeming, settling

__all__ = ["urlpatterns"]

urlpatterns = [
    path("", desk.choose, name="partner-choose"),
    path("desk/", desk.choose_partner, name="partner-desk"),
    path("<slug:business>/", redeeming.home, name="partner"),
    path("<slug:business>/manifest.webmanifest", desk.manifest, name="partner-manifest"),
    path("<slug:business>/voucher/", redeeming.look, name="partner-voucher"),
    path("<slug:business>/redeem/", redeeming.take, name="partner-redeem"),
    path("<slug:business>/redemptions/", redeeming.listed, name="partner-list"),
    path("<slug:business>/redemptions/<uuid:delivery_id>/", redeeming.undo, name="partner-redemption"),
    path("<slug:business>/settlements/", settling.settlements_listed, name="partner-settlements"),
    path("<slug:business>/settlements/<uuid:settlement_id>/", settling.settlement, name="partner-settlement"),
    path("<slug:business>/settlements/<uuid:settlement_id>/<str:kind>/", settling.paper, name="partner-paper"),
]
