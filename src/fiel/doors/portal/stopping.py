"""The address under each message: say stop, without signing in. The second click is the button."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from fiel.core.refusals import Refused
from fiel.doors.portal.place import Here, at_portal
from fiel.doors.portal.words import notice
from fiel.outreach.messages.stop import STOPS, member_of, stop

__all__ = ["stopping"]


@csrf_exempt  # whoever has the address may: it is signed, and mail programs send no token (RFC 8058)
@require_http_methods(["GET", "HEAD", "POST"])
@at_portal
def stopping(request: HttpRequest, here: Here, token: str) -> HttpResponse:
    """Ask what to stop; once it is said, keep the no. A mail program's one click stops offers."""
    done = False
    try:
        member_id = member_of(here.business, token)
        if request.method == "POST":
            what = request.POST.get("what", "offers")
            what = what if what in STOPS else "offers"
            stop(here.business, member_id, what, notice=notice(), now=here.moment)
            done = True
    except Refused:
        return render(request, "portal/stop.html", {"unknown": True}, status=404)
    return render(request, "portal/stop.html", {"done": done})
