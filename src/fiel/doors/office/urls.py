"""The addresses for people: start, signing in, the office."""

from __future__ import annotations

from django.contrib.auth.views import LogoutView
from django.urls import path

from fiel.doors.office import devices, join, pairing, receipt, sign_in, staff, start, trail

__all__ = ["urlpatterns"]

urlpatterns = [
    path("", start.start, name="start"),
    path("language/", start.language, name="language"),
    path("sign-in/", sign_in.SignIn.as_view(), name="sign-in"),
    path("sign-in/<str:secret>/", sign_in.sign_in_by_link, name="sign-in-by-link"),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
    path("password/", sign_in.password, name="password"),
    path("join/<str:secret>/", join.join, name="join"),
    path("pair/", pairing.pair, name="pair"),
    path("pair/<str:code>/", pairing.pair, name="pair-code"),
    path("pin/", pairing.pin, name="pin"),
    path("pin/leave/", pairing.leave_counter, name="pin-leave"),
    path("pin/change/", pairing.change_pin, name="pin-change"),
    path("office/", start.office, name="office"),
    path("office/<slug:business>/", start.business, name="business"),
    path("office/<slug:business>/receipts/<uuid:receipt_id>/", receipt.receipt, name="receipt"),
    path("office/<slug:business>/staff/", staff.staff, name="staff"),
    path("office/<slug:business>/staff/invitations/<uuid:invitation_id>/", staff.invitation, name="staff-invitation"),
    path("office/<slug:business>/staff/<int:person_id>/", staff.somebody, name="somebody"),
    path("office/<slug:business>/staff/<int:person_id>/pin/", staff.pin, name="staff-pin"),
    path("office/<slug:business>/staff/<int:person_id>/remove/", staff.remove, name="staff-remove"),
    path("office/<slug:business>/devices/", devices.devices, name="devices"),
    path("office/<slug:business>/devices/<uuid:device_id>/revoke/", devices.revoke, name="device-revoke"),
    path("office/<slug:business>/trail/", trail.trail, name="trail"),
]
