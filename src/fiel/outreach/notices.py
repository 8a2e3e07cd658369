"""Letters to those who run a business, about what they have to look after."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.core.mail import send_mail
from django.utils import translation
from django.utils.translation import gettext
from django_tasks import task

from fiel.events.models import Endpoint
from fiel.shops.models import Business, Person, Role
from fiel.tables.walls import of_one_business

__all__ = ["tell_disabled"]


@task
@of_one_business
def tell_disabled(business_id: int, endpoint_id: str) -> None:
    """Write to the owners that nothing is sent to an endpoint any more, and what to do."""
    endpoint = Endpoint.objects.filter(business_id=business_id, id=UUID(endpoint_id)).first()
    if endpoint is None or endpoint.disabled_at is None:
        return
    business = Business.objects.get(id=business_id)
    owners = Person.objects.filter(places__business=business, places__role=Role.OWNER, is_active=True)
    for owner in owners.order_by("id"):
        with translation.override(owner.language or business.language):
            subject = gettext("%(business)s: a webhook was switched off") % {"business": business.name}
            body = gettext(
                "%(url)s has not taken any event for three days, or says that it is gone. Fiel sends nothing there "
                "any more, and keeps for 30 days what happens.\n\n"
                "Mend it, then switch it on again: PATCH %(site)s/api/v1/webhooks/%(id)s with "
                '{"enabled": true}. Everything that waits is sent then, in its order.'
            ) % {"url": endpoint.url, "site": settings.PUBLIC_URL, "id": endpoint.id}
            send_mail(subject, body, None, [owner.email])
