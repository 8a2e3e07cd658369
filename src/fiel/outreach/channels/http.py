"""Providers that take a message by HTTP: where they are and how they want it, from a setting's address.

    console:                            written where the server runs
    file:///folder                      a file for each message
    json+https://TOKEN@host/path        POST {"id", "channel", "to", "from", "text"}, `Authorization: Bearer TOKEN`,
                                        `Idempotency-Key`: the message's id, so that a repeat can be told
    twilio://SID:TOKEN@FROM             Twilio; FROM is a number (+…) or a messaging service (MG…)
    meta://TOKEN@PHONE_ID               WhatsApp's own Cloud API

The operator writes the address, not a business: it may lead inside the house.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlencode, urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from fiel.outreach.channels import console, file
from fiel.outreach.channels.channel import Failed, Outgoing, Passing

__all__ = ["hand_over", "tells_repeats"]

_TWILIO, _META = "https://api.twilio.com/2010-04-01/Accounts", "https://graph.facebook.com/v21.0"
_TIMEOUT = urllib3.Timeout(connect=5, read=15)
_LATER = frozenset({401, 403, 408, 409, 425, 429})  # ours to mend, or theirs: this message is not at fault
_BODY = 64 * 1024

_pool = urllib3.PoolManager(retries=False, timeout=_TIMEOUT)


@dataclass(frozen=True, slots=True)
class _Request:
    url: str
    headers: dict[str, str]
    body: bytes


def tells_repeats(setting: str) -> bool:
    """Whether the provider that a setting names can tell a message that comes twice."""
    return urlsplit(setting).scheme in ("file", "json+https", "json+http")


def hand_over(setting: str, channel: str, message: Outgoing) -> str:
    """Hand a message to the provider that a setting names; its reference. Raises Passing and Failed."""
    parts = urlsplit(setting)
    if parts.scheme == "console":
        return console.write(channel, message)
    if parts.scheme == "file":
        return file.write(Path(unquote(parts.path)), channel, message)
    make = {"twilio": _twilio, "meta": _meta}.get(parts.scheme, _json)
    return _post(make(parts, channel, message))


def _json(parts: SplitResult, channel: str, message: Outgoing) -> _Request:
    told = {
        "id": str(message.id),
        "channel": channel,
        "to": message.to,
        "from": message.sender,
        "text": message.words.body,
    }
    scheme = parts.scheme.removeprefix("json+")
    host = f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
    headers = {"Content-Type": "application/json", "Idempotency-Key": str(message.id)}
    if parts.username:
        headers["Authorization"] = f"Bearer {unquote(parts.username)}"
    return _Request(f"{scheme}://{host}{parts.path or '/'}", headers, json.dumps(told).encode())


def _twilio(parts: SplitResult, channel: str, message: Outgoing) -> _Request:
    account, token = unquote(parts.username or ""), unquote(parts.password or "")
    sender = unquote(parts.netloc.rpartition("@")[2])
    prefix = "whatsapp:" if channel == "whatsapp" else ""
    source = {"MessagingServiceSid": sender} if sender.startswith("MG") else {"From": prefix + sender}
    body = urlencode({"To": prefix + message.to, "Body": message.words.body, **source}).encode()
    headers = urllib3.make_headers(basic_auth=f"{account}:{token}")
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    return _Request(f"{_TWILIO}/{account}/Messages.json", dict(headers), body)


def _meta(parts: SplitResult, _: str, message: Outgoing) -> _Request:
    told = {
        "messaging_product": "whatsapp",
        "to": message.to.removeprefix("+"),
        "type": "text",
        "text": {"body": message.words.body},
    }
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {unquote(parts.username or '')}"}
    phone = parts.netloc.rpartition("@")[2]
    return _Request(f"{_META}/{phone}/messages", headers, json.dumps(told).encode())


def _post(request: _Request) -> str:
    try:
        answer = _pool.request(
            "POST", request.url, body=request.body, headers=request.headers, redirect=False, preload_content=False
        )
        content = answer.read(_BODY)
        answer.release_conn()
    except (HTTPError, OSError) as error:
        raise Passing(type(error).__name__) from error
    if 200 <= answer.status < 300:
        return _reference(content)
    if answer.status >= 500 or answer.status in _LATER:
        raise Passing(f"http_{answer.status}")
    raise Failed(f"refused_{answer.status}")


def _reference(content: bytes) -> str:
    """The provider's own number for it, wherever the known ones put that."""
    try:
        told = json.loads(content)
        first = told.get("sid") or told.get("id") or (told.get("messages") or [{}])[0].get("id")
    except (ValueError, AttributeError, IndexError, TypeError):
        return ""
    return str(first or "")[:200]
