"""Statements that members have chosen to get: who by e-mail, who by letter, and the letters to be printed now."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from fiel import clock
from fiel.doors.people import Place
from fiel.doors.people import with_place as with_place_
from fiel.doors.present import Present
from fiel.outreach.models import StatementWish
from fiel.outreach.statements import letters_due, print_letters
from fiel.shops.roles import May

__all__ = ["statements"]

with_place = with_place_(may=May.MEMBERS)


@require_http_methods(["GET", "HEAD", "POST"])
@with_place
def statements(request: HttpRequest, place: Place) -> HttpResponse:
    """Who gets statements, and how; posted: print the letters that are due."""
    today = Present(place.business, clock.now()).today
    if request.method == "POST":
        jobs = print_letters(place.business, day=today, person=place.person, language=get_language() or "")
        if len(jobs) == 1:
            return redirect("printed", place.business.slug, jobs[0].id)
        if jobs:
            return redirect("printing", place.business.slug)
        messages.info(request, _("No letter is due."))
        return redirect("statements", place.business.slug)
    wishes = StatementWish.objects.filter(business=place.business).order_by("by", "months")
    counted = {
        (row["by"], row["months"]): row["count"] for row in wishes.values("by", "months").annotate(count=Count("by"))
    }
    names = {
        ("email", 1): _("By e-mail, each month"),
        ("email", 3): _("By e-mail, each quarter"),
        ("letter", 1): _("By letter, each month"),
        ("letter", 3): _("By letter, each quarter"),
    }
    page = {
        "rows": [(name, counted.get(key, 0)) for key, name in names.items()],
        "due": sum(letters_due(place.business, today).values()),
    }
    return render(request, "office/statements.html", page)
