"""Who may call what: the key, its scopes, its store and till; and how much and how often.

`ACCESS` is the one table. A call that is not in it is refused, and a test fails.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from django.core.cache import cache
from django.http import HttpRequest
from ninja.security import HttpBearer

from fiel import clock
from fiel.core.refusals import Fault, Refused
from fiel.doors.api.body import MEBI, read_body
from fiel.doors.guesses import MOST_GUESSES, places_left, take_places
from fiel.rewards.vouchers import unknown_codes
from fiel.shops.keys import authenticate
from fiel.shops.models import ApiKey
from fiel.tables.walls import enter
from fiel.trail.acting import Actor, act_as, actor
from fiel.wire.faults import pointer

__all__ = ["ACCESS", "Bearer", "Door", "key_of", "limited_guesses", "place_of", "refuse_guesses", "spoken_for"]


@dataclass(frozen=True, slots=True)
class Door:
    """One call: the scopes that open it (`office` opens all), the query parameters it takes, and its bounds.

    `body`: whether there must be one ("needed"), may be one ("optional"), or nobody looks (""). `most`: bytes of it.
    `apart`: its parts are refused one by one. `a_minute`: how often a key may call.
    """

    scopes: tuple[str, ...] = ("till",)
    query: tuple[str, ...] = ()
    body: str = ""
    most: int = MEBI
    apart: bool = False
    a_minute: int = 0


_READ = ("till", "read")
_AGENT = ("import", "till")
_OFFICE = ()
_PAGE = ("limit", "cursor")
_FIGURES = ("from", "to", "store", *_PAGE)
_LARGE = 16 * MEBI

ACCESS = {
    "GET /me": Door(("till", "read", "import")),
    "POST /members/lookup": Door(body="needed", a_minute=60),
    "GET /members": Door(_READ, query=("updated_since", *_PAGE)),
    "POST /members": Door(body="needed"),
    "GET /members/{member_id}": Door(_READ),
    "PATCH /members/{member_id}": Door(body="needed"),
    "GET /members/{member_id}/entries": Door(_READ, query=_PAGE),
    "GET /members/{member_id}/sales": Door(_READ, query=_PAGE),
    "GET /members/{member_id}/statement.pdf": Door(_READ, query=("from", "to")),
    "POST /members/{member_id}/referral": Door(body="optional"),
    "GET /members/{member_id}/referrals": Door(_READ, query=_PAGE),
    "GET /members/{member_id}/indicators": Door(("read",)),
    "GET /invitations": Door(_READ, query=("show", *_PAGE)),
    "POST /members/{member_id}/invitations/{invitation_id}": Door(body="needed"),
    "POST /members/{member_id}/cards": Door(body="optional"),
    "DELETE /cards/{number}": Door(),
    "POST /quote": Door(body="needed"),
    "POST /sales": Door(body="needed"),
    "POST /sales/batch": Door(body="needed", most=_LARGE, apart=True),
    "POST /papers": Door(_AGENT, body="needed", most=_LARGE, apart=True),
    "GET /sales": Door(_READ, query=("store", "till", "number", "day", *_PAGE)),
    "GET /sales/{sale_id}": Door(_READ),
    "POST /sales/{sale_id}/returns": Door(body="needed"),
    "POST /sales/{sale_id}/member": Door(body="needed"),
    "GET /rewards": Door(_READ, query=("member", *_PAGE)),
    "GET /rewards/{code}": Door(_READ),
    "PUT /rewards/{code}": Door(_OFFICE, body="needed"),
    "GET /rewards/{code}/picture": Door(_READ),
    "PUT /rewards/{code}/picture": Door(_OFFICE, body="needed"),
    "DELETE /rewards/{code}/picture": Door(_OFFICE),
    "POST /vouchers": Door(body="needed"),
    "GET /vouchers/{code}": Door(_READ),
    "POST /vouchers/{code}/redeem": Door(body="optional"),
    "POST /vouchers/{code}/cancel": Door(body="optional"),
    "GET /deliveries": Door(_READ, query=("member", "reward", "partner", *_PAGE)),
    "GET /partners": Door(("read",), query=_PAGE),
    "GET /partners/{code}": Door(("read",)),
    "PUT /partners/{code}": Door(_OFFICE, body="needed"),
    "GET /settlements": Door(("read",), query=("partner", "month", *_PAGE)),
    "POST /settlements": Door(_OFFICE, body="needed"),
    "GET /settlements/{settlement_id}": Door(("read",)),
    "GET /settlements/{settlement_id}/paper": Door(("read",)),
    "POST /settlements/{settlement_id}/state": Door(_OFFICE, body="needed"),
    "POST /settlements/{settlement_id}/corrections": Door(_OFFICE, body="needed"),
    "GET /adjustments": Door(("read",), query=("state", *_PAGE)),
    "POST /adjustments": Door(_OFFICE, body="needed"),
    "POST /adjustments/{adjustment_id}/agree": Door(_OFFICE, body="optional"),
    "POST /adjustments/{adjustment_id}/refuse": Door(_OFFICE, body="needed"),
    "POST /openings": Door(_OFFICE, body="needed"),
    "POST /members/{member_id}/tier": Door(_OFFICE, body="needed"),
    "POST /members/{member_id}/merge": Door(_OFFICE, body="needed"),
    "GET /stores": Door(_READ, query=_PAGE),
    "PUT /stores": Door(_OFFICE, body="needed"),
    "GET /departments": Door(_READ, query=_PAGE),
    "PUT /departments": Door(_OFFICE, body="needed", most=_LARGE),
    "GET /groups": Door(_READ, query=_PAGE),
    "PUT /groups": Door(_OFFICE, body="needed", most=_LARGE),
    "GET /products": Door(_READ, query=_PAGE),
    "PUT /products": Door(_OFFICE, body="needed", most=_LARGE),
    "GET /figures/days": Door(("read",), query=_FIGURES),
    "GET /figures/departments": Door(("read",), query=_FIGURES),
    "GET /figures/products": Door(("read",), query=_FIGURES),
    "GET /figures/months": Door(("read",), query=("from", "to", *_PAGE)),
    "GET /figures/units": Door(("read",), query=("from", "to", *_PAGE)),
    "GET /figures/owed": Door(("read",), query=_PAGE),
    "GET /programme": Door(_READ),
    "PUT /programme": Door(_OFFICE, body="needed"),
    "GET /webhooks": Door(_OFFICE),
    "POST /webhooks": Door(_OFFICE, body="needed"),
    "GET /webhooks/{webhook_id}": Door(_OFFICE),
    "PATCH /webhooks/{webhook_id}": Door(_OFFICE, body="needed"),
    "DELETE /webhooks/{webhook_id}": Door(_OFFICE),
    "POST /webhooks/{webhook_id}/secret": Door(_OFFICE, body="optional"),
    "POST /webhooks/{webhook_id}/test": Door(_OFFICE, body="optional", a_minute=30),
    "POST /webhooks/{webhook_id}/replay": Door(_OFFICE, body="needed"),
    "GET /webhooks/{webhook_id}/deliveries": Door(_OFFICE, query=_PAGE),
}

T = TypeVar("T")

_LONGEST_NAME = 150

_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")


class Bearer(HttpBearer):
    """A key in the header Authorization. Everything that is looked at before a call's own work is looked at here."""

    def __call__(self, request: HttpRequest) -> Any:
        """The key; the request is then one that may be answered, and its body is read."""
        key = super().__call__(request)
        if key is None:
            return None
        door = _door(request)
        if door is None or not _opens(key, door):
            needed = " or ".join(dict.fromkeys((*(door.scopes if door else ()), "office")))
            raise Refused("forbidden", f"This call needs a key with the scope {needed}.")
        if door.a_minute:
            _count_call(key, door.a_minute)
        unknown = [
            Fault(pointer([name]), "there is no such parameter") for name in request.GET if name not in door.query
        ]
        if unknown:
            raise Refused("invalid", "A parameter is not known.", unknown)
        if door.body:
            read_body(request, most=door.most, optional=door.body == "optional", apart=door.apart)
        return key

    def authenticate(self, request: HttpRequest, token: str) -> ApiKey:
        """The key that a token is. Raises `unauthenticated`."""
        key = authenticate(token, now=clock.now())
        enter(key.business_id)
        act_as(Actor(spoken_for(key), address=actor().address))
        return key


def key_of(request: HttpRequest) -> ApiKey:
    """The key of a request that was let in; its business is the one that is spoken of."""
    return cast("ApiKey", request.auth)  # type: ignore[attr-defined]


def place_of(key: ApiKey, store: str | None, till: str | None) -> tuple[str, str]:
    """The store and till that are meant: those the key is bound to, else those named.

    Raises `forbidden` where others are named, and `invalid` where none are.
    """
    faults = []
    for name, bound, named in (("store", key.store, store), ("till", key.till, till)):
        if bound and named and named != bound:
            fault = Fault(f"/{name}", f"the key is bound to {bound!r}: leave this out")
            raise Refused("forbidden", f"This key is for the {name} {bound!r} alone.", [fault])
        if not bound and not named:
            faults.append(Fault(f"/{name}", f"name the {name}: the key is not bound to one"))
    if faults:
        raise Refused("invalid", "It is not said where.", faults)
    return key.store or store or "", key.till or till or ""


def spoken_for(key: ApiKey) -> str:
    """Who did it, as it is written beside what was done."""
    return f"{key.name[:_LONGEST_NAME]} ({key.hint})" if key.name else key.hint


@contextmanager
def limited_guesses(key: ApiKey, codes: Iterable[str]) -> Iterator[None]:
    """Let a key name voucher codes; raise `rate_limited` once it has named too many of this minute that there are not.

    Counted by all processes together, or each would give a guesser its own ten. To be used outside of a transaction:
    what a refusal takes back must not take back the count.
    """
    named = list(codes)
    if named and not places_left(str(key.id)):
        raise _guessing()
    try:
        yield
    except Refused as refused:
        if refused.code == "voucher_not_redeemable":
            take_places(str(key.id), len(unknown_codes(key.business, named)))
        raise


def refuse_guesses(key: ApiKey, sales: Sequence[T | Refused], codes: Callable[[T], Iterable[str]]) -> list[T | Refused]:
    """The sales of a batch; `rate_limited` in the place of each that names a voucher after too many wrong ones."""
    unknown = set(
        unknown_codes(key.business, [c for each in sales if not isinstance(each, Refused) for c in codes(each)])
    )
    left = places_left(str(key.id)) if any(not isinstance(each, Refused) and codes(each) for each in sales) else 0
    wrong, result = 0, list(sales)
    for index, each in enumerate(sales):
        if isinstance(each, Refused) or not (named := list(codes(each))):
            continue
        if wrong >= left:
            result[index] = _guessing()
        else:
            wrong += sum(code in unknown for code in named)
    take_places(str(key.id), wrong)
    return result


def _guessing() -> Refused:
    detail = f"This key named {MOST_GUESSES} wrong codes within a minute; wait as long as Retry-After says."
    return Refused("rate_limited", detail)


def _door(request: HttpRequest) -> Door | None:
    route = request.resolver_match.route if request.resolver_match else ""
    address = _PARAMETER.sub(r"{\1}", "/" + route.partition("/v1/")[2])
    return ACCESS.get(f"{request.method} {address}")


def _opens(key: ApiKey, door: Door) -> bool:
    return "office" in key.scopes or not set(door.scopes).isdisjoint(key.scopes)


def _count_call(key: ApiKey, most: int) -> None:
    """Count a call of this minute. Each process counts for itself: several let a key in so many times more."""
    name = f"api:{key.id}:{clock.now():%Y%m%d%H%M}"
    cache.add(name, 0, timeout=120)
    if cache.incr(name) > most:
        raise Refused("rate_limited", f"At most {most} of these a minute; wait as long as Retry-After says.")
