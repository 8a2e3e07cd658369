"""What the columns of tables are called."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

__all__ = ["COLUMNS"]

COLUMNS: dict[str, Promise] = {
    "phone": gettext_lazy("Phone"),
    "card": gettext_lazy("Card number"),
    "tax_id": gettext_lazy("Document"),
    "email": gettext_lazy("E-mail"),
    "code": gettext_lazy("Code"),
    "name": gettext_lazy("Name"),
    "birth_date": gettext_lazy("Birth date"),
    "joined": gettext_lazy("Member since"),
    "points": gettext_lazy("Balance"),
    "unit": gettext_lazy("Unit of the balance"),
    "expires_on": gettext_lazy("Last day of the balance"),
    "language": gettext_lazy("Language"),
    "types": gettext_lazy("Customer types"),
    "marketing": gettext_lazy("May send offers"),
    "profiling": gettext_lazy("May look at purchases to choose offers"),
    "partners": gettext_lazy("May share with partners"),
    "store": gettext_lazy("Store"),
    "till": gettext_lazy("Till"),
    "number": gettext_lazy("Number of the receipt"),
    "occurred_at": gettext_lazy("Day and time"),
    "date": gettext_lazy("Day"),
    "time": gettext_lazy("Time"),
    "product": gettext_lazy("Product's code"),
    "description": gettext_lazy("Product's name"),
    "quantity": gettext_lazy("Quantity"),
    "amount": gettext_lazy("Amount"),
    "price": gettext_lazy("Price of one"),
    "discount": gettext_lazy("Discount on the line"),
    "sale_discount": gettext_lazy("Discount on the whole"),
    "tax_rate": gettext_lazy("Tax rate"),
    "department": gettext_lazy("Department"),
    "brand": gettext_lazy("Brand"),
    "tags": gettext_lazy("Tags"),
    "payment": gettext_lazy("How it was paid"),
    "cashier": gettext_lazy("Cashier"),
    "scheme": gettext_lazy("Kind of group"),
    "group": gettext_lazy("Group's code"),
}
