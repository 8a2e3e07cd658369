"""What is logged, and how: one JSON object a line on stderr, with the request it belongs to, and nobody's data.

An error is told by its kind and the places it passed, not by its text: a database's complaint about a row quotes the
row, and that may be a phone number.
"""

from __future__ import annotations

import json
import logging
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from django.db import OperationalError

__all__ = ["JsonLines", "logging_settings", "request_id_in_hand", "server_level"]

# The request a thread is answering; empty outside of one.
request_id_in_hand: ContextVar[str] = ContextVar("request_id_in_hand", default="")


class JsonLines(logging.Formatter):
    """Turns a record into one line of JSON. `extra={"fields": {…}}` adds to it."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _message(record),
        }
        if request_id := request_id_in_hand.get() or _request_id(record):
            line["request_id"] = request_id
        line.update(getattr(record, "fields", {}))
        if record.exc_info and record.exc_info[1]:
            line["error"] = _told(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False, default=str)


def _request_id(record: logging.LogRecord) -> str:
    # Django speaks of some requests after they have left our hands.
    return str(getattr(getattr(record, "request", None), "META", {}).get("REQUEST_ID", ""))


def _message(record: logging.LogRecord) -> str:
    # Django's own lines about a request quote its path; the access line of the same request names the route instead.
    path = getattr(getattr(record, "request", None), "path", None)
    if path is not None and isinstance(record.args, tuple):
        return str(record.msg) % tuple("…" if arg == path else arg for arg in record.args)
    return record.getMessage()


def _told(error: BaseException) -> dict[str, Any]:
    told: dict[str, Any] = {
        "kind": type(error).__qualname__,
        "at": [f"{place.filename}:{place.lineno} {place.name}" for place in traceback.extract_tb(error.__traceback__)],
    }
    # These speak of the server, the disk or a lock, never of a row, and the operator needs their words.
    if isinstance(error, OperationalError | OSError):
        told["text"] = str(error).splitlines()[0] if str(error) else ""
    if error.__cause__ is not None:
        told["because"] = _told(error.__cause__)
    return told


def server_level(level: str) -> str:
    """What the server below Django tells of itself, where Fiel's own level is `level`."""
    return "DEBUG" if level == "DEBUG" else "ERROR"


def logging_settings(level: str) -> dict[str, Any]:
    """Django's `LOGGING`; Granian takes the same one, so that the server's own lines look alike."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "fiel.ops.logs.JsonLines"}},
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stderr"},
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": ["stderr"], "level": level, "propagate": False},
            "django.request": {"level": "ERROR"},  # what was refused stands in the access line
            "django.db.backends": {"level": "ERROR"},  # at DEBUG it would write every value of every query
            # Not its every start and stop, nor that it finds the threads many: they wait for the disk, not for a core.
            "_granian": {"handlers": ["stderr"], "level": server_level(level), "propagate": False},
        },
    }
