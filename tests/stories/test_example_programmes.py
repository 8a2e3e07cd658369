"""The example programmes, each through some days of a shop that works like that."""

from __future__ import annotations

import pytest

from fiel.programme.examples import EXAMPLES, example, example_text
from tests.stories.table import Story

STORIES = {
    "supermarket": (
        {"BREAD": "bakery", "MEAT": "butcher", "BEER": "drinks", "CIGS": "tobacco", "PANETTONE": "bakery"},
        "0",
        """
        2026-11-20 18:00
        join    bea
        join    ana     brought by bea
        sale    R1 ana  BREAD 7.90, MEAT 41.00, BEER 23.50, CIGS 15.00 -> +33 points ana, +20 points ana, +50 points bea
                    because bakery + butcher + everything + tobacco
        sale    R1 ana  again                                       -> duplicate
        return  R1      MEAT                                        -> -21 points
        sale    R2 ana  CIGS 60.00                                  -> because tobacco
        2026-12-05 10:00
        sale    R3 ana  PANETTONE 39.90, BEER 4.00                  -> +81 points
                    because bakery + everything + december
        has     ana                                                 -> 113 points
        has     bea                                                 -> 50 points
        day     2027-12-01                                          -> -32 points ana, -50 points bea
        day     2028-01-01                                          -> -81 points
        """,
    ),
    "agency": (
        {"FLIGHT": "travel", "COVER": "insurance", "FEE": "fees"},
        "0",
        """
        2026-08-10 10:00
        join    rui
        join    lda     types company
        sale    F1 rui  FLIGHT 864.90, FEE 30.00                    -> +86 points, because travel + fees
        2026-11-03 15:00
        sale    F2 lda  FLIGHT 860.00; at S2                        -> +86 points
                    because travel + low-season + companies
        sale    F3 rui  COVER 25.00 x 2                             -> +20 points, because insurance + low-season
        2026-11-21 11:00
        sale    F4 rui  FLIGHT 99.00                                -> +45 points
                    because travel + fair + low-season
        sale    F5 rui  FEE 10.00; paid points 10.00                -> -100 points, because fees + low-season
        sale    F6 rui  FEE 90.00; paid points 90.00                -> refused not_enough
        has     rui                                                 -> 51 points
        return  F5                                                  -> +100 points
        day     2029-01-01                                          -> -151 points rui, -86 points lda
        """,
    ),
    "bar": (
        {"COFFEE": "coffee", "LUNCH": "kitchen", "PACK-10": "kitchen", "BREAKFAST": "kitchen"},
        "0",
        """
        2026-03-03 09:00
        join    leo
        sale    A1 leo  LUNCH 60.00                                 -> +60 points, because everything
        2026-03-09 09:00
        sale    A2 leo  LUNCH 45.00                                 -> +45 points, tier gold, because everything
        2026-03-10 09:00
        sale    A3 leo  LUNCH 20.00                                 -> +24 points, because everything + gold
        sale    A4 leo  COFFEE 10.00 x 9                            -> +12 points, +9 coffees
                    because everything + coffee-stamps + gold
        sale    A5 leo  COFFEE 3.00 x 3                             -> +3 points, +3 coffees, -10 coffees, voucher toast
                    because everything + coffee-stamps + gold
        sale    A6 leo  PACK-10 30.00                               -> +36 points, +10 breakfasts
                    because everything + breakfast-pack + gold
        sale    A7 leo  BREAKFAST 4.00; use packs                   -> -1 breakfasts, covered 1
                    because everything + gold
        has     leo                                                 -> 180 points, 2 coffees, 9 breakfasts
        return  A7                                                  -> +1 breakfasts
        return  A2                                                  -> -45 points
        day     2026-05-01                                          -> tier silver
        day     2027-03-11                                          -> -135 points, -10 breakfasts
        """,
    ),
    "recognition": (
        {"CONE": "ice", "ICE-CAKE": "ice"},
        "0",
        """
        2026-01-10 16:00
        join    ivo     born 1990-07-20
        sale    S1 ivo  CONE 19.00                                  -> because everything
        sale    S2 ivo  CONE 19.00                                  -> +1 visits-worth, because everything
        sale    S3 ivo  CONE 22.00                                  -> +2 visits-worth, because everything
        has     ivo                                                 -> 3 visits-worth
        2026-02-10 16:00
        sale    S4 ivo  CONE 390.00                                 -> +19 visits-worth, because everything
        has     ivo                                                 -> 22 visits-worth, carry 0.5
        2026-07-18 16:00
        sale    S5 ivo  ICE-CAKE 80.00                              -> +4 visits-worth, invite
                    because cake + birthday
        has     ivo                                                 -> 26 visits-worth, carry 0.5
        """,
    ),
    "warehouse": (
        {"WINE": "wine", "WINE-BOX": "wine", "RICE": "groceries", "CARD": "groceries,gift-card", "SOAP": "hygiene"},
        "23",
        """
        2026-05-04 09:00
        join    tasca
        sale    N1 tasca  WINE 61.50 x 5, RICE 12.30, CARD 50.00, SOAP 9.99 -> +15 points, because wine + groceries
        return  N1        WINE x 3                                  -> -5 points
        sale    N2 tasca  RICE 12.30 off 1.23, WINE-BOX 30.00 x 6   -> nothing
        has     tasca                                               -> 10 points
        2027-01-02 09:00
        sale    N3 tasca  WINE 61.50 x 6                            -> nothing
        day     2027-05-04                                          -> nothing
        day     2027-05-05                                          -> -10 points
        """,
    ),
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", EXAMPLES)
def test_a_shop_lives_by_the_example(name, clock):
    wares, tax, told = STORIES[name]
    Story(example(name), clock, wares, tax).tell(told)


def test_each_example_says_what_it_is_for():
    assert all(example_text(name).startswith("# A") for name in EXAMPLES)
