"""The addresses for people: start, signing in, the office."""

from __future__ import annotations

from allauth.account.views import reauthenticate
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from allauth.usersessions.views import list_usersessions
from django.contrib.auth.views import LogoutView
from django.urls import include, path
from django.views.generic import RedirectView

from fiel.doors.brand import brand_file, entrance
from fiel.doors.office import (
    brand,
    catalogue,
    deliveries,
    devices,
    forgotten,
    join,
    member_acts,
    members,
    pairing,
    partners,
    picking,
    programme,
    receipt,
    rewards,
    settlements,
    sign_in,
    sign_up,
    staff,
    start,
    trail,
    vouchers,
    what_if,
)
from fiel.doors.parts import parts

__all__ = ["urlpatterns"]

_ACCOUNT = {
    "account_reauthenticate": ("again/", reauthenticate),
    "usersessions_list": ("sessions/", list_usersessions),
    "mfa_index": ("", mfa.index),
    "mfa_authenticate": ("code/", mfa.authenticate),
    "mfa_reauthenticate": ("again/code/", mfa.reauthenticate),
    "mfa_activate_totp": ("app/", totp.activate_totp),
    "mfa_deactivate_totp": ("app/remove/", totp.deactivate_totp),
    "mfa_view_recovery_codes": ("recovery-codes/", codes.view_recovery_codes),
    "mfa_generate_recovery_codes": ("recovery-codes/new/", codes.generate_recovery_codes),
    "mfa_list_webauthn": ("passkeys/", RedirectView.as_view(pattern_name="mfa_index")),
    "mfa_add_webauthn": ("passkeys/add/", webauthn.add_webauthn),
    "mfa_reauthenticate_webauthn": ("passkeys/again/", webauthn.reauthenticate_webauthn),
    "mfa_remove_webauthn": ("passkeys/<int:pk>/remove/", webauthn.remove_webauthn),
}
"""What django-allauth does, by the names that it asks for."""

urlpatterns = [
    path("account/", include([path(route, entrance(view), name=name) for name, (route, view) in _ACCOUNT.items()])),
    path("sign-in/", entrance(sign_in.SignIn.as_view()), name="account_login"),
    path("", start.start, name="start"),
    path("language/", start.language, name="language"),
    path("sign-in/", entrance(sign_in.SignIn.as_view()), name="sign-in"),
    path("sign-in/forgotten/", entrance(forgotten.forgotten), name="forgotten"),
    path("sign-in/<str:secret>/", entrance(sign_in.sign_in_by_link), name="sign-in-by-link"),
    path("sign-up/", sign_up.sign_up, name="sign-up"),
    path("sign-up/<str:token>/", sign_up.open_it, name="sign-up-open"),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
    path("password/", entrance(sign_in.password), name="password"),
    path("join/<str:secret>/", join.join, name="join"),
    path("pair/", entrance(pairing.pair), name="pair"),
    path("pair/<str:code>/", entrance(pairing.pair), name="pair-code"),
    path("pin/", entrance(pairing.pin), name="pin"),
    path("pin/leave/", pairing.leave_counter, name="pin-leave"),
    path("pin/change/", entrance(pairing.change_pin), name="pin-change"),
    path("brand/<slug:business>/<str:version>/<str:file>", brand_file, name="brand"),
    path("parts/", parts, name="parts"),
    path("office/", start.office, name="office"),
    path("office/<slug:business>/", start.business, name="business"),
    path("office/<slug:business>/receipts/<uuid:receipt_id>/", receipt.receipt, name="receipt"),
    path("office/<slug:business>/members/", members.members, name="members"),
    path("office/<slug:business>/members/<uuid:member_id>/", members.member, name="member"),
    path("office/<slug:business>/members/<uuid:member_id>/adjust/", member_acts.post_adjustment, name="member-adjust"),
    path("office/<slug:business>/members/<uuid:member_id>/card/", member_acts.give_card, name="member-card"),
    path("office/<slug:business>/members/<uuid:member_id>/block/", member_acts.block_card, name="member-block"),
    path("office/<slug:business>/members/<uuid:member_id>/tier/", member_acts.give_tier_page, name="member-tier"),
    path("office/<slug:business>/members/<uuid:member_id>/merge/", member_acts.merge_page, name="member-merge"),
    path("office/<slug:business>/adjustments/", member_acts.waiting, name="waiting"),
    path("office/<slug:business>/adjustments/<uuid:entry_id>/agree/", member_acts.waiting_agree, name="waiting-agree"),
    path("office/<slug:business>/brand/", brand.brand, name="office-brand"),
    path("office/<slug:business>/pick/<str:what>/", picking.pick, name="pick"),
    path("office/<slug:business>/rewards/", rewards.rewards, name="rewards"),
    path("office/<slug:business>/rewards/new/", rewards.new_reward, name="reward-new"),
    path("office/<slug:business>/reward/<str:code>/", rewards.reward, name="reward"),
    path("office/<slug:business>/reward/<str:code>/stock/", rewards.stock, name="reward-stock"),
    path("office/<slug:business>/reward/<str:code>/picture/", rewards.picture, name="reward-picture"),
    path("office/<slug:business>/vouchers/", vouchers.vouchers, name="vouchers"),
    path("office/<slug:business>/vouchers/<uuid:voucher_id>/", vouchers.voucher, name="voucher"),
    path("office/<slug:business>/vouchers/<uuid:voucher_id>/cancel/", vouchers.cancel_voucher, name="voucher-cancel"),
    path("office/<slug:business>/deliveries/", deliveries.deliveries_listed, name="deliveries"),
    path("office/<slug:business>/partners/", partners.partners, name="partners"),
    path("office/<slug:business>/partners/new/", partners.new_partner, name="partner-new"),
    path("office/<slug:business>/partner/<str:code>/", partners.partner, name="partner-of"),
    path("office/<slug:business>/partner/<str:code>/<str:what>/", partners.change, name="partner-change"),
    path("office/<slug:business>/settlements/", settlements.settlements_listed, name="settlements"),
    path("office/<slug:business>/settlements/<uuid:settlement_id>/", settlements.settlement, name="settlement-of"),
    path(
        "office/<slug:business>/settlements/<uuid:settlement_id>/<str:kind>/",
        settlements.settlement_paper,
        name="settlement-paper",
    ),
    path("office/<slug:business>/catalogue/", catalogue.catalogue, name="catalogue"),
    path("office/<slug:business>/programme/", programme.programme, name="programme"),
    path("office/<slug:business>/programme/draft/", programme.change_draft, name="programme-draft"),
    path("office/<slug:business>/programme/publish/", programme.publish, name="programme-publish"),
    path("office/<slug:business>/programme/history/", programme.history, name="programme-history"),
    path("office/<slug:business>/programme/file/", programme.programme_file, name="programme-file"),
    path("office/<slug:business>/programme/basket/", what_if.basket, name="basket"),
    path("office/<slug:business>/programme/what-if/", what_if.what_if, name="what-if"),
    path("office/<slug:business>/programme/what-if/<uuid:job_id>/", what_if.what_if_found, name="what-if-found"),
    path("office/<slug:business>/programme/<str:section>/<str:number>/", programme.rule, name="rule"),
    path("office/<slug:business>/staff/", staff.staff, name="staff"),
    path("office/<slug:business>/staff/invitations/<uuid:invitation_id>/", staff.invitation, name="staff-invitation"),
    path("office/<slug:business>/staff/<int:person_id>/", staff.somebody, name="somebody"),
    path("office/<slug:business>/staff/<int:person_id>/pin/", staff.pin, name="staff-pin"),
    path("office/<slug:business>/staff/<int:person_id>/remove/", staff.remove, name="staff-remove"),
    path("office/<slug:business>/staff/<int:person_id>/card/", staff.own_card, name="staff-card"),
    path("office/<slug:business>/devices/", devices.devices, name="devices"),
    path("office/<slug:business>/devices/<uuid:device_id>/revoke/", devices.revoke, name="device-revoke"),
    path("office/<slug:business>/trail/", trail.trail, name="trail"),
]
