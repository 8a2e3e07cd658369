"""The portal's addresses."""

from __future__ import annotations

from django.urls import path

from fiel.doors.portal import card, entering, having, me, stopping, vouchers, wallet

__all__ = ["urlpatterns"]

urlpatterns = [
    path("<slug:business>/", having.home, name="portal"),
    path("<slug:business>/join", entering.join, name="portal-join"),
    path("<slug:business>/sign-in/", entering.sign_in, name="portal-sign-in"),
    path("<slug:business>/code/<uuid:code_id>/", entering.code, name="portal-code"),
    path("<slug:business>/sign-out/", entering.sign_out, name="portal-sign-out"),
    path("<slug:business>/movements/", having.movements, name="portal-movements"),
    path("<slug:business>/receipts/", having.receipts, name="portal-receipts"),
    path("<slug:business>/receipts/<uuid:receipt_id>/", having.receipt, name="portal-receipt"),
    path("<slug:business>/rewards/", vouchers.rewards, name="portal-rewards"),
    path("<slug:business>/rewards/take/", vouchers.take, name="portal-take"),
    path("<slug:business>/vouchers/<uuid:voucher_id>/", vouchers.voucher, name="portal-voucher"),
    path("<slug:business>/vouchers/<uuid:voucher_id>/cancel/", vouchers.give_up, name="portal-cancel"),
    path("<slug:business>/card/", card.card, name="portal-card"),
    path("<slug:business>/card/apple/", wallet.apple, name="portal-apple"),
    path("<slug:business>/card/google/", wallet.google, name="portal-google"),
    path("<slug:business>/card/code/", card.turn, name="portal-turn"),
    path("<slug:business>/me/", me.me, name="portal-me"),
    path("<slug:business>/me/consent/", me.consent, name="portal-consent"),
    path("<slug:business>/me/statements/", me.statements, name="portal-statements"),
    path("<slug:business>/me/settings/", me.settings_of, name="portal-settings"),
    path("<slug:business>/me/contact/", me.contact, name="portal-contact"),
    path("<slug:business>/me/contact/<uuid:code_id>/", me.change_code, name="portal-change"),
    path("<slug:business>/me/password/", me.password, name="portal-password"),
    path("<slug:business>/me/export/<str:kind>/", me.export, name="portal-export"),
    path("<slug:business>/me/request/", me.request_of, name="portal-request"),
    path("<slug:business>/me/leave/", me.leave, name="portal-leave"),
    path("<slug:business>/bring/", me.bring, name="portal-bring"),
    path("<slug:business>/stop/<str:token>/", stopping.stopping, name="portal-stop"),
    path("<slug:business>/manifest.webmanifest", card.manifest, name="portal-manifest"),
    path("<slug:business>/worker.js", card.worker, name="portal-worker"),
]
