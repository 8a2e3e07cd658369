"""Recording sales: `record()`, the one way in, for one sale or a thousand.

One transaction for all that arrived together: lock the members and gather what is known, count each sale in the order
in which it came, write a statement for each table. Each sale stands alone: one that is refused does not touch the
others. `quote()` is the same walk, ended before it writes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from uuid import UUID

from django.db import transaction

from fiel import clock
from fiel.catalogue.classify import note_unknown
from fiel.core.compiled import Compiled
from fiel.core.conditions.birthday import is_birthday
from fiel.core.engine import Gave, ItemVoucher, Outcome, Part, award
from fiel.core.lots import lot_of
from fiel.core.refusals import Fault, Refused
from fiel.core.sale import Facts, Sale, check_sale, half_up, net_amounts
from fiel.core.tiers import after_sale, effective
from fiel.events.tell import Happened, take_back, tell
from fiel.ledger.post import Cause, Movement, post
from fiel.members.models import Identifier, Member
from fiel.members.proving import check_spending
from fiel.members.tiers import tier_state
from fiel.programme.versions import Versions, rules_of
from fiel.rewards.deliveries import Place, deliver, delivery_of
from fiel.rewards.kinds import KINDS
from fiel.rewards.models import Voucher
from fiel.rewards.telling import tell_spent
from fiel.rewards.vouchers import check_place, check_redeemable, money_off, selector_of, tell_of
from fiel.sales.gather import Known, gather
from fiel.sales.incoming import Incoming
from fiel.sales.keys import CREATED, REPEATED, write_keys
from fiel.sales.models import Receipt
from fiel.sales.outcome import facts_as_stored, outcome_as_stored
from fiel.sales.rows import CountedSale, write_receipts
from fiel.shops.models import Business, Till
from fiel.tables.again import in_transaction
from fiel.tables.ids import new_id
from fiel.tables.read import matching
from fiel.tables.write import upsert

__all__ = ["Recorded", "count_for", "quote", "record", "write_moved"]


@dataclass(frozen=True, slots=True)
class Recorded:
    """A sale that is in the books. `duplicate`: it was before; `replayed`: its Idempotency-Key was used before.

    What is replayed is a duplicate where the first answer said so.

    `receipt`: the row, where it was written just now; `member`: who stands on it; `versions`: those of the programme.
    """

    id: UUID
    duplicate: bool = False
    replayed: bool = False
    receipt: Receipt | None = None
    member: Member | None = None
    versions: Versions | None = None


def record(
    business: Business, sales: Sequence[Incoming], *, history: bool = False, by_first_version: bool = False
) -> list[Recorded | Refused]:
    """Record sales; for each, in order, that it is in the books, or why not.

    `history`: receipts from before, however old. `by_first_version`: those from before the first version of the
    programme are counted by it; else they earn nothing. A sale whose document is in the books with the same content
    is a duplicate and changes nothing; with other content it is refused (`conflict`).
    """

    def once() -> list[Recorded | Refused]:
        known = gather(business, sales, clock.now(), history=history, by_first_version=by_first_version)
        answers, counted = _count(known, sales)
        _forget_newcomers(known, counted)
        _write(known, counted)
        return answers

    # Somebody else may record the same document meanwhile, or enrol the same phone. Seen again from the start, it is a
    # duplicate.
    return in_transaction(once)


def quote(business: Business, sale: Incoming) -> Receipt:
    """What a sale would give: the same walk, nothing written. Raises why it would be refused."""
    with transaction.atomic():
        known = gather(business, [sale], clock.now(), enrolling=False)
        [answer], _ = _count(known, [sale])
    if isinstance(answer, Refused):
        raise answer
    return answer.receipt or Receipt.objects.get(business=business, id=answer.id)


def _count(known: Known, sales: Sequence[Incoming]) -> tuple[list[Recorded | Refused], list[CountedSale]]:
    """Count the sales one after the other: what each is answered, and those to be written."""
    answers: list[Recorded | Refused] = []
    counted: list[CountedSale] = []
    for index, incoming in enumerate(sales):
        try:
            again = _seen_before(known, incoming) if incoming.store in known.zones else None
            if again is None:
                if index in known.refused:
                    raise known.refused[index]
                each = _count_one(known, incoming)
                counted.append(each)
                member = known.members.get(each.receipt.member_id) if each.receipt.member_id else None
                again = Recorded(each.receipt.id, receipt=each.receipt, member=member, versions=known.versions)
            answers.append(again)
        except Refused as refused:
            answers.append(refused)
    return answers, counted


def _seen_before(known: Known, incoming: Incoming) -> Recorded | None:
    """The sale as it is in the books already. Raises `key_reused` and `conflict`."""
    if incoming.key and incoming.key.key in known.keys:
        fingerprint, receipt_id, status = known.keys[incoming.key.key]
        if fingerprint != incoming.key.fingerprint or receipt_id is None:
            raise Refused("key_reused", "This Idempotency-Key was used for another request.")
        return Recorded(receipt_id, duplicate=status != CREATED, replayed=True)
    document = known.document(incoming)
    if document not in known.documents:
        return None
    receipt_id, digest = known.documents[document]
    if digest != incoming.digest():
        detail = f"Receipt {incoming.number} of that day and till was recorded with other content."
        raise Refused("conflict", detail, [Fault("/number", "a receipt's number is used once a day at each till")])
    if incoming.key:
        known.repeated.append((receipt_id, incoming.key))
        known.keys[incoming.key.key] = (incoming.key.fingerprint, receipt_id, REPEATED)
    return Recorded(receipt_id, duplicate=True)


def _count_one(known: Known, incoming: Incoming) -> CountedSale:
    """Count one sale and enter it in the open books; a sale that is refused leaves them as they were."""
    member, alerts = _member_of(known, incoming)
    sale = _sale(known, incoming)
    version = known.version(incoming.occurred_at)
    receipt = _receipt(known, incoming, sale, member, version)
    if member is None or version is None:
        outcome = _uncounted(sale)
        if incoming.vouchers:
            detail = "A voucher is used in a sale of the member who has it."
            raise Refused("voucher_not_redeemable", detail, [Fault("/vouchers", "say who buys, or leave it out")])
        receipt.outcome = {"alerts": alerts}
    else:
        compiled = rules_of(known.business.id, version)
        vouchers = _vouchers_of(known, incoming, sale, member, compiled)
        check = partial(_check_spending, known, incoming, member, compiled)
        outcome = count_for(known, receipt, sale, member, compiled, vouchers=vouchers, alerts=alerts, check=check)
    receipt.total = sum(part.net for part in outcome.parts)
    receipt.spend = outcome.spend
    known.documents[known.document(incoming)] = (receipt.id, receipt.digest)
    if incoming.key:
        known.keys[incoming.key.key] = (incoming.key.fingerprint, receipt.id, CREATED)
    return CountedSale(receipt, sale, outcome, incoming.key)


def count_for(
    known: Known,
    receipt: Receipt,
    sale: Sale,
    member: Member,
    compiled: Compiled,
    *,
    vouchers: Sequence[Voucher] = (),
    alerts: Sequence[str] = (),
    check: Callable[[Outcome], None] = lambda outcome: None,
) -> Outcome:
    """Count a sale for its member and enter it in the open books; the receipt is told what came of it.

    `check`: raises where what was counted must not be entered.
    """
    facts = known.facts(member, sale, compiled)
    outcome = award(sale, facts, compiled, _item_vouchers(known, vouchers))
    check(outcome)
    _check_used(outcome, vouchers, known)
    off = _money_off(known, vouchers, sale, outcome)
    moved = _enter(known, receipt, outcome, compiled)
    _use(known, vouchers, receipt, off)
    moved += _refer(known, receipt, outcome, compiled)
    earned = tier_state(member)
    _raise_tier(known, member, receipt, outcome, compiled)
    today = known.today(sale.occurred_at, compiled.programme.timezone)
    given = known.awards.give(compiled.programme, known.books, member.id, at=receipt.occurred_at, today=today)
    told = [*alerts]
    due = known.awards.due(compiled.programme, member.id)
    if due:
        told.append("invite")
    if member.birth_date and is_birthday(sale.local.date(), member.birth_date, "week"):
        told.append("birthday")
    receipt.outcome = outcome_as_stored(
        outcome,
        [*moved, *given.moved],
        known.books,
        member.id,
        day=today,
        tier=effective(compiled.programme, tier_state(member), today),
        kept_until=earned.kept_until if member.tier != earned.tier else None,
        alerts=told,
        given=given,
        due=due,
        off=off,
    )
    _keep_facts(known, receipt, sale, facts, compiled, outcome)
    return outcome


def _check_spending(known: Known, incoming: Incoming, member: Member, compiled: Compiled, outcome: Outcome) -> None:
    """Raise `proof_needed`. What happened already is not asked for a proof: history, and what a fiscal paper tells."""
    if known.history or incoming.paper:
        return
    units = compiled.programme.units
    for spent in (outcome.spent, outcome.sessions_used):
        check_spending(known.business, member.id, spent, units, proof=incoming.proof, now=known.now)


def _member_of(known: Known, incoming: Incoming) -> tuple[Member | None, list[str]]:
    """Who bought, and what the cashier must hear about it. Raises `card_blocked`."""
    if incoming.member is None:
        return None, []
    found = known.found.get(incoming.member)
    if found is None:
        return None, ["member_not_found"]
    if found.blocked:
        raise Refused("card_blocked", "This card is blocked.", [Fault("/member/card", "ask for another")])
    if incoming.cashier.casefold() in known.own.get(found.member_id, ()):
        return None, ["own_account"]  # the sale is kept, as one of nobody: no receipt is lost
    return known.members[found.member_id], []


def _sale(known: Known, incoming: Incoming) -> Sale:
    return Sale(
        occurred_at=incoming.occurred_at,
        local=incoming.occurred_at.astimezone(known.zones[incoming.store]),
        store=incoming.store,
        till=incoming.till,
        lines=tuple(map(known.catalogue.classify, incoming.lines)),
        discount=incoming.discount,
        payments=incoming.payments,
        use_packs=incoming.use_packs,
        channel=incoming.channel,
    )


def _receipt(known: Known, incoming: Incoming, sale: Sale, member: Member | None, version: int | None) -> Receipt:
    return Receipt(
        business=known.business,
        id=new_id(),
        store=incoming.store,
        till=incoming.till,
        number=incoming.number,
        day=sale.local.date(),
        occurred_at=incoming.occurred_at,
        recorded_at=known.now,
        member_id=member.id if member else None,
        channel=incoming.channel,
        cashier=incoming.cashier,
        discount=incoming.discount,
        version=version,
        digest=incoming.digest(),
        facts={},
    )


def _uncounted(sale: Sale) -> Outcome:
    """A sale that earns nothing: of nobody, or from before the programme."""
    check_sale(sale)
    drawing = next((index for index, payment in enumerate(sale.payments) if payment.unit), None)
    if drawing is not None:
        fault = Fault(f"/payments/{drawing}/unit", "there is no account to draw from")
        raise Refused("not_enough", "Nobody's account can pay for this sale.", [fault])
    return Outcome(tuple(Part(line.quantity, net) for line, net in zip(sale.lines, net_amounts(sale), strict=True)))


def _enter(known: Known, receipt: Receipt, outcome: Outcome, compiled: Compiled) -> list[Movement]:
    """Enter in the books what the sale draws and gives: payments, sessions bought, sessions used, the rest."""
    books, member_id = known.books, receipt.member_id
    if member_id is None:
        return []
    cause = Cause("sale", receipt.id, receipt.occurred_at)
    zone = compiled.programme.timezone
    today, day = known.today(receipt.occurred_at, zone), receipt.occurred_at.astimezone(zone).date()

    def spend(steps_of: Mapping[str, int]) -> Iterator[Movement]:
        for unit, steps in steps_of.items():
            if steps:
                yield books.spend(member_id, unit, steps, today, kind="spend", cause=cause)

    def give(gifts: Iterable[Gave]) -> Iterator[Movement]:
        for gave in gifts:
            if gave.carry != gave.carry_before:
                books.set_carry(member_id, gave.unit, gave.carry)
            if gave.steps:
                lot = lot_of(compiled.programme.units[gave.unit], day)
                yield books.put(member_id, gave.unit, gave.steps, lot, kind="earn", cause=cause)

    sessions = [gave for gave in outcome.gave if gave.unit in compiled.session_units]
    others = [gave for gave in outcome.gave if gave.unit not in compiled.session_units]
    return [*spend(outcome.spent), *give(sessions), *spend(outcome.sessions_used), *give(others)]


def _vouchers_of(known: Known, incoming: Incoming, sale: Sale, member: Member, compiled: Compiled) -> list[Voucher]:
    """The vouchers that the sale names, of this member and good today. Raises `invalid`, `voucher_not_redeemable`."""
    if not incoming.vouchers:
        return []
    check_sale(sale)  # figures that cannot be right are the first refusal
    today = known.now.astimezone(compiled.programme.timezone).date()
    named = [known.vouchers.get(code) for code in incoming.vouchers]
    # Of somebody else's voucher nothing is told: it is as unknown as one that there is not.
    ours = [voucher if voucher and known.owner(voucher) == member.id else None for voucher in named]
    vouchers = [check_redeemable(voucher, today) for voucher in ours]
    if len({voucher.id for voucher in vouchers}) < len(vouchers):
        raise Refused("invalid", "A voucher counts once.", [Fault("/vouchers", "name each voucher once")])
    for voucher in vouchers:
        check_place(known.rewards[voucher.reward], Place(incoming.store, incoming.till))
    return vouchers


def _item_vouchers(known: Known, vouchers: Sequence[Voucher]) -> list[ItemVoucher]:
    return [
        ItemVoucher(str(voucher.id), selector_of(reward))
        for voucher in vouchers
        if KINDS[(reward := known.rewards[voucher.reward]).kind].pays_line
    ]


def _check_used(outcome: Outcome, vouchers: Sequence[Voucher], known: Known) -> None:
    """A voucher for an item needs that item on the receipt."""
    used = {cover.voucher for cover in outcome.covered}
    for voucher in vouchers:
        if KINDS[known.rewards[voucher.reward].kind].pays_line and str(voucher.id) not in used:
            detail = f"Nothing on this receipt is what the voucher for {known.rewards[voucher.reward]} is for."
            raise Refused("voucher_not_redeemable", detail, [Fault("/vouchers", "leave it out, or add the item")])


def _money_off(known: Known, vouchers: Sequence[Voucher], sale: Sale, outcome: Outcome) -> dict[UUID, int]:
    """What each voucher for money takes off, in minor units, one after the other: there is never more than the rest.

    The till states it as the sale's discount, or as a payment of the kind voucher: either way it earns nothing.
    """
    rest = sum(
        half_up((line.amount - line.discount) * (line.quantity - part.covered), line.quantity)
        if part.covered
        else line.amount - line.discount
        for line, part in zip(sale.lines, outcome.parts, strict=True)
    )
    off: dict[UUID, int] = {}
    for voucher in vouchers:
        amount = money_off(voucher, known.rewards[voucher.reward], rest)
        if amount is not None:
            off[voucher.id] = amount
            rest -= amount
    return off


def _use(known: Known, vouchers: Sequence[Voucher], receipt: Receipt, off: Mapping[UUID, int]) -> None:
    """Mark the vouchers used and handed over; their rows are locked, and a second sale of this group sees it."""
    place = Place(receipt.store, receipt.till)
    by = (
        f"{receipt.cashier} at {receipt.store}/{receipt.till}" if receipt.cashier else f"{receipt.store}/{receipt.till}"
    )
    for voucher in vouchers:
        voucher.state, voucher.closed_at, voucher.receipt_id = "redeemed", known.now, receipt.id
        voucher.closed_by = by
        known.used.append(voucher)
        amount = off.get(voucher.id)
        known.delivered.append(delivery_of(voucher, place, at=known.now, by=by, receipt_id=receipt.id, amount=amount))


def _refer(known: Known, receipt: Receipt, outcome: Outcome, compiled: Compiled) -> list[Movement]:
    """Gifts to the member and to who brought the member."""
    if receipt.member_id is None:
        return []
    day = receipt.occurred_at.astimezone(compiled.programme.timezone).date()
    cause = Cause("sale", receipt.id, receipt.occurred_at)
    return known.referrals.give(compiled.programme, known.books, receipt.member_id, outcome.spend, day=day, cause=cause)


def _raise_tier(known: Known, member: Member, receipt: Receipt, outcome: Outcome, compiled: Compiled) -> None:
    """Lift the member into the tier that the sale reaches, if any."""
    programme = compiled.programme
    day = receipt.occurred_at.astimezone(programme.timezone).date()
    state = tier_state(member)
    measures = known.measures.get(member.id)
    if measures is None:
        return
    measures.add(day, spend=outcome.spend, sales=1, earned={gave.unit: gave.steps for gave in outcome.gave})
    now = after_sale(programme, state, measures, day)
    if now != state:
        # What was earned, even where a tier given by hand hides it: a return must find what it undoes.
        before = state.tier or programme.first_tier
        known.tiers.move(member, now, before=before, after=now.tier, day=day, why="reached", cause=receipt.id)


def _keep_facts(known: Known, receipt: Receipt, sale: Sale, facts: Facts, compiled: Compiled, outcome: Outcome) -> None:
    """Keep with the receipt the facts that a rule asked for, and what capped rules gave."""
    ways = {line.departments[0]: line.departments for line in sale.lines if line.departments}
    asked = replace(
        facts,
        birth_date=facts.birth_date if compiled.needs_birthday else None,
        joined=facts.joined if compiled.needs_joined else None,
    )
    receipt.facts = facts_as_stored(asked, ways)
    if outcome.used:
        receipt.used = {rule: [used.numerator, used.denominator] for rule, used in outcome.used.items()}
    if receipt.member_id is not None:
        day = sale.occurred_at.astimezone(compiled.programme.timezone).date()
        known.earlier.add(receipt.member_id, day, outcome.used)


def _forget_newcomers(known: Known, counted: Iterable[CountedSale]) -> None:
    """Nobody is enrolled by a sale that is refused: it has changed nothing."""
    gone = known.newcomers - {each.receipt.member_id for each in counted}
    if gone:
        for rows in (Identifier.objects.filter(member_id__in=gone), Member.objects.filter(id__in=gone)):
            rows.filter(business=known.business).delete()
        take_back(known.business.id, gone)


def _write(known: Known, counted: Sequence[CountedSale]) -> None:
    """Write everything that was counted."""
    write_receipts(counted)
    recorded = [Happened(each.receipt.id, {}) for each in counted]
    tell(known.books.listening, "sale.recorded", recorded, at=known.now)
    write_keys(known.business.id, known.repeated, known.now)
    write_moved(known)
    Voucher.objects.bulk_update(known.used, ["state", "closed_at", "closed_by", "receipt_id"])
    deliver(known.delivered, news=not known.history)
    tell_of("voucher.redeemed", known.used)
    lines = [line for each in counted for line in each.sale.lines]
    unknown = [line for line in lines if line.product and not known.catalogue.knows(line.product)]
    note_unknown(known.business.id, unknown, known.now)
    _note_tills(known.business, {(each.receipt.store, each.receipt.till) for each in counted})


def write_moved(known: Known) -> None:
    """Write what counting has moved: the books, tiers, awards, referrals."""
    post(known.books, recorded_at=known.now)
    known.tiers.write(recorded_at=known.now)
    known.awards.write(now=known.now)
    known.referrals.write()
    tell_spent(known.books, now=known.now)


def _note_tills(business: Business, used: set[tuple[str, str]]) -> None:
    """Tills make themselves known with their first receipt."""
    known = {(store, till) for store, till in matching(Till, business.id, ("store", "code"), used, ())}
    rows = [(business.id, *pair, "") for pair in sorted(used - known)]
    upsert(Till, ("business", "store", "code"), ("name",), rows)
