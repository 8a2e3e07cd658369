"""A business's brand: the logo and the colour by which its people and customers know it again on every page."""

from __future__ import annotations

import hashlib
import re
from io import BytesIO

from django.db import transaction
from PIL import Image, ImageOps, UnidentifiedImageError

from fiel import clock
from fiel.core.refusals import Fault, Refused
from fiel.shops.models import Business, Logo
from fiel.trail.note import note

__all__ = ["LOGO_MOST_BYTES", "LOGO_SIDE", "drop_logo", "logo_of", "put_colour", "put_logo"]

LOGO_MOST_BYTES = 8 * 1024 * 1024
"""Of the file that is sent: a phone's photograph of the shop's sign fits."""
LOGO_SIDE = 512
"""Pixels of the longer side as it is kept."""

_KINDS = ("PNG", "JPEG", "WEBP")  # no SVG: it may carry a script
_MOST_PIXELS = 25_000_000
_UNREADABLE = (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError)
_COLOUR = re.compile(r"#[0-9a-f]{6}")


def put_colour(business: Business, colour: str) -> None:
    """Set the colour, as `#0b5fb8`; empty: Fiel's own. Raises `invalid`."""
    colour = colour.strip().lower()
    if colour and not _COLOUR.fullmatch(colour):
        raise Refused("invalid", "This is no colour.", [Fault("/colour", 'write # and six digits, as "#0b5fb8"')])
    _put(business, colour=colour, logo=business.logo)


@transaction.atomic
def put_logo(business: Business, data: bytes) -> None:
    """Set the logo, drawn anew from a PNG, JPEG or WebP file. Raises `too_large`, `invalid` for what is none."""
    if len(data) > LOGO_MOST_BYTES:
        raise Refused("too_large", f"A logo's file has at most {LOGO_MOST_BYTES // 1024 // 1024} MiB; make it smaller.")
    drawn = _drawn(data)
    digest = hashlib.sha256(drawn).hexdigest()
    Logo.objects.filter(business=business).delete()
    Logo.objects.create(business=business, digest=digest, data=drawn)
    _put(business, colour=business.colour, logo=digest)


@transaction.atomic
def drop_logo(business: Business) -> None:
    """Go back to the initials."""
    Logo.objects.filter(business=business).delete()
    _put(business, colour=business.colour, logo="")


def logo_of(business: Business) -> bytes | None:
    """The logo as PNG, at most `LOGO_SIDE` pixels wide and high; None where there is none."""
    found = Logo.objects.filter(business=business, digest=business.logo).values_list("data", flat=True).first()
    return None if found is None else bytes(found)


def _put(business: Business, *, colour: str, logo: str) -> None:
    was = {"colour": business.colour, "logo": business.logo}
    told = {"colour": colour, "logo": logo}
    if was == told:
        return
    with transaction.atomic():
        business.colour, business.logo = colour, logo
        business.save(update_fields=["colour", "logo"])
        note(business.id, "business.brand_set", about=business.slug, before=was, after=told, now=clock.now())


def _drawn(data: bytes) -> bytes:
    """The picture and nothing else of the file: no place where it was taken, no text, nothing behind its end."""
    unreadable = Refused("invalid", "This is no picture.", [Fault("/logo", "send a PNG, JPEG or WebP file")])
    try:
        with Image.open(BytesIO(data), formats=_KINDS) as opened:
            opened.draft("RGB", (LOGO_SIDE * 2, LOGO_SIDE * 2))  # a photograph is read in a size near to ours
            if opened.width * opened.height > _MOST_PIXELS:
                raise Refused("too_large", "This picture has too many pixels; make it smaller.")
            upright = ImageOps.exif_transpose(opened).convert("RGBA")
    except _UNREADABLE as error:
        raise unreadable from error
    upright.thumbnail((LOGO_SIDE, LOGO_SIDE), Image.Resampling.LANCZOS)
    file = BytesIO()
    Image.frombytes("RGBA", upright.size, upright.tobytes()).save(file, "PNG", optimize=True)
    return file.getvalue()
