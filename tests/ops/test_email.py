"""FIEL_EMAIL_URL: how letters leave."""

from __future__ import annotations

import pytest

from fiel.ops.email import parse_email_url


@pytest.mark.parametrize(
    ("url", "host", "port", "starttls", "tls"),
    [
        ("smtps://ana:p%40ss@mail.example.com", "mail.example.com", 465, False, True),
        ("smtp+starttls://ana:p%40ss@mail.example.com", "mail.example.com", 587, True, False),
        ("smtp://ana:p%40ss@localhost:2525", "localhost", 2525, False, False),
    ],
)
def test_a_url_names_a_mail_server(url, host, port, starttls, tls):
    email = parse_email_url(url)
    assert (email.host, email.port, email.starttls, email.tls) == (host, port, starttls, tls)
    assert (email.user, email.password) == ("ana", "p@ss")
    assert "p@ss" not in repr(email)


def test_letters_can_be_laid_into_a_folder():
    assert parse_email_url("file:///srv/my%20letters").folder == "/srv/my letters"


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("smtp://ana:secret@mail.example.com", "in clear"),
        ("smtps://", "must name a mail server"),
        ("smtps://mail.example.com:many", "a port that is no number"),
        ("smtps://mail.example.com?tls=no", "nothing after"),
        ("file://letters", "must be console:"),
        ("mail.example.com", "must be console:"),
    ],
)
def test_a_url_that_cannot_be_right_is_refused_with_a_sentence(url, told):
    with pytest.raises(ValueError, match=told):
        parse_email_url(url)
