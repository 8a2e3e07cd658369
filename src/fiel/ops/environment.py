"""Every setting Fiel takes from the environment, in one table.

A setting comes from the real environment, else from a `.env` beside the data folder or in it, else from the table's
default. A value that cannot be right stops the start with a sentence that names it.
"""

from __future__ import annotations

import ipaddress
import os
import re
import secrets
import stat
import tempfile
from collections.abc import Callable, Mapping, MutableMapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote, urlsplit

from fiel.ops.databases import Database, parse_database_url
from fiel.ops.email import Email, parse_email_url
from fiel.ops.errors import CannotStart

__all__ = ["SETTINGS", "Environment", "Setting", "SettingError", "keep_secret_key", "load", "shown", "take_files"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Setting:
    """One line of the table. What is `secret` is never printed."""

    name: str
    default: str
    does: str
    secret: bool = False


SETTINGS = (
    Setting("FIEL_DATA", "./fiel-data", "The folder that keeps what Fiel stores outside the database."),
    Setting(
        "FIEL_DATABASE_URL",
        "",
        "The database: sqlite:////path/to/file or postgres://user:password@host:port/name (?host=/folder for a unix "
        "socket; host1:5432,host2:5432 where one takes the other's place). Left empty: the SQLite file fiel.sqlite3 in "
        "FIEL_DATA.",
        secret=True,
    ),
    Setting(
        "FIEL_DATABASE_OWNER_URL",
        "",
        "PostgreSQL, as the role that owns the tables, which only fiel migrate uses; FIEL_DATABASE_URL then names "
        "another role, that can neither change the tables nor, by row-level security, see two businesses at once. Left "
        "empty: one role does both, and that second wall is off.",
        secret=True,
    ),
    Setting(
        "FIEL_SECRET_KEY",
        "",
        "Signs sessions and links, at least 32 characters. Left empty: made on the first start and kept in the file "
        "secret-key in FIEL_DATA. Several machines need the same one.",
        secret=True,
    ),
    Setting("FIEL_PUBLIC_URL", "http://127.0.0.1:8000", "The address people reach Fiel at. Links in letters use it."),
    Setting(
        "FIEL_ALLOWED_HOSTS",
        "",
        "More host names requests may be addressed to, with commas between. The one of FIEL_PUBLIC_URL and this "
        "machine's own (localhost, 127.0.0.1, ::1) always may.",
    ),
    Setting(
        "FIEL_TRUST_PROXY",
        "127.0.0.1,::1",
        "Addresses or networks of the proxy in front of Fiel, with commas between. Only from these does Fiel believe "
        "X-Forwarded-For and X-Forwarded-Proto.",
    ),
    Setting(
        "FIEL_EMAIL_URL",
        "console:",
        "How letters leave: smtps://user:password@host, smtp+starttls://user:password@host, smtp://host, "
        "file:///folder, or console: to print them.",
        secret=True,
    ),
    Setting("FIEL_EMAIL_FROM", "", "The sender of letters. Left empty: no-reply at the host of FIEL_PUBLIC_URL."),
    Setting(
        "FIEL_SMS_URL",
        "",
        "Who takes text messages: json+https://TOKEN@host/path, twilio://SID:TOKEN@+15550001111, file:///folder or "
        "console:. Left empty: none are sent.",
        secret=True,
    ),
    Setting(
        "FIEL_WHATSAPP_URL",
        "",
        "Who takes WhatsApp messages: meta://TOKEN@PHONE_ID, or as for text messages. Left empty: none are sent.",
        secret=True,
    ),
    Setting(
        "FIEL_THREADS",
        "32",
        "How many requests one process answers at once. On PostgreSQL each may hold a connection, and four more "
        "record: processes × (threads + 4) must stay below the database's max_connections.",
    ),
    Setting(
        "FIEL_WEBHOOK_NETWORKS",
        "",
        "Addresses or networks inside the house, with commas between, that webhooks may reach although they are "
        "private, and over http too: 10.1.2.0/24 for an ERP, 127.0.0.1 to try it out.",
    ),
    Setting(
        "FIEL_SECOND_STEP",
        "required",
        "Whether everybody who signs in with a password sets up a second step, an app's code or a passkey: required or "
        "optional. The demo, which prints its passwords, runs with optional.",
    ),
    Setting("FIEL_SIGN_UP", "closed", "Whether a business can open itself on the first page: open or closed."),
    Setting(
        "FIEL_EXTRACT",
        "",
        "A folder into which all receipts are written each night as Parquet files, by business and month, for DuckDB, "
        "Spark or a warehouse. Needs pyarrow (pip install 'fiel[extract]'). Left empty: none is written.",
    ),
    Setting("FIEL_CARD_PREFIX", "29", "The digits the card numbers begin with that Fiel makes itself."),
    Setting("FIEL_LOG_LEVEL", "INFO", "The least that is logged: DEBUG, INFO, WARNING, ERROR."),
    Setting("FIEL_DEBUG", "no", "yes shows errors with their inner parts in the browser. For development alone."),
    Setting(
        "FIEL_CLOCK_FILE",
        "",
        "For tests alone: a file whose RFC 3339 time is taken as now, read anew each time. Refused where "
        "FIEL_PUBLIC_URL is https.",
    ),
)

NAMES = frozenset(setting.name for setting in SETTINGS)
DEFAULTS = {setting.name: setting.default for setting in SETTINGS}
KEY_FILE = "secret-key"


class SettingError(CannotStart):
    """A setting's value cannot be right. The message names the setting and says what to write."""


@dataclass(frozen=True, slots=True)
class Environment:
    """All settings, read and checked."""

    data: Path
    database: Database
    database_owner: Database | None
    secret_key: str = field(repr=False)
    public_url: str
    allowed_hosts: tuple[str, ...]
    trusted_proxies: tuple[str, ...]
    email: Email
    email_from: str
    sms_url: str = field(repr=False)
    whatsapp_url: str = field(repr=False)
    threads: int
    webhook_networks: tuple[str, ...]
    second_step: str
    sign_up: str
    extract: Path | None
    card_prefix: str
    log_level: str
    debug: bool

    @property
    def https(self) -> bool:
        """Whether people reach Fiel over TLS, so that cookies and redirects must insist on it."""
        return self.public_url.startswith("https:")


def load(environ: MutableMapping[str, str] = os.environ) -> Environment:
    """Reads every setting. What a `.env` says is put into `environ`, where the clock and child processes find it.

    Raises SettingError.
    """
    take_files(environ)
    public_url = _read(environ, "FIEL_PUBLIC_URL", _public_url)
    public_host = urlsplit(public_url).hostname or ""
    data = data_folder(environ)
    found = Environment(
        data=data,
        database=_read(environ, "FIEL_DATABASE_URL", lambda text: _database(text, data)),
        database_owner=_read(environ, "FIEL_DATABASE_OWNER_URL", _owner),
        secret_key=_read(environ, "FIEL_SECRET_KEY", lambda text: _secret_key(text, data)),
        public_url=public_url,
        allowed_hosts=(public_host, "localhost", "127.0.0.1", "[::1]", *_read(environ, "FIEL_ALLOWED_HOSTS", _hosts)),
        trusted_proxies=_read(environ, "FIEL_TRUST_PROXY", _networks),
        email=_read(environ, "FIEL_EMAIL_URL", parse_email_url),
        email_from=_read(environ, "FIEL_EMAIL_FROM", _sender) or f"no-reply@{public_host}",
        sms_url=_read(environ, "FIEL_SMS_URL", _provider),
        whatsapp_url=_read(environ, "FIEL_WHATSAPP_URL", _provider),
        threads=_read(environ, "FIEL_THREADS", _threads),
        webhook_networks=_read(environ, "FIEL_WEBHOOK_NETWORKS", _networks),
        second_step=_read(environ, "FIEL_SECOND_STEP", lambda text: _one_of(text, "required", "optional")),
        sign_up=_read(environ, "FIEL_SIGN_UP", lambda text: _one_of(text, "open", "closed")),
        extract=_read(environ, "FIEL_EXTRACT", lambda text: Path(text).expanduser().absolute() if text else None),
        card_prefix=_read(environ, "FIEL_CARD_PREFIX", _card_prefix),
        log_level=_read(environ, "FIEL_LOG_LEVEL", _log_level),
        debug=_read(environ, "FIEL_DEBUG", _yes_or_no),
    )
    _refuse_dangerous_together(environ, found)
    return found


def value_of(environ: Mapping[str, str], name: str) -> str:
    """The text of one setting. Set but empty means the default, as in a compose file that passes everything on."""
    return environ.get(name, "").strip() or DEFAULTS[name]


def shown(setting: Setting, value: str) -> str:
    """The value as it may be printed: a URL loses its password, any other secret is not told at all."""
    if not setting.secret or not value:
        return value
    if not setting.name.endswith("_URL"):
        return "(hidden)"
    try:
        parts = urlsplit(value)
    except ValueError:
        return "(hidden)"
    if parts.password:
        return value.replace(f":{parts.password}@", ":***@")
    # A token stands where a name would.
    return value.replace(f"//{parts.username}@", "//***@") if parts.scheme in _TOKENS and parts.username else value


def data_folder(environ: Mapping[str, str]) -> Path:
    """The folder of FIEL_DATA, by its whole path, so that every process means the same one."""
    return Path(value_of(environ, "FIEL_DATA")).expanduser().absolute()


def keep_secret_key(environ: MutableMapping[str, str] = os.environ) -> None:
    """Makes the data folder and, once, the secret key in it. Called before Django is set up to serve or work.

    Raises CannotStart where the folder cannot be made or written to.
    """
    take_files(environ)
    data = data_folder(environ)
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not value_of(environ, "FIEL_SECRET_KEY") and not (data / KEY_FILE).exists():
            _write_once(data / KEY_FILE, secrets.token_urlsafe(48))
    except OSError as error:
        raise CannotStart(
            f"FIEL_DATA is {data}, where Fiel cannot write ({error.strerror}). Name a folder that belongs to the user "
            "who starts Fiel."
        ) from error


def _write_once(path: Path, text: str) -> None:
    # Two processes may start together: whoever links first wins, and nobody ever reads half a key.
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # mkstemp gives mode 600
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(f"{text}\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        os.unlink(draft)


# The `.env` files


def take_files(environ: MutableMapping[str, str]) -> None:
    """Fills in what the `.env` beside the data folder says, then the one inside it. What is set already stays."""
    _take(data_folder(environ).parent / ".env", environ)
    _take(data_folder(environ) / ".env", environ)


def _take(path: Path, environ: MutableMapping[str, str]) -> None:
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return
    except (OSError, ValueError) as error:
        raise SettingError(f"{path} cannot be read: {error}.") from error
    if path.parent.stat().st_mode & stat.S_IWOTH:
        # Anybody could have laid it there, say in /tmp, and sent the sales to a database of their own.
        raise SettingError(f"{path} is not believed, because everybody may write to the folder it is in. Move it.")
    for number, line in enumerate(text.splitlines(), start=1):
        named = _name_and_value(line, f"{path}, line {number}")
        if named and named[0].startswith("FIEL_"):
            environ.setdefault(*named)


def _name_and_value(line: str, where: str) -> tuple[str, str] | None:
    line = line.strip().removeprefix("export ").strip()
    if not line or line.startswith("#"):
        return None
    name, equals, value = (part.strip() for part in line.partition("="))
    if not equals or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        raise SettingError(f"{where}: this is not NAME=value.")
    if name.startswith("FIEL_") and name not in NAMES:
        raise SettingError(f"{where}: {name} is no setting of Fiel; `fiel settings` lists them.")
    quoted = re.fullmatch(r"""(["'])(.*)\1""", value)
    return name, quoted[2] if quoted else value


# What each value means. A ValueError's text follows the setting's name in the sentence that is told.


def _read(environ: Mapping[str, str], name: str, parse: Callable[[str], T]) -> T:
    try:
        return parse(value_of(environ, name))
    except ValueError as error:
        raise SettingError(f"{name} {error}") from error


def _database(text: str, data: Path) -> Database:
    return parse_database_url(text or f"sqlite:///{quote(str(data / 'fiel.sqlite3'))}")


def _owner(text: str) -> Database | None:
    return parse_database_url(text) if text else None


def _secret_key(text: str, data: Path) -> str:
    if not text:
        path = data / KEY_FILE
        try:
            text = path.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            return ""  # not started yet: `keep_secret_key` makes it before anything is signed
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError(f"cannot be read from {path}: {error}.") from error
    if len(text) < 32:
        raise ValueError("must have at least 32 characters; leave it empty and Fiel makes one.")
    return text


def _public_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be an address like https://points.example.com.")
    if parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError("must end after the host or port: https://points.example.com.")
    if parts.port == 0:
        raise ValueError("has port 0, which nobody can reach.")
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _listed(text: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in text.split(",") if item.strip())


def _hosts(text: str) -> tuple[str, ...]:
    hosts = _listed(text.lower())
    for host in hosts:
        if not re.fullmatch(r"\*|\.?[a-z0-9-]+(\.[a-z0-9-]+)*|\[[0-9a-f:.]+\]", host):
            raise ValueError(f"has {host!r}, which is no host name; leave out https:// and the port.")
    return hosts


def _networks(text: str) -> tuple[str, ...]:
    networks = _listed(text)
    for network in networks:
        try:
            ipaddress.ip_network(network)
        except ValueError as error:
            raise ValueError(f"has {network!r}, which is no address or network like 10.0.0.0/8.") from error
    return networks


def _provider(text: str) -> str:
    """Who takes messages to phones; how each is spoken to stands in `outreach/channels/http.py`."""
    parts = urlsplit(text)
    needs_host = parts.scheme not in ("console", "file")
    if text and (parts.scheme not in _PROVIDERS or (needs_host and not parts.netloc.rpartition("@")[2])):
        raise ValueError("must be console:, file:///folder, json+https://TOKEN@host/path, twilio:// or meta://.")
    return text


_TOKENS = frozenset({"json+https", "json+http", "meta"})
_PROVIDERS = frozenset({"console", "file", "json+https", "json+http", "twilio", "meta"})


def _sender(text: str) -> str:
    if text and ("@" not in text or "\n" in text):
        raise ValueError("must be an e-mail address, or a name with one: Padaria Sol <ola@example.com>.")
    return text


def _threads(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,2}", text):
        raise ValueError("must be a whole number from 1 to 999.")
    return int(text)


def _card_prefix(text: str) -> str:
    # EAN-13 numbers that begin with 2 are kept for a shop's own use; the rest of the 13 digits is needed to count.
    if not re.fullmatch(r"2[0-9]{0,5}", text):
        raise ValueError("must begin with 2 and have at most 6 digits.")
    return text


def _log_level(text: str) -> str:
    if text.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise ValueError("must be DEBUG, INFO, WARNING or ERROR.")
    return text.upper()


def _one_of(text: str, *words: str) -> str:
    if text.lower() not in words:
        raise ValueError(f"must be one of: {', '.join(words)}.")
    return text.lower()


def _yes_or_no(text: str) -> bool:
    if text.lower() in ("yes", "true", "on", "1"):
        return True
    if text.lower() in ("no", "false", "off", "0"):
        return False
    raise ValueError("must be yes or no.")


def _refuse_dangerous_together(environ: Mapping[str, str], found: Environment) -> None:
    if found.database_owner is not None:
        _refuse_no_second_role(found.database, found.database_owner)
    if not found.https:
        return
    if value_of(environ, "FIEL_CLOCK_FILE"):
        raise SettingError("FIEL_CLOCK_FILE is for tests: unset it where FIEL_PUBLIC_URL is https.")
    if found.debug:
        raise SettingError("FIEL_DEBUG shows inner parts to everybody: unset it where FIEL_PUBLIC_URL is https.")


def _refuse_no_second_role(app: Database, owner: Database) -> None:
    if (app.kind, owner.kind) != ("postgresql", "postgresql") or app.name != owner.name:
        raise SettingError("FIEL_DATABASE_OWNER_URL must name the same PostgreSQL database as FIEL_DATABASE_URL.")
    if not app.user or app.user == owner.user:
        raise SettingError("FIEL_DATABASE_URL must name a role of its own where FIEL_DATABASE_OWNER_URL is set.")
