"""Rewards at the counter: what a member can have, given at once."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from fiel.doors.counter.desk import Desk, at_desk
from fiel.doors.counter.sentences import said
from fiel.members.read import member_by_id
from fiel.rewards.give import issue

__all__ = ["give"]


@require_POST
@at_desk
def give(request: HttpRequest, desk: Desk, member_id: UUID) -> HttpResponse:
    """Issue a reward's voucher to the member, ready to be used in the sale that is open."""
    member = member_by_id(desk.business.id, str(member_id))
    if member is None:
        raise Http404
    if member.id == desk.own_member:
        raise said("forbidden", _("This is your own account: a colleague has to give it to you."))
    issued = issue(desk.business, member.id, request.POST.get("reward", ""), proof=desk.proof_of(member.id))
    page = reverse("counter-member", args=[desk.business.slug, member.id])
    return redirect(f"{page}?voucher={issued.voucher.id}")
