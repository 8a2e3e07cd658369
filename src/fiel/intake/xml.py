"""Reading XML from strangers: no DTD, no entities, no network, bounded in size and depth; figures without floats."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from lxml import etree

from fiel.intake.rows import Item, Unreadable

__all__ = [
    "Wrong",
    "careful",
    "first",
    "local",
    "minor",
    "moment",
    "no",
    "of_a_receipt",
    "parse",
    "root_of",
    "scaled",
    "stream",
    "text_of",
    "texts",
]

# One receipt: the authority takes 500 kB; a signature or a stranger's wrapper is allowed for.
MOST_BYTES = 8 * 1024 * 1024
_HEAD = 64 * 1024
_FIRST = 1024  # the first element nearly always ends within
_CHUNK = 256 * 1024
_MOST_ELEMENT = 16 * 1024 * 1024
_DTD = "the file has a DTD, which no receipt has; it was not read"
_SAFE: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,  # at most 256 levels, and 10 MB for one text
    "remove_comments": True,
    "remove_pis": True,
}
_DECIMAL = re.compile(r"(-?)([0-9]{1,12})(?:\.([0-9]{0,10}))?", re.ASCII)
_FIRST_YEAR, _LAST_YEAR = 1970, 2999


class Wrong(Exception):
    """What cannot be read: the element, and a sentence."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(reason)
        self.place = place
        self.reason = reason


def parse(path: Path, *, most: int = MOST_BYTES) -> Any:
    """The root of a small document. Raises `Wrong`."""
    size = path.stat().st_size
    if size > most:
        raise Wrong("", f"the file has {size // 1024**2:,} MB; one receipt has at most {most // 1024**2} MB")
    try:
        root: Any = etree.fromstring(path.read_bytes(), etree.XMLParser(**_SAFE))
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        raise Wrong("", f"the file is no whole XML: {error}") from None
    if root.getroottree().docinfo.doctype:
        raise Wrong("", _DTD)
    return root


def root_of(path: Path) -> str | None:
    """The name of the first element, "{namespace}name"; None where there is none. Reads the beginning alone."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if b"<" not in head[:_FIRST].replace(b"\0", b""):
        return None
    reader: Any = etree.XMLPullParser(events=("start",), **_SAFE)
    for start in range(0, len(head), _FIRST):
        with suppress(etree.XMLSyntaxError):  # what came before a fault counts
            reader.feed(head[start : start + _FIRST])
        for _, element in reader.read_events():
            return str(element.tag)
    return None


def stream(path: Path, records: Mapping[str, str], namespace: str) -> Iterator[Any]:
    """Records as they end, each forgotten once the next is asked for; `records`: the name of each, and of its parent.

    Memory stays flat whatever the file's size: nothing before a record is kept, and no record may be large. Raises
    `Wrong` where the file breaks off, after what came before.
    """
    tags = {f"{{{namespace}}}{name}": f"{{{namespace}}}{parent}" for name, parent in records.items()}
    reader: Any = etree.XMLPullParser(events=("end",), tag=list(tags), **_SAFE)
    since = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            since += len(chunk)
            fault = _fed(reader, chunk)
            for _, element in reader.read_events():
                parent = element.getparent()
                if parent is None or parent.tag != tags[element.tag]:
                    continue  # a part of a record that is called the same
                since = 0
                if element.getroottree().docinfo.doctype:
                    raise Wrong("", _DTD)
                yield element
                _forget(element)
            if fault:
                raise fault
            if since > _MOST_ELEMENT:
                raise Wrong("", f"{since // 1024**2} MB without a record that this format has; it was not read on")
    fault = _fed(reader, b"")
    if fault:
        raise fault


def _fed(reader: Any, chunk: bytes) -> Wrong | None:
    try:
        if chunk:
            reader.feed(chunk)
        else:
            reader.close()
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        return Wrong("", f"the file ends or breaks off here: {error}")
    return None


def _forget(element: Any) -> None:
    element.clear(keep_tail=False)
    parent = element.getparent()
    while parent is not None and (before := element.getprevious()) is not None:
        parent.remove(before)


def careful(read: Callable[[Any], Item], element: Any) -> Item:
    """What was read of an element, or why it cannot be."""
    try:
        return read(element)
    except Wrong as wrong:
        return Unreadable(wrong.place, wrong.reason)


def no(sentence: str) -> Unreadable:
    """A document that is well-formed and yet is not taken: why."""
    return Unreadable("", sentence, "invalid")


def local(element: Any) -> str:
    """An element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def first(element: Any, name: str) -> Any:
    """The first element of this name within, however deep, whatever its namespace; None."""
    return next(element.iter(f"{{*}}{name}"), None)


def texts(element: Any) -> dict[str, str]:
    """The texts of an element's children, by their names, without spaces around them."""
    return {child.tag[child.tag.rfind("}") + 1 :]: (child.text or "").strip() for child in element}


def text_of(element: Any, *path: str) -> str:
    """The text at a path of names below an element, without spaces around it; empty where there is none."""
    for name in path:
        if element is None:
            return ""
        element = element.find(f"{{*}}{name}")
    return "" if element is None else (element.text or "").strip()


def scaled(text: str, places: int, name: str) -> int:
    """A decimal as a whole number of its 10^-places, halves up; empty is 0. Raises `Wrong`."""
    if not text:
        return 0
    match = _DECIMAL.fullmatch(text.strip())
    if match is None:
        raise Wrong(name, f"{text[:40]!r} is no number")
    sign, whole, part = match.groups(default="")
    digits = part[:places].ljust(places, "0")
    number = int(whole + digits) + (1 if part[places : places + 1] >= "5" else 0)
    return -number if sign else number


def minor(text: str, name: str) -> int:
    """Money as it stands in fiscal files, in minor units. Raises `Wrong`."""
    return scaled(text, 2, name)


def moment(text: str, name: str) -> datetime:
    """A time; with its offset where the file says it. Raises `Wrong`."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Wrong(name, f"{text[:40]!r} is no time") from None
    return of_a_receipt(at, name)


def of_a_receipt(at: datetime, name: str) -> datetime:
    """The time, where a receipt can be of it. Raises `Wrong`."""
    if not _FIRST_YEAR < at.year < _LAST_YEAR:
        raise Wrong(name, f"there were no receipts in the year {at.year}")
    return at
