"""Awards: rewards that come by themselves, as a voucher or as an invitation; points.md §4.10."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import F, Value
from django.db.models.functions import Coalesce

from fiel.core.programme import Award, Programme
from fiel.events.tell import Happened, listen, tell
from fiel.ledger.post import Books, Movement
from fiel.rewards.models import Invitation, Reward, Voucher
from fiel.rewards.vouchers import Price, VoucherBook
from fiel.shops.models import Business
from fiel.tables.ids import new_id
from fiel.tables.write import insert

__all__ = ["AwardBook", "Given", "open_award_book", "rewards_of"]


@dataclass(frozen=True, slots=True)
class Given:
    """What awards gave: vouchers with what they took, and the awards for which an invitation was opened."""

    vouchers: tuple[Voucher, ...] = ()
    moved: tuple[Movement, ...] = ()
    invited: tuple[str, ...] = ()


@dataclass(slots=True)
class AwardBook:
    """The awards of some members: their open invitations, and what is given one after the other.

    `waiting`: gifts for which members were invited for another reason than an award, by member.
    """

    business_id: int
    rewards: Mapping[str, Reward]
    vouchers: VoucherBook
    open: dict[tuple[UUID, str], UUID] = field(default_factory=dict)
    opened: list[tuple[Any, ...]] = field(default_factory=list)
    closed: list[tuple[UUID, UUID, str]] = field(default_factory=list)
    waiting: Mapping[UUID, Sequence[str]] = field(default_factory=dict)

    def give(self, programme: Programme, books: Books, member_id: UUID, *, at: datetime, today: date) -> Given:
        """Give what is due: vouchers while the available units hold an award, an invitation once the balance does."""
        vouchers: list[Voucher] = []
        moved: list[Movement] = []
        for award in programme.awards:
            while award.mode == "voucher" and books.holding(member_id, award.unit).available(today) >= award.every:
                price = Price(award.unit, award.every)
                reward = self.rewards[award.reward]
                voucher, movement = self.vouchers.issue(
                    books, member_id, reward, price, at=at, today=today, award=award.code
                )
                vouchers.append(voucher)
                moved += [movement] if movement else []
        # Last, as vouchers took of the balance.
        invited = self.look_at_invitations(programme, books, member_id, at=at)
        return Given(tuple(vouchers), tuple(moved), tuple(invited))

    def due(self, programme: Programme, member_id: UUID) -> list[str]:
        """The awards, and the other gifts, that wait for a member to be given."""
        goals = [award.code for award in programme.awards if (member_id, award.code) in self.open]
        return [*goals, *self.waiting.get(member_id, ())]

    def look_at_invitations(self, programme: Programme, books: Books, member_id: UUID, *, at: datetime) -> list[str]:
        """Open and close invitations by the balance; the awards of those opened."""
        invited = []
        for award in self.close_not_due(programme, books, member_id):
            if (key := (member_id, award.code)) not in self.open:
                self.open[key] = new_id()
                self.opened.append(
                    (self.business_id, member_id, self.open[key], award.code, award.reward, award.budget, at)
                )
                invited.append(award.code)
        return invited

    def close_not_due(self, programme: Programme, books: Books, member_id: UUID) -> list[Award]:
        """End the invitations for which the balance has fallen below; the awards for which it has not."""
        invites = [award for award in programme.awards if award.mode == "invite"]
        due = [award for award in invites if books.holding(member_id, award.unit).balance >= award.every]
        for award in invites:
            if award not in due:
                self.close(member_id, award.code, "not_due")
        return due

    def close(self, member_id: UUID, award: str, why: str) -> None:
        """End an open invitation, if there is one."""
        invitation = self.open.pop((member_id, award), None)
        if invitation is not None:
            self.closed.append((member_id, invitation, why))

    def write(self, *, now: datetime) -> None:
        """Write vouchers and invitations, in the caller's transaction."""
        self.vouchers.write()
        # Old ones first: one may be open at a time for each award.
        for member_id, invitation, why in self.closed:
            row = Invitation.objects.filter(business_id=self.business_id, member_id=member_id, id=invitation)
            row.update(closed_at=now, closed_why=why)
            if why == "given":
                # Whoever takes the gift has come; it costs what was foreseen, until somebody knows better.
                row.update(came_at=Coalesce("came_at", Value(now)), cost=F("budget"))
        columns = ("business", "member_id", "id", "award", "gift", "budget", "opened_at", "closed_at", "closed_why")
        rows = [(*row, *self._ended(row, now)) for row in self.opened]
        insert(Invitation, columns, rows)
        if rows:
            due = [Happened(id_, {"member": str(who)}) for _, who, id_, *_, ended, _ in rows if ended is None]
            tell(listen(self.business_id), "invitation.due", due, at=now)

    def _ended(self, row: tuple[Any, ...], now: datetime) -> tuple[datetime | None, str]:
        """Whether an invitation that was opened just now has ended already, as a group of sales may have it."""
        why = next((why for _, invitation, why in self.closed if invitation == row[2]), None)
        return (None, "") if why is None else (now, why)


def open_award_book(business: Business, programme: Programme | None, member_ids: Iterable[UUID]) -> AwardBook:
    """The awards of members whose lock the caller holds; two queries, none where the programme has no awards."""
    book = AwardBook(business.id, {}, VoucherBook(business.id))
    if programme is None or not programme.awards:
        return book
    book.rewards = rewards_of(business, programme)
    rows = Invitation.objects.filter(business=business, member_id__in=list(member_ids), closed_at=None, why="goal")
    book.open = {(member_id, award): id_ for member_id, award, id_ in rows.values_list("member_id", "award", "id")}
    return book


def rewards_of(business: Business, programme: Programme) -> dict[str, Reward]:
    """The rewards that awards give. One that nobody has described yet is a promise all the same: it is made."""
    named = {award.reward for award in programme.awards}
    rewards = {each.code: each for each in Reward.objects.filter(business=business, code__in=named)}
    for code in sorted(named - rewards.keys()):
        reward, _ = Reward.objects.get_or_create(business=business, code=code, defaults={"kind": "item", "name": code})
        rewards[code] = reward
    return rewards
