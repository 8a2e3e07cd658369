"""People who can be enrolled: phones that are valid there, tax ids with their right check digits, birth dates.

The phones lie where numbers are valid but not given out (Brazilian mobiles that begin 90, Portuguese ones that begin
910 00), so that a message sent from the demo reaches nobody.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from stdnum.br import cnpj
from stdnum.pt import nif

from fiel.core import identity
from fiel.core.identity import Identity
from fiel.members.enrol import Newcomer
from fiel.ops.demo.dice import Dice
from fiel.ops.demo.names import full_name

__all__ = ["GUESTS", "Asked", "Guest", "Registry"]

YOUNGEST_DAYS, OLDEST_DAYS = 16 * 365, 84 * 365


@dataclass(frozen=True, slots=True)
class Guest:
    """The one member of each business whose phone is easy to type."""

    name: str
    phone: str


# In Brazil one person is a member at several shops, as people are.
GUESTS = {"BR": Guest("Ana Souza", "11900001111"), "PT": Guest("Inês Carvalho", "910001111")}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a shop asks of those who join, and how many of a hundred answer."""

    name: int = 100
    birth_date: int = 70
    email: int = 30
    tax_id: int = 20
    card: int = 15
    other_card: int = 5
    consents: int = 90
    company: int = 0


@dataclass(slots=True)
class Registry:
    """Enrols people of one country at one shop; nobody shares a number with another."""

    dice: Dice
    country: str
    today: date
    language: str
    asked: Asked
    card_prefix: str
    _taken: set[str] = field(default_factory=set)

    def guest(self, joined: date) -> Newcomer:
        """The member to try: has a birthday this week, and has said yes to everything."""
        guest = GUESTS[self.country]
        phone = identity.phone(guest.phone, region=self.country)
        self._taken.add(phone)
        return Newcomer(
            identities=(Identity("phone", phone),),
            code=self._code(),
            name=guest.name,
            birth_date=self._birthday_near(self.today),
            joined=joined,
            language=self.language,
            consents={"marketing": True, "profiling": True},
        )

    def newcomer(self, joined: date, *, birthday_this_week: bool = False) -> Newcomer:
        """Somebody: always with a phone, and with whatever else was asked and told."""
        company = self._says(self.asked.company)
        name = full_name(self.dice, self.country) if self._says(self.asked.name) else ""
        phone = self._untaken(lambda: _PHONES[self.country](self.dice))
        identities = [Identity("phone", identity.phone(phone, region=self.country))]
        if name and self._says(self.asked.email):
            identities.append(Identity("email", self._untaken(lambda: self._email(name))))
        if company or self._says(self.asked.tax_id):
            make = _cnpj if company else _TAX_IDS[self.country]
            number = self._untaken(lambda: make(self.dice))
            identities.append(Identity("tax_id", identity.tax_id(number, country=self.country)))
        identities.extend(self._cards())
        born = self._birthday_near(self.today) if birthday_this_week else self._born()
        return Newcomer(
            identities=tuple(identities),
            code=self._code(),
            name=f"Lanchonete {name.split()[0]}" if company and name else name,
            birth_date=born if birthday_this_week or (not company and self._says(self.asked.birth_date)) else None,
            joined=joined,
            language=self.language,
            types=("company",) if company else (),
            consents=self._consents(),
        )

    def _says(self, of_a_hundred: int) -> bool:
        return self.dice.randrange(100) < of_a_hundred

    def _untaken(self, make: Callable[[], str]) -> str:
        while (made := make()) in self._taken:
            continue
        self._taken.add(made)
        return made

    def _code(self) -> str:
        return self._untaken(lambda: f"{self.dice.randrange(10**9):09d}")

    def _cards(self) -> list[Identity]:
        """An own card, or one of another company that customer had in the pocket."""
        if self._says(self.asked.card):
            serials = 10 ** (12 - len(self.card_prefix))
            make = self._untaken(lambda: identity.make_card(self.dice.randrange(serials), prefix=self.card_prefix))
            return [Identity("card", make)]
        if self._says(self.asked.other_card):
            return [Identity("card", self._untaken(lambda: f"{self.dice.randrange(10**7, 10**8)}"))]
        return []

    def _born(self) -> date:
        return self.today - timedelta(days=self.dice.randrange(YOUNGEST_DAYS, OLDEST_DAYS))

    def _birthday_near(self, today: date) -> date:
        """A birth date whose day lies within three days of today."""
        day = today + timedelta(days=self.dice.randint(-2, 3))
        year = today.year - self.dice.randint(20, 70)
        return date(year, day.month, min(day.day, 28) if day.month == 2 else day.day)

    def _email(self, name: str) -> str:
        plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower().split()
        return f"{plain[0]}.{plain[-1]}{self.dice.randrange(10, 100)}@exemplo.example"

    def _consents(self) -> dict[str, bool]:
        if not self._says(self.asked.consents):
            return {}
        return {"marketing": self._says(64), "profiling": self._says(38), "partners": self._says(15)}


def _brazilian_phone(dice: Dice) -> str:
    return f"+55{dice.choice(('11', '11', '11', '13', '12', '19', '21'))}90{dice.randrange(10**7):07d}"


def _portuguese_phone(dice: Dice) -> str:
    return f"+35191000{dice.randrange(10**4):04d}"


def _cpf(dice: Dice) -> str:
    """Nine digits and two that check them: each is the sum of those before it, weighted 2, 3, 4 … from the right."""
    digits = [dice.randrange(10) for _ in range(9)]
    for _ in range(2):
        total = sum(weight * digit for weight, digit in enumerate(reversed(digits), 2))
        digits.append(total * 10 % 11 % 10)
    return "".join(map(str, digits))


def _cnpj(dice: Dice) -> str:
    head = f"{dice.randrange(10**8):08d}0001"
    return head + str(cnpj.calc_check_digits(head))


def _nif(dice: Dice) -> str:
    head = f"{dice.choice('12')}{dice.randrange(10**7):07d}"
    return head + str(nif.calc_check_digit(head))


_PHONES: Mapping[str, Callable[[Dice], str]] = {"BR": _brazilian_phone, "PT": _portuguese_phone}
_TAX_IDS: Mapping[str, Callable[[Dice], str]] = {"BR": _cpf, "PT": _nif}
