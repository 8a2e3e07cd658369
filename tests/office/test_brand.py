"""A business's logo and colour: chosen in the office, worn on every door, readable whatever was chosen."""

from __future__ import annotations

import re
import struct
import zlib
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from fiel.doors.colours import DARK, LIGHT, WHITE, contrast, parse, shades_on
from tests.counter.conftest import text

PAGE = "/office/padaria/brand/"
FOREST = "#1b5e20"


def picture(kind="PNG", size=(300, 100), **how):
    file = BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(file, kind, **how)
    return file.getvalue()


def photograph():
    """As a phone takes it: lying on its side, with the place where it was taken."""
    said = Image.Exif()
    said[0x0112] = 6  # to be turned by a quarter
    said.get_ifd(0x8825)[1] = "S"
    said[0x010E] = "Rua das Flores 7"
    return picture("JPEG", (2000, 1500), exif=said.tobytes())


def bomb():
    """A small file that claims to be a picture of 3,600 million pixels."""
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(bytes(9))), (b"IEND", b"")]
    parts = (struct.pack(">I", len(d)) + n + d + struct.pack(">I", zlib.crc32(n + d)) for n, d in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def send(client, data=b"", name="logo.jpg", colour=FOREST):
    logo = {"logo": SimpleUploadedFile(name, data)} if data else {}
    return client.post(PAGE, {"colour": colour, **logo})


def addresses(answer):
    """The brand's files that a page asks for."""
    return set(re.findall(r'"(/brand/[^"]+)"', answer.content.decode()))


@pytest.fixture
def clerk(client, bakery, place_for):
    """Of the tyre shop, a partner of the bakery."""
    from fiel.rewards.models import Partner, PartnerClerk

    person = place_for("partner", email="rui@pneus.example")
    Partner.objects.create(business=bakery.business, code="tyres", name="Pneus Rápido")
    PartnerClerk.objects.create(business=bakery.business, partner="tyres", person=person, since=bakery.clock.now)
    return person


def test_every_door_wears_the_logo_and_the_colour(signed_in, bakery, clerk, client):
    assert send(signed_in, photograph()).status_code == 302
    doors = ["/office/padaria/", PAGE, "/counter/padaria/store/", "/c/padaria/"]
    pages = [signed_in.get(door) for door in doors]
    client.force_login(clerk)
    pages.append(client.get("/partner/padaria/"))
    client.logout()
    pages += [client.get("/sign-in/"), client.get("/sign-in/forgotten/"), client.get("/sign-in/?next=/office/padaria/")]
    for page in pages:
        worn = {address.rsplit("/", 1)[1] for address in addresses(page)}
        assert worn >= {"brand.css", "logo.png", "icon-64.png"}, page.request["PATH_INFO"]
        assert "Padaria Sol" in text(page)
        assert "style=" not in page.content.decode()
    assert "Pneus Rápido" in text(pages[4])


def test_a_photograph_becomes_a_small_upright_picture_and_says_nothing_else(signed_in, bakery):
    from fiel.shops.brand import logo_of

    send(signed_in, photograph())
    bakery.business.refresh_from_db()
    kept = logo_of(bakery.business)
    drawn = Image.open(BytesIO(kept))
    assert (drawn.format, drawn.size, drawn.info, dict(drawn.getexif())) == ("PNG", (384, 512), {}, {})
    [logo] = {each for each in addresses(signed_in.get(PAGE)) if each.endswith("logo.png")}
    answer = signed_in.get(logo)
    assert (answer["Content-Type"], answer["Cache-Control"]) == ("image/png", "public, max-age=31536000, immutable")
    assert Image.open(BytesIO(answer.content)).size == (72, 96)
    assert Image.open(BytesIO(answer.content)).convert("RGB").getpixel((36, 48)) == pytest.approx((200, 30, 30), abs=4)


def test_a_phone_gets_icons_of_the_initials_and_later_of_the_logo(signed_in, bakery):
    def icons():
        told = signed_in.get("/c/padaria/manifest.webmanifest").json()
        assert told["theme_color"] == FOREST
        drawn = [(each["sizes"], Image.open(BytesIO(signed_in.get(each["src"]).content))) for each in told["icons"]]
        assert [(said, icon.format, icon.size) for said, icon in drawn] == [
            ("192x192", "PNG", (192, 192)),
            ("512x512", "PNG", (512, 512)),
        ]
        return drawn[1][1].convert("RGB")

    send(signed_in)
    assert "PS" in text(signed_in.get(PAGE))
    initials = icons()
    assert initials.getpixel((2, 2)) == parse(FOREST)
    assert WHITE in {colour for _, colour in initials.getcolors(100_000)}
    send(signed_in, picture())
    logo = icons()
    assert (logo.getpixel((2, 2)), logo.getpixel((256, 256))) == (WHITE, (200, 30, 30))
    old = signed_in.get("/brand/padaria/000000000000/icon-192.png")
    assert (old.status_code, old["Cache-Control"]) == (200, "no-cache")
    assert signed_in.get("/brand/padaria/000000000000/icon-193.png").status_code == 404
    assert signed_in.get("/brand/nobody/000000000000/icon-192.png").status_code == 404


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "l.svg", "no picture that we can"),
        (b"MZ, not a picture", "logo.png", "no picture that we can"),
        (picture()[:200], "logo.png", "no picture that we can"),
        (picture("GIF"), "logo.gif", "no picture that we can"),
        (bomb(), "logo.png", "no picture that we can"),
        (picture("PNG", (5200, 5000)), "logo.png", "too large"),
        (b"\x89PNG\r\n\x1a\n" + bytes(8 * 1024 * 1024), "logo.png", "too large"),
    ],
    ids=["svg", "program", "cut off", "gif", "bomb", "26 megapixels", "8 MiB and a bit"],
)
def test_what_is_no_good_picture_is_refused_and_the_old_one_stays(signed_in, bakery, data, name, said):
    send(signed_in, picture())
    before = addresses(signed_in.get(PAGE))
    answer = send(signed_in, data, name)
    assert answer.status_code == 200
    assert said in text(answer)
    assert addresses(signed_in.get(PAGE)) == before


def test_logo_and_colour_can_be_taken_back_and_the_trail_says_so(signed_in, bakery):
    from fiel.shops.models import Logo
    from fiel.trail.models import Act

    assert "six digits" in text(signed_in.post(PAGE, {"colour": "red; }"}))
    send(signed_in, picture())
    signed_in.post(PAGE, {"drop": "logo"})
    signed_in.post(PAGE, {"drop": "colour"})
    assert not any("logo.png" in each or "brand.css" in each for each in addresses(signed_in.get(PAGE)))
    assert not Logo.objects.filter(business=bakery.business).exists()
    acts = Act.objects.filter(business=bakery.business, what="business.brand_set").order_by("number")
    assert [set(act.after) for act in acts] == [{"logo"}, {"colour"}, {"logo"}, {"colour"}]


def test_where_several_businesses_are_at_home_the_sign_in_page_is_nobodys(client, bakery, open_shop):
    open_shop(slug="outra", email="outra@example.com", name="Outra")
    assert addresses(client.get("/sign-in/")) == set()
    assert "Padaria Sol" in text(client.get("/sign-in/?next=/office/padaria/members/"))
    client.force_login(bakery.owner)
    assert "Padaria Sol" in text(client.get("/account/"))


@pytest.mark.parametrize(
    "colour", ["#ffffff", "#000000", "#ffd400", "#e53935", "#0b5fb8", "#1b5e20", "#9e9e9e", "#ff69b4"]
)
def test_whatever_is_chosen_can_be_read(colour):
    for page in (LIGHT, DARK):
        shades = shades_on(page, parse(colour))
        assert all(contrast(shades.ink, each) >= 4.5 for each in page)
        assert all(contrast(shades.fill, each) >= 1.5 for each in page)
        assert contrast(shades.on_fill, shades.fill) >= 4.5
        assert contrast(shades.on_fill, shades.pressed) >= 4.5
        assert contrast(WHITE, shades.mark) >= 3
    assert contrast(WHITE, parse("#000000")) == pytest.approx(21)
