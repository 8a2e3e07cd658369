"""The counter's addresses."""

from __future__ import annotations

from django.urls import path

from fiel.doors.counter import catalogue, finding, giving, home, inviting, receipts, selling

__all__ = ["urlpatterns"]

urlpatterns = [
    path("", home.choose, name="counter-choose"),
    path("<slug:business>/", home.home, name="counter"),
    path("<slug:business>/store/", home.store, name="counter-store"),
    path("<slug:business>/away/", home.away, name="counter-away"),
    path("<slug:business>/state/", home.state, name="counter-state"),
    path("<slug:business>/manifest.webmanifest", home.manifest, name="counter-manifest"),
    path("<slug:business>/worker.js", home.worker, name="counter-worker"),
    path("<slug:business>/find/", finding.find, name="counter-find"),
    path("<slug:business>/enrol/", finding.enrol, name="counter-enrol"),
    path("<slug:business>/members/<uuid:member_id>/", selling.member, name="counter-member"),
    path("<slug:business>/members/<uuid:member_id>/items/", selling.items, name="counter-items"),
    path("<slug:business>/members/<uuid:member_id>/rewards/", giving.give, name="counter-issue"),
    path("<slug:business>/catalogue/", catalogue.search, name="counter-catalogue"),
    path("<slug:business>/quote/", selling.ask, name="counter-quote"),
    path("<slug:business>/sales/", selling.sell, name="counter-sell"),
    path("<slug:business>/invitations/", inviting.invitations, name="counter-invitations"),
    path(
        "<slug:business>/invitations/<uuid:member_id>/<uuid:invitation_id>/",
        inviting.act,
        name="counter-invitation-act",
    ),
    path("<slug:business>/receipts/", receipts.today, name="counter-receipts"),
    path("<slug:business>/receipts/<uuid:receipt_id>/", receipts.receipt, name="counter-receipt"),
    path("<slug:business>/receipts/<uuid:receipt_id>/return/", receipts.give_back, name="counter-return"),
]
