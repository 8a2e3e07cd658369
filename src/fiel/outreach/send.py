"""Sending one request to a checked address: no redirects, bounded in time and size."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from time import monotonic

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.util import Timeout
from urllib3.util.ssl_match_hostname import CertificateError

from fiel.outreach.addresses import Forbidden, Target, Unknown, resolve

__all__ = ["Answer", "Sender"]

_CONNECT_S, _READ_S, _WHOLE_S = 5, 10, 15
_MOST_ANSWER = 64 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status, or None and what broke. `retry_after_s`: how long they ask to be left alone."""

    status: int | None
    error: str
    duration_ms: int
    retry_after_s: int = 0

    @property
    def taken(self) -> bool:
        """Whether the event was taken: only 2xx says so; a redirect leads nowhere."""
        return self.status is not None and 200 <= self.status < 300


class Sender:
    """Sends to one address, over one connection as long as it holds. The name is looked up for each connection."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._target: Target | None = None
        self._connection: HTTPConnection | None = None

    def post(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        """POST a body; never raises: what goes wrong is part of the answer."""
        begun = monotonic()
        try:
            status, retry_after_s = self._post(body, headers)
        except Forbidden:
            answer = Answer(None, "forbidden_address", _since(begun))
        except Unknown:
            answer = Answer(None, "unknown_name", _since(begun))
        except ssl.SSLError:
            answer = Answer(None, "tls", _since(begun))
        except (HTTPError, HTTPException, OSError, ValueError) as error:
            answer = Answer(None, _kind(error, late=monotonic() - begun >= _WHOLE_S), _since(begun))
        else:
            return Answer(status, "", _since(begun), retry_after_s)
        self.close()
        return answer

    def close(self) -> None:
        """Let the connection go."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _post(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, int]:
        connection, target = self._connected()
        with _ended_after(connection, _WHOLE_S):
            connection.request(
                "POST",
                target.path,
                body=body,
                headers={**headers, "Host": target.host_header, "User-Agent": "Fiel"},
                preload_content=False,
            )
            response = connection.getresponse()
            rest = response.read(_MOST_ANSWER)
        asked = response.headers.get("Retry-After", "")
        if len(rest) == _MOST_ANSWER or response.headers.get("Connection", "").lower() == "close":
            self.close()
        return response.status, int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 0

    def _connected(self) -> tuple[HTTPConnection, Target]:
        if self._connection is not None and self._target is not None and self._connection.is_connected:
            return self._connection, self._target
        self.close()
        target = resolve(self.url)
        wait = Timeout(connect=_CONNECT_S, read=_READ_S)
        if target.https:
            connection: HTTPConnection = HTTPSConnection(
                target.address,
                target.port,
                timeout=wait.connect_timeout,
                cert_reqs="CERT_REQUIRED",
                server_hostname=target.host,
                assert_hostname=target.host,
            )
        else:
            connection = HTTPConnection(target.address, target.port, timeout=wait.connect_timeout)
        connection.connect()
        connection.timeout = _READ_S
        if connection.sock is not None:
            connection.sock.settimeout(_READ_S)
        self._connection, self._target = connection, target
        return connection, target


class _ended_after:  # noqa: N801 - it reads as a statement
    """Cuts a connection that takes longer than so many seconds: each read alone may be quick, and there be many."""

    def __init__(self, connection: HTTPConnection, seconds: int) -> None:
        # A second handle of the same connection, so that the one in use is not closed under its reader.
        self._handle = socket.socket(fileno=socket.dup(connection.sock.fileno())) if connection.sock else None
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        if self._handle is not None:
            self._handle.close()

    def _cut(self) -> None:
        if self._handle is not None:
            try:
                self._handle.shutdown(socket.SHUT_RDWR)
            except OSError:
                return  # it has ended by itself


def _kind(error: Exception, *, late: bool) -> str:
    if late or isinstance(error, TimeoutError) or "Timeout" in type(error).__name__:
        return "too_slow"
    if isinstance(error, CertificateError) or "SSL" in type(error).__name__:
        return "tls"
    return "no_connection"


def _since(begun: float) -> int:
    return round((monotonic() - begun) * 1000)
