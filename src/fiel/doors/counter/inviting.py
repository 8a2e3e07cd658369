"""Whom to invite, on the phone of whoever serves; and what waits for the member who stands there."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from fiel.doors.counter.desk import Desk, at_desk
from fiel.doors.inviting import act_on, listed

__all__ = ["act", "invitations"]


@require_safe
@at_desk
def invitations(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The list."""
    return render(request, "counter/invitations.html", {**listed(request, desk.place), "done": "done" in request.GET})


@require_POST
@at_desk
def act(request: HttpRequest, desk: Desk, member_id: UUID, invitation_id: UUID) -> HttpResponse:
    """Do something about one of the list; the gift leads to the member's page, with the voucher ready to be used."""
    done = act_on(request, desk.place, member_id, invitation_id)
    if "HX-Request" in request.headers:
        return HttpResponse(done.text)
    if done.issued is not None:
        page = reverse("counter-member", args=[desk.business.slug, member_id])
        return redirect(f"{page}?voucher={done.issued.voucher.id}")
    page = reverse("counter-invitations", args=[desk.business.slug])
    return redirect(f"{page}?show={request.POST.get('show', 'due')}&done")
