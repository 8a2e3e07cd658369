"""What a cashier reads when something is refused: a sentence in their language, by the stable code.

Refusals speak English, to till makers. What the counter itself refuses, it says in the person's language at once.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from fiel.core.refusals import Fault, Refused
from fiel.doors.said import Said, said

__all__ = ["Said", "faults_of", "said", "sentence_of"]

_SENTENCES: dict[str, Promise] = {
    "conflict": _("This was recorded before with other content. Begin a new sale, or return the old one."),
    "key_reused": _("This was recorded before with other content. Begin a new sale, or return the old one."),
    "in_progress": _("The same sale is being recorded at this moment. Try again."),
    "member_not_found": _("Nobody here is known by this. Check the number, or enrol the customer."),
    "member_exists": _("Somebody here has this already."),
    "card_taken": _("This card belongs to another customer. Give another card."),
    "card_blocked": _("This card is blocked. Ask for another card or the phone number."),
    "too_late": _("This sale is too old to be counted here. The office can bring it in."),
    "too_early": _("This sale lies in the future: set the clock of this device."),
    "not_enough": _("There is not enough on the account."),
    "proof_needed": _(
        "So much at once needs the customer's phone: ask them to open their card there, and scan the code that changes."
    ),
    "voucher_not_redeemable": _("This voucher cannot be used: it is used up, over, or for something else."),
    "not_found": _("There is no such thing here. Load the page anew."),
}
_FIELDS: dict[str, Promise] = {
    "/phone": _("This is not a phone number; write it with the area code."),
    "/tax_id": _("This is no number of a document; compare it with the document."),
    "/email": _("This is not an e-mail address; write it like ana@example.com."),
    "/card": _("This is not the number of a card; scan it again."),
    "/birth_date": _("A birth date lies in the past."),
}


def sentence_of(refused: Refused) -> str:
    """What to say of a refusal."""
    if isinstance(refused, Said):
        return refused.detail
    if refused.code in _SENTENCES:
        return str(_SENTENCES[refused.code])
    return next((fault.detail for fault in faults_of(refused)), refused.detail)


def faults_of(refused: Refused) -> Iterator[Fault]:
    """What is wrong at which field, in the person's language."""
    for fault in refused.faults:
        known = None if isinstance(refused, Said) else _SENTENCES.get(refused.code, _FIELDS.get(fault.pointer))
        yield Fault(fault.pointer, str(known or fault.detail))
