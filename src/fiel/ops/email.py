"""How letters leave: from `FIEL_EMAIL_URL` to what Django needs to know."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import SplitResult, unquote, urlsplit

__all__ = ["Email", "parse_email_url"]

PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Email:
    """A way for letters, in Django's words."""

    backend: str
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = field(default="", repr=False)
    starttls: bool = False
    tls: bool = False
    folder: str = ""


def parse_email_url(text: str) -> Email:
    """Reads `console:`, `memory:`, `file:///folder`, or a mail server's `smtps://user:password@host`.

    Raises ValueError with what is wrong, worded to follow the setting's name.
    """
    parts = urlsplit(text)
    if parts.query or parts.fragment:
        raise ValueError("takes nothing after a ? or #.")
    if parts.scheme in PORTS:
        return _smtp(parts)
    if parts.scheme == "file" and not parts.netloc and len(parts.path) > 1:
        return Email(backend="django.core.mail.backends.filebased.EmailBackend", folder=unquote(parts.path))
    if text == "console:":
        return Email(backend="django.core.mail.backends.console.EmailBackend")
    if text == "memory:":
        return Email(backend="django.core.mail.backends.locmem.EmailBackend")
    raise ValueError(
        "must be console:, file:///folder, smtps://user:password@host, smtp+starttls://user:password@host "
        "or smtp://host."
    )


def _smtp(parts: SplitResult) -> Email:
    if not parts.hostname or parts.path.strip("/"):
        raise ValueError("must name a mail server: smtps://user:password@mail.example.com.")
    try:
        port = parts.port or PORTS[parts.scheme]
    except ValueError as error:
        raise ValueError("has a port that is no number from 1 to 65535.") from error
    if parts.password and parts.scheme == "smtp" and parts.hostname not in LOOPBACK:
        raise ValueError("would send its password in clear; write smtps:// or smtp+starttls://.")
    return Email(
        backend="django.core.mail.backends.smtp.EmailBackend",
        host=parts.hostname,
        port=port,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        starttls=parts.scheme == "smtp+starttls",
        tls=parts.scheme == "smtps",
    )
