"""The addresses for people: start, signing in, the office."""

from __future__ import annotations

from django.contrib.auth.views import LogoutView
from django.urls import path

from fiel.doors.office import receipt, sign_in, start

__all__ = ["urlpatterns"]

urlpatterns = [
    path("", start.start, name="start"),
    path("language/", start.language, name="language"),
    path("sign-in/", sign_in.SignIn.as_view(), name="sign-in"),
    path("sign-in/<str:secret>/", sign_in.sign_in_by_link, name="sign-in-by-link"),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
    path("password/", sign_in.password, name="password"),
    path("office/", start.office, name="office"),
    path("office/<slug:business>/", start.business, name="business"),
    path("office/<slug:business>/receipts/<uuid:receipt_id>/", receipt.receipt, name="receipt"),
]
