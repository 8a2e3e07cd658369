"""The card in a phone's wallet, where the shop has certificates; here it has made its own."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from datetime import timedelta

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.bindings._rust import test_support
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs7
from cryptography.x509.oid import NameOID
from PIL import Image

from fiel.members.cards import give_card
from tests.portal.conftest import text


@pytest.fixture
def key():
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture
def folder(tmp_path, settings):
    """Where the bakery puts down its certificates."""
    settings.DATA_FOLDER = tmp_path
    folder = tmp_path / "wallet" / "padaria"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def number(ana, bakery):
    return give_card(bakery.business, ana.id, None, now=bakery.clock.now)[0].number


def pem(key):
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def signed_by_itself(key, now):
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.USER_ID, "pass.example.padaria"),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "TEAM123456"),
            x509.NameAttribute(NameOID.COMMON_NAME, "Padaria Sol"),
        ]
    )
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(7).not_valid_before(now - timedelta(1)).not_valid_after(now + timedelta(365))
    return made.sign(key, hashes.SHA256())


def test_apple_gets_a_pass_that_the_shop_has_signed(ana_at, ana, bakery, folder, key, number, clock):
    assert "Wallet" not in text(ana_at.get("card/"))
    assert ana_at.get("card/apple/").status_code == 404
    certificate = signed_by_itself(key, clock.now)
    (folder / "apple.pem").write_bytes(pem(key) + certificate.public_bytes(Encoding.PEM))
    assert "Add to Apple Wallet" in text(ana_at.get("card/"))
    answer = ana_at.get("card/apple/")
    assert answer["Content-Type"] == "application/vnd.apple.pkpass"
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    files = {name: archive.read(name) for name in archive.namelist()}
    listed = json.loads(files["manifest.json"])
    assert listed == {
        name: hashlib.sha1(content).hexdigest()
        for name, content in files.items()
        if name not in ("manifest.json", "signature")
    }
    assert pkcs7.load_der_pkcs7_certificates(files["signature"]) == [certificate]
    test_support.pkcs7_verify(Encoding.DER, files["signature"], files["manifest.json"], [certificate], [])
    told = json.loads(files["pass.json"])
    assert (told["passTypeIdentifier"], told["teamIdentifier"]) == ("pass.example.padaria", "TEAM123456")
    assert (told["organizationName"], told["serialNumber"]) == ("Padaria Sol", str(ana.id))
    assert told["barcodes"][0]["message"] == number
    assert told["storeCard"]["secondaryFields"][0]["value"] == "Ana S."
    assert Image.open(io.BytesIO(files["icon@2x.png"])).size == (58, 58)


def test_google_gets_a_link_that_the_shop_has_signed(ana_at, ana, folder, key, number, settings):
    said = {"issuer_id": "3388", "client_email": "wallet@padaria.example", "private_key": pem(key).decode()}
    (folder / "google.json").write_text(json.dumps(said))
    assert "Add to Google Wallet" in text(ana_at.get("card/"))
    to = ana_at.get("card/google/")["Location"]
    assert to.startswith("https://pay.google.com/gp/v/save/")
    told = jwt.decode(to.rsplit("/", 1)[1], key.public_key(), algorithms=["RS256"], audience="google")
    assert (told["iss"], told["typ"]) == ("wallet@padaria.example", "savetowallet")
    [programme], [card] = told["payload"]["loyaltyClasses"], told["payload"]["loyaltyObjects"]
    assert (programme["id"], card["classId"], programme["issuerName"]) == (
        "3388.padaria",
        "3388.padaria",
        "Padaria Sol",
    )
    assert (card["id"], card["barcode"]["value"]) == (f"3388.padaria-{ana.id}", number)
    assert programme["programLogo"]["sourceUri"]["uri"].startswith(settings.PUBLIC_URL + "/brand/padaria/")


def test_broken_files_and_cards_that_turn_offer_nothing(ana_at, bakery, folder, key, number):
    (folder / "apple.pem").write_text("no certificate")
    (folder / "google.json").write_text("{}")
    assert "Wallet" not in text(ana_at.get("card/"))
    (folder / "apple.pem").write_bytes(pem(key) + signed_by_itself(key, bakery.clock.now).public_bytes(Encoding.PEM))
    bakery.business.turning_card = True
    bakery.business.save()
    assert "Wallet" not in text(ana_at.get("card/"))
    assert ana_at.get("card/apple/").status_code == 404
