"""The card in a phone's own wallet, where the shop has certificates for it: `wallet/<business>/` in the data folder."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from fiel.core.identity import display_name
from fiel.doors.brand import Brand
from fiel.doors.colours import letters_on, parse
from fiel.doors.icons import head_logo, icon
from fiel.doors.portal.apple import CONTENT_TYPE, pass_file, signer_in
from fiel.doors.portal.google import issuer_in, save_link
from fiel.doors.portal.place import Here, with_member
from fiel.shops.brand import logo_of
from fiel.shops.models import Business

__all__ = ["apple", "card_number", "google", "wallets"]

_ICONS = {"icon.png": 29, "icon@2x.png": 58, "icon@3x.png": 87}
_EAN_13 = 13

T = TypeVar("T")
log = logging.getLogger("fiel.wallet")


def wallets(business: Business) -> list[str]:
    """The wallets for which the shop has what it takes. A pass cannot turn: where the card does, there are none."""
    if business.turning_card:
        return []
    there = {"apple": _set_up(signer_in, business), "google": _set_up(issuer_in, business)}
    return [name for name, found in there.items() if found]


def card_number(here: Here) -> str:
    """The member's card that a scanner reads best; empty where there is none."""
    numbers = [number for number, blocked in here.profile.cards.items() if not blocked]
    return next((each for each in numbers if len(each) == _EAN_13), numbers[0] if numbers else "")


@require_safe
@with_member
def apple(request: HttpRequest, here: Here) -> HttpResponse:
    """The pass itself."""
    signer, number = _set_up(signer_in, here.business), card_number(here)
    if signer is None or not number or here.business.turning_card:
        raise Http404
    content = pass_file(signer, _told(here, number), _pictures(here.business))
    disposition = {"Content-Disposition": f'attachment; filename="{here.business.slug}.pkpass"'}
    return HttpResponse(content, content_type=CONTENT_TYPE, headers=disposition)


@require_safe
@with_member
def google(request: HttpRequest, here: Here) -> HttpResponse:
    """On to Google, with the card in the address."""
    issuer, number = _set_up(issuer_in, here.business), card_number(here)
    if issuer is None or not number or here.business.turning_card:
        raise Http404
    worn, origin = Brand(here.business), settings.PUBLIC_URL.rstrip("/")
    programme = {
        "id": here.business.slug,
        "issuerName": worn.name,
        "programName": worn.name,
        "programLogo": {"sourceUri": {"uri": origin + worn.icon(512)}},
        "hexBackgroundColor": worn.colour,
    }
    card = {
        "id": f"{here.business.slug}-{here.member.id}",
        "accountId": number,
        "accountName": display_name(here.member.name) or number,
        "barcode": {"type": "QR_CODE", "value": number, "alternateText": number},
    }
    return HttpResponseRedirect(save_link(issuer, programme=programme, card=card, origin=origin))


def _set_up(read: Callable[[Path], T | None], business: Business) -> T | None:
    """What the shop has put down; files that cannot be right are told to who looks after the server, not to members."""
    folder = Path(settings.DATA_FOLDER) / "wallet" / business.slug
    try:
        return read(folder)
    except (OSError, ValueError, TypeError, KeyError, IndexError):
        log.exception("a wallet's files cannot be used", extra={"fields": {"folder": str(folder)}})
        return None


def _told(here: Here, number: str) -> dict[str, Any]:
    worn = Brand(here.business)
    colour = parse(worn.colour)
    name = display_name(here.member.name)
    return {
        "serialNumber": str(here.member.id),
        "organizationName": worn.name,
        "description": _("Card of %(business)s") % {"business": worn.name},
        "logoText": worn.name,
        "backgroundColor": f"rgb{colour}",
        "foregroundColor": f"rgb{letters_on(colour)}",
        "sharingProhibited": True,
        "storeCard": {"secondaryFields": [{"key": "name", "label": _("Name"), "value": name}] if name else []},
        "barcodes": [
            {
                "format": "PKBarcodeFormatQR",
                "message": number,
                "messageEncoding": "iso-8859-1",
                "altText": number,
            }
        ],
    }


def _pictures(business: Business) -> dict[str, bytes]:
    worn, logo = Brand(business), logo_of(business)
    drawn = {
        name: icon(side, colour=parse(worn.colour), initials=worn.initials, logo=logo) for name, side in _ICONS.items()
    }
    return drawn | ({"logo@3x.png": head_logo(logo)} if logo else {})
