"""Identity as a shopkeeper meets it: what is written, typed or swiped on the left, what Fiel makes of it on the right.

All people are made up. Bank card numbers are the card schemes' published test numbers.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fiel.core import identity
from fiel.core.identity import Identity
from fiel.core.refusals import Refused

BANK_CARDS = (
    "4111111111111111",
    "5555555555554444",
    "2223003122003222",  # Mastercard's newer range
    "378282246310005",
    "30569309025904",
    "6011000990139424",
    "3530111333300000",
)


def refusal(call: Callable[[], object], *, at: str) -> str:
    """The sentence of a refusal that must come, and must point at `at`."""
    with pytest.raises(Refused) as caught:
        call()
    assert caught.value.code == "invalid"
    assert [fault.pointer for fault in caught.value.faults] == [at]
    assert caught.value.faults[0].detail == caught.value.detail
    return caught.value.detail


# --- phone ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "region", "stored"),
    [
        ("(11) 98765-4321", "BR", "+5511987654321"),
        ("11987654321", "BR", "+5511987654321"),
        ("011 98765-4321", "BR", "+5511987654321"),
        ("0 15 11 98765-4321", "BR", "+5511987654321"),  # with a carrier's code, as on old cards
        ("+55 11 98765-4321", "BR", "+5511987654321"),
        ("5511987654321", "BR", "+5511987654321"),
        ("0055 11 98765-4321", "BR", "+5511987654321"),  # not carrier 55 and the United States
        ("(0055) 11 98765-4321", "BR", "+5511987654321"),
        ("0055 11 98765-4321", "PT", "+5511987654321"),
        ("00 21 351 912 345 678", "BR", "+351912345678"),  # dialled out of Brazil through carrier 21
        ("\u202a+55 11 98765\u20114321\u202c", "BR", "+5511987654321"),  # copied from a chat
        ("11\u00a098765\u20134321", "BR", "+5511987654321"),
        ("(11) 3456-7890", "BR", "+551134567890"),
        ("912 345 678", "PT", "+351912345678"),
        ("00351 912 345 678", "PT", "+351912345678"),
        ("+351 21 234 5678", "BR", "+351212345678"),
        ("612 34 56 78", "ES", "+34612345678"),
        ("91 123 45 67", "ES", "+34911234567"),
        ("+34612345678", "XX", "+34612345678"),  # a country without phones of its own still reads the whole number
    ],
)
def test_phones_become_e164(written: str, region: str, stored: str) -> None:
    assert identity.phone(written, region=region) == stored


@pytest.mark.parametrize(
    ("written", "region", "sentence"),
    [
        ("98765-4321", "BR", "“98765-4321” is not a phone number of Brazil; "),  # without area code
        ("(11) 8765-4321", "BR", "“(11) 8765-4321” is not a phone number of Brazil; "),  # before the ninth digit
        ("20 98765-4321", "BR", "“20 98765-4321” is not a phone number of Brazil; "),  # there is no area 20
        ("12345", "PT", "“12345” is not a phone number of Portugal; "),
        ("312 34 56 78", "ES", "“312 34 56 78” is not a phone number of Spain; "),
        ("11 98765-4321", "XX", "“11 98765-4321” is not a phone number of XX; "),
        ("11 98765 4321 / 11 91234 5678", "BR", "This is not a phone number of Brazil; "),
        ("call Ana", "BR", "“call Ana” is not a phone number of Brazil; "),
        ("١١٩٨٧٦٥٤٣٢١", "BR", "“١١٩٨٧٦٥٤٣٢١” is not a phone number of Brazil; "),
        ("", "BR", "This is not a phone number of Brazil; "),
        ("9" * 400, "BR", "This is not a phone number of Brazil; "),
        ("4111 1111 1111 1111", "BR", "This is not a phone number of Brazil; "),  # a bank card is not repeated
    ],
)
def test_phones_that_cannot_be(written: str, region: str, sentence: str) -> None:
    said = refusal(lambda: identity.phone(written, region=region), at="/phone")
    assert said == sentence + "write it with area code, or with + and country code."


@pytest.mark.parametrize("code", ["", "br", "BRA", "Brazil", "55", "BR\n"])
def test_regions_and_countries_are_two_capitals(code: str) -> None:
    with pytest.raises(ValueError, match="ISO 3166"):
        identity.phone("11987654321", region=code)
    with pytest.raises(ValueError, match="ISO 3166"):
        identity.tax_id("52998224725", country=code)
    with pytest.raises(ValueError, match="ISO 3166"):
        identity.guesses("1", region="BR", country=code)


# --- tax id -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "country", "stored"),
    [
        ("529.982.247-25", "BR", "52998224725"),
        ("52998224725", "BR", "52998224725"),
        (" 390 533 447 05 ", "BR", "39053344705"),
        ("16.727.230/0001-97", "BR", "16727230000197"),
        ("12.abc.345/01DE-35", "BR", "12ABC34501DE35"),  # the CNPJ with letters of 2026
        ("501 964 843", "PT", "501964843"),
        ("PT 501964843", "PT", "501964843"),
        ("12345678-z", "ES", "12345678Z"),
        ("12.345.678-Z", "ES", "12345678Z"),
        ("ES12345678Z", "ES", "12345678Z"),
        ("X-5253868-R", "ES", "X5253868R"),
        ("B58378431", "ES", "B58378431"),
        ("M-1234567-L", "ES", "M1234567L"),
        ("52998224725", "FR", "52998224725"),
        ("16.727.230/0001-97", "MX", "16727230000197"),
        ("501964843", "AO", "501964843"),
        ("12345678Z", "FR", "12345678Z"),
        ("X5253868R", "FR", "X5253868R"),
    ],
)
def test_tax_ids_are_verified_and_bare(written: str, country: str, stored: str) -> None:
    assert identity.tax_id(written, country=country) == stored


@pytest.mark.parametrize(
    ("written", "country", "names"),
    [
        ("529.982.247-26", "BR", "CPF or CNPJ"),
        ("2998224725", "BR", "CPF or CNPJ"),  # a spreadsheet ate the leading digit
        ("16.727.230/0001-98", "BR", "CPF or CNPJ"),
        ("00.000.000/0000-00", "BR", "CPF or CNPJ"),
        ("501964843", "BR", "CPF or CNPJ"),  # a Portuguese number in a Brazilian shop
        ("501964842", "PT", "NIF"),
        ("PT", "PT", "NIF"),
        ("12345678A", "ES", "DNI, NIE or CIF"),
        ("X5253868A", "ES", "DNI, NIE or CIF"),
        ("ES", "ES", "DNI, NIE or CIF"),
        ("", "ES", "DNI, NIE or CIF"),
        ("hello", "FR", "CPF, CNPJ, NIF, DNI, NIE or CIF"),
        ("５２９９８２２４７２５", "BR", "CPF or CNPJ"),
    ],
)
def test_tax_ids_that_cannot_be(written: str, country: str, names: str) -> None:
    said = refusal(lambda: identity.tax_id(written, country=country), at="/tax_id")
    assert said.startswith(f"This is not a {names}: ")


@pytest.mark.parametrize(
    ("number", "country", "nobody"),
    [
        *((str(digit) * 11, "BR", True) for digit in range(10)),
        ("111.111.111-11", "BR", True),
        ("999999990", "PT", True),
        ("PT 999 999 990", "PT", True),
        ("11111111111", "FR", True),
        ("52998224725", "BR", False),
        ("501964843", "PT", False),
        ("12345678Z", "ES", False),
        ("12345678909", "BR", False),  # often made up, yet it may be somebody's
    ],
)
def test_numbers_that_stand_for_nobody(number: str, country: str, nobody: bool) -> None:
    assert identity.is_nobody(number) is nobody
    if nobody:
        assert "stands for nobody" in refusal(lambda: identity.tax_id(number, country=country), at="/tax_id")
    else:
        assert identity.tax_id(number, country=country)


# --- e-mail -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("Ana.Souza@Example.COM", "ana.souza@example.com"),
        ("  ana+clube@padaria.com.br\n", "ana+clube@padaria.com.br"),
        ("\u200bana@example.pt", "ana@example.pt"),
        ("JOSÉ@correo.es", "josé@correo.es"),
        ("a@b.c", "a@b.c"),
        ("x" * 242 + "@example.com", "x" * 242 + "@example.com"),
    ],
)
def test_emails_in_lower_case(written: str, stored: str) -> None:
    assert identity.email(written) == stored


@pytest.mark.parametrize(
    "written",
    [
        "",
        "ana",
        "ana@example",
        "@example.com",
        "ana@",
        "ana@.com",
        "ana@example.",
        "ana@example..com",
        "ana@@example.com",
        "ana@home@example.com",
        "ana souza@example.com",
        "ana@example.com, rui@example.com",
        "Ana <ana@example.com>",
        "ana@example.com\nBcc: all@example.com",
        "ana\x00@example.com",
        "x" * 243 + "@example.com",
    ],
)
def test_emails_that_cannot_be(written: str) -> None:
    assert refusal(lambda: identity.email(written), at="/email").startswith("This is not an e-mail address; ")


# --- cards ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("2900000000018", "2900000000018"),
        ("2 900000 000018", "2900000000018"),
        ("2900-0000\u20110001-8", "2900000000018"),
        ("ab-1234 c", "AB1234C"),
        ("1", "1"),  # household numbers of an import
        ("2375", "2375"),
        ("0012", "0012"),
        ("5601234567892", "5601234567892"),  # any card with a product's EAN
        ("5511987654324", "5511987654324"),  # a phone as card number, Luhn valid by chance
        ("6" * 12, "6" * 12),
        ("290000000001", "290000000001"),  # twelve digits: not of ours, so nothing is checked
        ("A" * 32, "A" * 32),
    ],
)
def test_card_numbers(written: str, stored: str) -> None:
    assert identity.card_number(written) == stored


@pytest.mark.parametrize("written", ["", " - ", "A" * 33, "12/34", "ção", "straße", "²", "١٢٣", "12\n34", ";29?"])
def test_card_numbers_that_cannot_be(written: str) -> None:
    said = refusal(lambda: identity.card_number(written), at="/card")
    assert said == "A card number is 1 to 32 digits and letters A to Z."


def test_a_wrong_check_digit_is_named() -> None:
    said = refusal(lambda: identity.card_number("2900000000017", "/lines/3/card"), at="/lines/3/card")
    assert said == "The check digit of card 2900000000017 should be 8, not 7; read the number again."


@pytest.mark.parametrize("number", BANK_CARDS)
def test_bank_cards_are_neither_kept_nor_repeated(number: str) -> None:
    grouped = " ".join(number[start : start + 4] for start in range(0, len(number), 4))
    for written in (number, grouped, grouped.replace(" ", "-"), f"B{number}"):
        said = refusal(lambda written=written: identity.card_number(written), at="/card")  # type: ignore[misc]
        assert "bank card" in said
        assert not any(character.isdigit() for character in said)
        assert identity.guesses(written, region="BR", country="BR") == ()
    assert identity.guesses(grouped.replace(" ", "."), region="BR", country="BR") == ()
    assert identity.read_swipe(number) == ()
    for refused in (
        lambda: identity.phone(number, region="BR", at=""),
        lambda: identity.email(number, at=""),
        lambda: identity.tax_id(number, country="FR", at=""),
    ):
        assert not any(character.isdigit() for character in refusal(refused, at=""))


@pytest.mark.parametrize(
    ("serial", "prefix", "number"),
    [
        (1, "29", "2900000000018"),
        (0, "29", "2900000000001"),
        (1234567890, "29", "2912345678906"),
        (9999999999, "29", "2999999999991"),
        (42, "2", "2000000000428"),
        (7, "20123456789", "2012345678972"),
    ],
)
def test_cards_are_made(serial: int, prefix: str, number: str) -> None:
    assert identity.make_card(serial, prefix=prefix) == number
    assert identity.card_number(number) == number
    assert identity.read_swipe(number) == (number,)


@pytest.mark.parametrize(
    ("serial", "prefix", "words"),
    [
        (10**10, "29", "does not fit into 10 digits"),
        (-1, "29", "does not fit"),
        (10, "20123456789", "does not fit into 1 digits"),
        (1, "560", "begins with 2"),
        (1, "", "begins with 2"),
        (1, "2a", "begins with 2"),
        (1, "201234567890", "1 to 11 digits"),
    ],
)
def test_cards_that_cannot_be_made(serial: int, prefix: str, words: str) -> None:
    assert words in refusal(lambda: identity.make_card(serial, prefix=prefix), at="")


@pytest.mark.parametrize(
    ("digits", "check"),
    [("789100010010", "3"), ("560123456789", "2"), ("400638133393", "1"), ("841000000000", "9"), ("000000000000", "0")],
)
def test_check_digits_of_ean_13(digits: str, check: str) -> None:
    assert identity.ean13_check(digits) == check


@pytest.mark.parametrize("digits", ["", "12345678901", "1234567890123", "12345678901a", "١٢٣٤٥٦٧٨٩٠١٢"])
def test_a_check_digit_is_of_twelve(digits: str) -> None:
    with pytest.raises(ValueError, match="twelve"):
        identity.ean13_check(digits)


@given(st.integers(min_value=0, max_value=10**10 - 1), st.integers(min_value=0, max_value=12), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(serial: int, place: int, shift: int) -> None:
    number = identity.make_card(serial)
    digit = str((int(number[place]) + shift) % 10)
    wrong = number[:place] + digit + number[place + 1 :]
    if wrong.startswith("2"):
        assert "check digit" in refusal(lambda: identity.card_number(wrong), at="/card")


# --- what a reader types ----------------------------------------------------------------------------------------------

# What arrives for the keys of a reader set to the American layout, and of one set to the Spanish layout at an American
# computer. Dead keys are shown as the characters that Windows makes of them.
LAYOUTS: dict[str, dict[str, str | int | None]] = {
    "us": {},
    "es": {"^": "&", ";": "ñ", "=": "¡", "?": "_", "/": "-", "+": "¿"},
    "pt": {"^": "&", ";": "ç", "=": "«", "?": "_", "/": "-", "+": "»"},
    "br": {"^": "¨", ";": "ç", "?": ":", "/": ";"},
    "es at us": {"^": "{", ";": "<", "=": ")", "?": "_", "/": "&", "+": "]"},
}

TRACK_1 = "%B2900000000018^SOUZA/ANA^9912101000000000000?"
TRACK_2 = ";2900000000018=9912101000000000000?"
TRACK_3 = "+2900000000018==1234567890?"
BANK_1 = "%B4111111111111111^SOUZA/ANA^2912101000000000000?"
BANK_2 = ";4111111111111111=29121010000000000000?"


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    ("swiped", "cards"),
    [
        (TRACK_1, ("2900000000018",)),
        (TRACK_2, ("2900000000018",)),
        (TRACK_3, ("2900000000018",)),
        (";2900000000018?", ("2900000000018",)),
        (TRACK_1 + TRACK_2, ("2900000000018",)),
        (TRACK_1 + TRACK_2 + TRACK_3, ("2900000000018",)),
        (TRACK_1 + "\r" + TRACK_2 + "\r\n", ("2900000000018",)),
        (TRACK_1 + ";2900000000025=9912?", ("2900000000018", "2900000000025")),
        ("%E?" + TRACK_2, ("2900000000018",)),
        (TRACK_1 + ";E?+E?", ("2900000000018",)),
        ("%E?", ()),
        ("%E?;E?+E?", ()),
        (";123456=99?", ("123456",)),
        (";12345=99?", ()),
        (";6035710000000000006=99?", ("6035710000000000006",)),  # 19 digits, not a bank card's by Luhn
        (BANK_1, ()),
        (BANK_2, ()),
        (BANK_1 + BANK_2, ()),
        ("%B3782 822463 10005^SOUZA/ANA^2912101?;378282246310005=2912101?", ()),
        (";2223003122003222=2912101?", ()),
        (BANK_1 + TRACK_2, ("2900000000018",)),
    ],
)
def test_swipes_are_read_under_every_layout(layout: str, swiped: str, cards: tuple[str, ...]) -> None:
    typed = swiped.translate(str.maketrans(LAYOUTS[layout]))
    assert identity.read_swipe(typed) == cards
    if len(typed) <= 200:
        assert identity.guesses(typed, region="ES", country="ES") == tuple(Identity("card", card) for card in cards)


@pytest.mark.parametrize(
    ("typed", "cards"),
    [
        ("%B2900000000018&SOUZA-ANA&9912_ñ2900000000018¡9912_", ("2900000000018",)),  # Spanish, as it arrived
        ("%B2900000000018&SOUZA-ANA&9912_ç2900000000018«9912_", ("2900000000018",)),  # Portuguese
        ("%B2900000000018¨SOUZA;ANA¨9912:ç2900000000018=9912:", ("2900000000018",)),  # Brazilian, Windows
        ("%B2900000000018OUZA;ANA9912:ç2900000000018=9912:", ("2900000000018",)),  # and Linux, where ¨S is nothing
        ("2900000000018", ("2900000000018",)),  # a barcode
        ("2900000000018\r\n", ("2900000000018",)),
        ("2900000000018\n2900000000018\n", ("2900000000018",)),  # scanned twice
        ("2900000000018\n2900000000025\n", ("2900000000018", "2900000000025")),
        ("%2900000000018^9912101000", ("2900000000018",)),  # no end sentinel
        ("\x02;2900000000018=9912?\x03", ("2900000000018",)),
        ("12345678901234567890", ()),  # 20 digits
        ("4222222222222", ()),  # Visa's old 13 digits
        ("%E_ñE_", ()),
        ("", ()),
        ("   \n", ()),
        ("Ana", ()),
        ("٢٩٠٠٠٠٠٠٠٠٠١٨", ()),
    ],
)
def test_strings_of_readers(typed: str, cards: tuple[str, ...]) -> None:
    assert identity.read_swipe(typed) == cards


# --- what a cashier types ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "country", "meant"),
    [
        ("Ana@Example.com", "BR", ["email ana@example.com"]),
        ("joao12345678@example.com", "BR", ["email joao12345678@example.com"]),  # not card 12345678
        ("joao12345678@", "BR", []),
        ("2900000000018\r\n", "BR", ["card 2900000000018", "code 2900000000018"]),
        ("2900000000017", "BR", ["code 2900000000017"]),
        ("ñ2900000000018¡9912_", "ES", ["card 2900000000018"]),
        (";2900000000017=9912?", "BR", []),  # a misread: its check digit is wrong
        ("2375", "BR", ["card 2375", "code 2375"]),
        ("ab-123456", "BR", ["card AB123456", "code ab-123456"]),  # not card 123456
        ("11987654321", "BR", ["card 11987654321", "phone +5511987654321", "code 11987654321"]),
        ("(11) 98765-4321", "BR", ["phone +5511987654321"]),
        ("+5511987654321", "BR", ["phone +5511987654321"]),
        ("5511987654324", "BR", ["card 5511987654324", "phone +5511987654324", "code 5511987654324"]),
        ("912 345 678", "PT", ["card 912345678", "phone +351912345678"]),
        ("612345678", "ES", ["card 612345678", "phone +34612345678", "code 612345678"]),
        ("529.982.247-25", "BR", ["tax_id 52998224725", "code 529.982.247-25"]),
        ("16.727.230/0001-97", "BR", ["tax_id 16727230000197", "code 16.727.230/0001-97"]),
        ("12345678z", "ES", ["card 12345678Z", "tax_id 12345678Z", "code 12345678z"]),
        ("501964843", "PT", ["card 501964843", "tax_id 501964843", "code 501964843"]),
        ("111.111.111-11", "BR", ["code 111.111.111-11"]),
        ("M_0017", "BR", ["code M_0017"]),
        ("", "BR", []),
        ("   ", "BR", []),
        ("???", "BR", []),
        ("%E?", "BR", []),
        ("@", "BR", []),
        ("\ud800", "BR", []),
        ("1" * 201, "BR", []),
        (" " * 200 + "1", "BR", []),
    ],
)
def test_guesses_in_their_order(typed: str, country: str, meant: list[str]) -> None:
    found = identity.guesses(typed, region=country, country=country)
    assert [f"{guess.kind} {guess.value}" for guess in found] == meant


def test_at_most_six_guesses() -> None:
    many = "\n".join(identity.make_card(serial) for serial in range(1, 9))
    assert len(identity.read_swipe(many)) == 8
    assert len(identity.guesses(many, region="BR", country="BR")) == 6


LIKELY = st.text(alphabet="0123456789 +-./()_;:%?=^BEñç¡«¨@ABCXYZ\r\n\u2011", max_size=210)
COUNTRIES = st.sampled_from(["BR", "PT", "ES", "FR", "XX"])


@given(st.text(max_size=300) | LIKELY, COUNTRIES)
def test_no_text_is_too_odd(text: str, country: str) -> None:
    found = identity.guesses(text, region=country, country=country)
    assert len(found) <= 6
    assert len(set(found)) == len(found)
    assert {guess.kind for guess in found} <= {"email", "card", "phone", "tax_id", "code"}
    for number in identity.read_swipe(text):
        assert number in text
        assert 6 <= len(number) <= 19
    assert isinstance(identity.display_name(text), str)
    assert isinstance(identity.mask_phone(text), str)
    assert identity.is_nobody(text) in {True, False}


@given(st.text(max_size=300) | LIKELY, COUNTRIES)
def test_odd_text_is_refused_or_settles(text: str, country: str) -> None:
    def phone(written: str) -> str:
        return identity.phone(written, region=country)

    def tax_id(written: str) -> str:
        return identity.tax_id(written, country=country)

    for normalise in (phone, tax_id, identity.email, identity.card_number):
        try:
            stored = normalise(text)
        except Refused:
            continue
        assert normalise(stored) == stored


# --- what the till shows ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ana Souza", "Ana S."),
        ("Ana", "Ana"),
        ("", ""),
        ("  \t ", ""),
        ("Maria da Silva", "Maria S."),
        ("  José   Ángel\u00a0Núñez ", "José N."),
        ("Íris Évora", "Íris É."),
        ("Iris E\u0301vora", "Iris É."),
        ("joão souza", "joão S."),
        ("Ana (Souza)", "Ana S."),
        ("Ana -", "Ana"),
        ("Μαρία Παπαδοπούλου", "Μαρία Π."),
        ("王 小明", "王 小."),
    ],
)
def test_names_are_masked(name: str, shown: str) -> None:
    assert identity.display_name(name) == shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("+5511987654321", "+55 ••••• 4321"),
        ("+351912345678", "+351 ••••• 5678"),
        ("+34612345678", "+34 ••••• 5678"),
        ("11987654321", "••••• 4321"),
        ("1234", "•••••"),
        ("", ""),
    ],
)
def test_phones_are_masked(number: str, shown: str) -> None:
    assert identity.mask_phone(number) == shown
