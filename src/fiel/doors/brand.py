"""The brand that a page wears: name, logo and colour of the business that it is about.

A door says whose page it is by `wear()`; templates find the rest at `brand`. The colour comes as a style sheet of its
own and pictures as files, under addresses that tell their content: browsers keep them for ever, and the pages' policy
needs no exception. Nothing here is secret: a business's portal is open to anybody.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve, reverse
from django.views.decorators.http import require_safe

from fiel.doors.colours import BLACK, DARK, LIGHT, Colour, Shades, css_of, parse, shades_on
from fiel.doors.devices import device_of
from fiel.doors.icons import head_logo, icon
from fiel.shops.brand import logo_of
from fiel.shops.models import Business
from fiel.tables.walls import enter, unwalled

__all__ = ["Brand", "brand", "brand_file", "entrance", "manifest_of", "wear"]

P = ParamSpec("P")

_OWN = "#0b5fb8"
_SIDES = (64, 180, 192, 512)
_DRAWING = "1"  # to be counted up when anything below is drawn in another way
_FOR_EVER = "public, max-age=31536000, immutable"


class Brand:
    """A business's brand, with the addresses of its files."""

    def __init__(self, business: Business) -> None:
        self.business = business
        self.name = business.name
        self.colour = business.colour or _OWN
        said = "\n".join((_DRAWING, business.name, self.colour, business.logo))
        self.version = hashlib.sha256(said.encode()).hexdigest()[:12]

    @property
    def initials(self) -> str:
        """One or two letters for where there is no logo: those of the first word and the last."""
        words = [word for word in self.name.split() if word[:1].isalnum()] or [self.name.strip() or "?"]
        return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()

    @property
    def styles(self) -> str:
        """Address of the style sheet; empty where the business has no colour of its own."""
        return self._address("brand.css") if self.business.colour else ""

    @property
    def logo(self) -> str:
        """Address of the logo; empty where there is none."""
        return self._address("logo.png") if self.business.logo else ""

    @property
    def small_icon(self) -> str:
        """Address of what a browser shows beside the page's title."""
        return self.icon(64)

    @property
    def phone_icon(self) -> str:
        """Address of what an iPhone puts on its home screen; other phones read the manifest."""
        return self.icon(180)

    def icon(self, side: int) -> str:
        """Address of a square icon of so many pixels."""
        return self._address(f"icon-{side}.png")

    def _address(self, file: str) -> str:
        return reverse("brand", args=[self.business.slug, self.version, file])


def wear(request: HttpRequest, business: Business) -> None:
    """Let the page that answers this request wear a business's brand."""
    request.brand = Brand(business)  # type: ignore[attr-defined]


def brand(request: HttpRequest) -> dict[str, Any]:
    """For every page: the brand it wears; None is Fiel's own."""
    return {"brand": getattr(request, "brand", None)}


def entrance(view: Callable[Concatenate[HttpRequest, P], HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """For pages on which one has yet to say who one is: they wear the brand of where it leads, if that is plain."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        business = _led_to(request)
        if business is not None:
            wear(request, business)
        return view(request, *args, **kwargs)

    return wrapped


def _led_to(request: HttpRequest) -> Business | None:
    """The paired device's business, or the one whose page was asked for, or the only one that it can be."""
    device = device_of(request)
    if device is not None:
        return device.business
    slug = _business_in(request.POST.get("next") or request.GET.get("next", ""))
    rows = Business.objects.order_by("pk")
    if slug:
        return rows.filter(slug=slug).first()
    with unwalled():
        few = list((rows.filter(staff__person=request.user) if request.user.is_authenticated else rows)[:2])
    return few[0] if len(few) == 1 else None


def _business_in(path: str) -> str:
    try:
        return str(resolve(path.partition("?")[0]).kwargs.get("business", ""))
    except Resolver404:
        return ""


@require_safe
def brand_file(request: HttpRequest, business: str, version: str, file: str) -> HttpResponse:
    """One of a brand's files. An address with an old version answers with what is there now, and is not kept."""
    found = Business.objects.filter(slug=business).first()
    if found is None:
        raise Http404
    enter(found.pk)
    worn = Brand(found)
    answer = _drawn(worn, file)
    answer["Cache-Control"] = _FOR_EVER if version == worn.version else "no-cache"
    return answer


def _drawn(worn: Brand, file: str) -> HttpResponse:
    if file == "brand.css":
        return HttpResponse(_style_sheet(parse(worn.colour)), content_type="text/css")
    logo = logo_of(worn.business)
    if file == "logo.png" and logo is not None:
        return HttpResponse(head_logo(logo), content_type="image/png")
    side = next((side for side in _SIDES if file == f"icon-{side}.png"), None)
    if side is None:
        raise Http404
    drawn = icon(side, colour=parse(worn.colour), initials=worn.initials, logo=logo)
    return HttpResponse(drawn, content_type="image/png")


def _style_sheet(colour: Colour) -> str:
    light, dark = shades_on(LIGHT, colour), shades_on(DARK, colour)
    return f':root, [data-bs-theme="light"] {{{_rules(light)}}}\n[data-bs-theme="dark"] {{{_rules(dark)}}}\n'


def _rules(shades: Shades) -> str:
    return "".join(
        (
            _rule("--tblr-primary", shades.mark),
            _rule("--tblr-link-color", shades.ink),
            f"--tblr-link-hover-color: color-mix(in srgb, {css_of(shades.ink)}, var(--tblr-body-color) 30%);",
            f"--fiel-ink: {css_of(shades.ink)};",
            f"--fiel-fill: {css_of(shades.fill)};",
            f"--fiel-on-fill: {css_of(shades.on_fill)};",
            f"--fiel-pressed: {css_of(shades.pressed)};",
            f"--fiel-edge: {css_of(shades.on_fill)}{'33' if shades.on_fill == BLACK else '00'};",
        )
    )


def _rule(name: str, colour: Colour) -> str:
    red, green, blue = colour
    return f"{name}: {css_of(colour)};{name}-rgb: {red}, {green}, {blue};"


def manifest_of(business: Business, *, start: str, name: str) -> dict[str, Any]:
    """What a phone must know to put a door on its home screen. `start`: the door's first page, under which all is."""
    worn = Brand(business)
    return {
        "id": start,
        "name": name,
        "short_name": business.name[:12].strip(),
        "start_url": start,
        "scope": start,
        "display": "standalone",
        "background_color": "#ffffff",
        "theme_color": worn.colour,
        "icons": [
            {"src": worn.icon(side), "sizes": f"{side}x{side}", "type": "image/png", "purpose": "any maskable"}
            for side in (192, 512)
        ],
    }
