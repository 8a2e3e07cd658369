"""The programmes and wares that the model and Fiel are tried on. Between them they use every feature.

Times to live are short, and amounts small, so that everything happens within a few weeks and receipts.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

Document = dict[str, Any]

DEPARTMENTS = {"food": "", "bakery": "food", "bread": "bakery", "wine": "food", "care": "", "tobacco": ""}

PRODUCTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "BREAD": ("bread", ()),
    "CAKE": ("bread", ()),
    "RYE": ("bread", ("organic",)),
    "CAFE": ("food", ()),
    "WINE": ("wine", ()),
    "CIGARS": ("tobacco", ()),
    "PACK": ("care", ()),
    "MASSAGE": ("care", ()),
}
"""By product: its department and tags. What is not among them is sold too, with or without a department."""

NEAR_LISBON = {"S1": "", "S2": "Atlantic/Azores"}
NEAR_SAO_PAULO = {"S1": "", "S2": "America/Manaus"}

CAFE: Document = {
    "name": "Café",
    "currency": "EUR",
    "timezone": "Europe/Lisbon",
    "late_days": 5,
    "units": [
        {
            "code": "points",
            "kind": "points",
            "pending_days": 1,
            "value": "0.05",
            "expiry": {"kind": "end_of_month", "months": 1},
        },
        {"code": "coffees", "kind": "stamps", "expiry": {"kind": "inactivity", "months": 1}},
    ],
    "seasons": [{"code": "winter", "from": "12-15", "to": "03-20"}],
    "tiers": [
        {"code": "silver"},
        {
            "code": "gold",
            "factor": "1.2",
            "reach": {"measure": "spend", "amount": "40.00", "window": "calendar_month"},
            "fall": "one_step",
        },
        {
            "code": "platinum",
            "factor": "1.5",
            "reach": {"measure": "spend", "amount": "80.00", "window": "calendar_month"},
        },
    ],
    "earn": [
        {"code": "all", "unit": "points", "give": "1", "per": "1.00", "cap": {"day": 60}},
        {
            "code": "bakery",
            "unit": "points",
            "give": "2",
            "per": "1.00",
            "items": {"departments": ["bakery"]},
            "except": {"products": ["CAKE"]},
            "cap": {"sale": 40, "month": 90},
        },
        {"code": "organic", "unit": "points", "give": "3", "per": "1.00", "items": {"tags": ["organic"]}},
        {"code": "tobacco", "unit": "points", "give": "0", "items": {"departments": ["tobacco"]}},
        {
            "code": "bottles",
            "unit": "points",
            "give": "5",
            "per": "3",
            "basis": "quantity",
            "whole": True,
            "group": "bottles",
            "items": {"departments": ["wine"]},
        },
        {
            "code": "visit",
            "unit": "points",
            "give": "4",
            "basis": "sale",
            "group": "visit",
            "when": {"min_amount": "20.00"},
        },
        {
            "code": "coffee",
            "unit": "coffees",
            "give": "1",
            "basis": "quantity",
            "group": "coffee",
            "items": {"products": ["CAFE"]},
        },
    ],
    "boosts": [
        {"code": "night", "factor": "2", "when": {"hours": ["08:00-12:00", "22:00-02:00"], "weekdays": ["sun", "wed"]}},
        {"code": "birthday", "factor": "2", "groups": ["base", "visit"], "when": {"birthday": "week"}},
        {"code": "winter", "factor": "1.1", "groups": ["bottles"], "when": {"seasons": ["winter"]}},
    ],
    "awards": [
        {"code": "regular", "unit": "coffees", "every": 8, "reward": "cake", "mode": "invite"},
        {"code": "third", "unit": "coffees", "every": 3, "reward": "toast", "mode": "voucher"},
        {"code": "points", "unit": "points", "every": 60, "reward": "dinner", "mode": "invite"},
    ],
    "referral": {
        "unit": "points",
        "referrer": 15,
        "referred": 5,
        "min_amount": "10.00",
        "max_per_month": 1,
    },
}

MASSAGES: Document = {
    "name": "Massagens",
    "currency": "BRL",
    "timezone": "America/Sao_Paulo",
    "amounts": "tax_excluded",
    "units": [
        {"code": "points", "kind": "points", "rounding": "carry", "expiry": {"kind": "days", "days": 12}},
        {"code": "massages", "kind": "sessions", "expiry": {"kind": "days", "days": 4}},
    ],
    "earn": [
        {"code": "all", "unit": "points", "give": "1", "per": "3.00"},
        {"code": "cigars", "unit": "points", "give": "1", "per": "7.00", "items": {"products": ["CIGARS"]}},
        {
            "code": "pack",
            "unit": "massages",
            "give": "4",
            "basis": "quantity",
            "group": "pack",
            "items": {"products": ["PACK"]},
        },
    ],
    "boosts": [
        {"code": "large", "factor": "1.5", "when": {"min_amount": "30.00"}},
        {"code": "wholesale", "factor": "0.5", "when": {"min_amount": "50.00"}},
        {"code": "companies", "factor": "0.5", "when": {"types": ["company"], "stores": ["S1"]}},
    ],
    "covers": [{"code": "massages", "unit": "massages", "items": {"products": ["MASSAGE"]}}],
    "awards": [
        {"code": "tea", "unit": "points", "every": 10, "reward": "tea", "mode": "invite"},
        {"code": "loyal", "unit": "points", "every": 25, "reward": "massage", "mode": "voucher"},
    ],
}

RETAIL: Document = {
    "name": "Loja",
    "currency": "EUR",
    "timezone": "Europe/Lisbon",
    "amounts": "tax_excluded",
    "discounted_lines": "skip",
    "boost_mix": "add",
    "units": [
        {
            "code": "points",
            "kind": "points",
            "decimals": 2,
            "rounding": "half_up",
            "round_per": "line",
            "on_debt": "forgive",
            "expiry": {"kind": "days", "days": 9},
            "warn_days": 4,
            "warn_required": True,
        },
        {"code": "money", "kind": "money", "pending_days": 2, "expiry": {"kind": "end_of_year", "years": 0}},
        {"code": "bottles", "kind": "stamps", "on_debt": "forgive"},
    ],
    "tiers": [
        {"code": "guest"},
        {
            "code": "friend",
            "factor": "1.1",
            "reach": {"measure": "visits", "amount": "2", "window": {"rolling": 7}},
            "keep": {"days": 9},
        },
        {
            "code": "family",
            "factor": "1.25",
            "reach": {"measure": "visits", "amount": "3", "window": {"rolling": 7}},
            "fall": "one_step",
        },
        {
            "code": "house",
            "factor": "1.3",
            "reach": {"measure": "points", "amount": "120", "window": "calendar_year"},
            "keep": "forever",
        },
    ],
    "earn": [
        {"code": "all", "unit": "points", "give": "1", "per": "1.00", "cap": {"sale": 50}},
        {"code": "care", "unit": "points", "give": "1.5", "per": "1.00", "items": {"departments": ["care"]}},
        {
            "code": "food",
            "unit": "points",
            "give": "0.7",
            "basis": "quantity",
            "items": {"departments": ["food"]},
            "cap": {"day": 6},
        },
        {"code": "food-more", "unit": "points", "give": "0.5", "per": "1.00", "items": {"departments": ["food"]}},
        {"code": "back", "unit": "money", "give": "0.03", "per": "1.00", "cap": {"month": 3}},
        {
            "code": "bottles",
            "unit": "bottles",
            "give": "1",
            "basis": "quantity",
            "group": "bottles",
            "items": {"products": ["WINE"]},
        },
    ],
    "boosts": [
        {"code": "card", "factor": "1.5", "groups": ["base"], "when": {"payments": ["card", "pix"]}},
        {"code": "family-day", "factor": "3", "groups": ["bottles"], "when": {"tiers": ["family"], "min_items": 3}},
    ],
    "awards": [{"code": "sixth", "unit": "bottles", "every": 6, "reward": "bottle", "mode": "voucher"}],
    "referral": {"unit": "money", "referrer": "1.50", "referred": "0.50", "after": "every_sale"},
}

CLUB: Document = {
    "name": "Clube",
    "currency": "EUR",
    "timezone": "Europe/Lisbon",
    "boost_mix": "best",
    "late_days": 10,
    "units": [
        {"code": "points", "kind": "points", "rounding": "ceil", "expiry": {"kind": "inactivity", "months": 1}},
        {"code": "miles", "kind": "points", "rounding": "carry", "value": "0.10", "pending_days": 1},
        {"code": "visits-made", "kind": "stamps", "expiry": {"kind": "end_of_year", "years": 1}},
    ],
    "tiers": [
        {"code": "one"},
        {
            "code": "two",
            "factor": "1.5",
            "reach": {"measure": "spend", "amount": "60.00", "window": {"rolling": 20}},
        },
        {
            "code": "three",
            "factor": "2",
            "reach": {"measure": "points", "amount": "150", "window": "calendar_month"},
            "fall": "one_step",
        },
    ],
    "earn": [
        {"code": "all", "unit": "points", "give": "1", "per": "1.50"},
        {"code": "bread", "unit": "points", "give": "1", "per": "0.40", "items": {"departments": ["bread"]}},
        {"code": "miles", "unit": "miles", "give": "1", "per": "7.00"},
        {"code": "visit", "unit": "visits-made", "give": "1", "basis": "sale", "group": "visit"},
        {
            "code": "welcome",
            "unit": "miles",
            "give": "2",
            "basis": "sale",
            "group": "welcome",
            "when": {"first_sale": True},
        },
        {
            "code": "third",
            "unit": "points",
            "give": "10",
            "basis": "sale",
            "group": "third",
            "when": {"every_nth_sale": 3},
        },
    ],
    "boosts": [
        {"code": "large", "factor": "1.7", "groups": ["base", "third"], "when": {"min_amount": "25.00"}},
        {"code": "visits", "factor": "2", "groups": ["visit"], "when": {"weekdays": ["sat", "sun"]}},
    ],
    "awards": [
        {"code": "tenth", "unit": "points", "every": 40, "reward": "wine", "mode": "voucher"},
        {"code": "fifth", "unit": "visits-made", "every": 5, "reward": "cake", "mode": "invite"},
        {"code": "second", "unit": "visits-made", "every": 2, "reward": "toast", "mode": "invite"},
    ],
}

CLUB_LATER = deepcopy(CLUB) | {
    "boost_mix": "multiply",
    "earn": [
        {"code": "all", "unit": "points", "give": "2", "per": "1.50", "cap": {"month": 120}},
        {"code": "miles", "unit": "miles", "give": "1", "per": "3.00"},
        {"code": "visit", "unit": "visits-made", "give": "1", "basis": "sale", "group": "visit"},
    ],
}
"""The club's rules change: each sale is counted, and returned, by those of its day."""
CLUB_LATER["boosts"] = [CLUB["boosts"][1]]
