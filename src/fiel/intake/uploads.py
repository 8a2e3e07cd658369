"""Files that somebody sent to the office: kept in pieces until they are brought in, on whatever machine that is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext

from fiel import clock
from fiel.core.refusals import Fault, Refused
from fiel.intake.models import Import, ImportPiece
from fiel.shops.models import Business, Person
from fiel.tables.ids import new_id
from fiel.trail.note import note

__all__ = ["MOST_BYTES", "PIECE", "drop_import", "files_of", "forget_pieces", "import_by_id", "keep_upload"]

MOST_BYTES = 64 * 1024 * 1024
PIECE = 1024 * 1024
_LONGEST_NAME = 150


def keep_upload(
    business: Business,
    files: Iterable[tuple[str, int, Iterable[bytes]]],
    *,
    history: bool = False,
    by_first_version: bool = False,
    person: Person,
) -> Import:
    """Keep files, each with its name, its size in bytes and its content in pieces. Raises `invalid`, `too_large`."""
    sent = list(files)
    if not sent:
        raise Refused("invalid", gettext("Choose a file first."), [Fault("/files", "choose one")])
    if sum(size for _, size, _ in sent) > MOST_BYTES:
        detail = gettext("At most 64 MB can be sent at once. Pack the files into a ZIP, or send them in parts.")
        raise Refused("too_large", detail, [Fault("/files", "send less at once")])
    now = clock.now()
    with transaction.atomic():
        kept = Import.objects.create(
            business=business,
            id=new_id(),
            files=[(name[-_LONGEST_NAME:], size) for name, size, _ in sent],
            history=history,
            by_first_version=by_first_version,
            person_id=person.pk,
            made_at=now,
        )
        for file, (_, _, pieces) in enumerate(sent):
            for number, content in enumerate(pieces):
                ImportPiece.objects.create(
                    business=business, import_id=kept.id, file=file, number=number, content=content
                )
        note(business.id, "import.sent", about=kept.id, after={"files": [name for name, _ in kept.files]}, now=now)
    return kept


@contextmanager
def files_of(kept: Import) -> Iterator[list[tuple[Path, str]]]:
    """The files of an import in a folder that goes away, each with the name that it was sent with."""
    with TemporaryDirectory(prefix="fiel-import-") as folder:
        yield [(_written(kept, number, Path(folder)), name) for number, (name, _) in enumerate(kept.files)]


def _written(kept: Import, number: int, folder: Path) -> Path:
    path = folder / f"upload-{number:05}"
    pieces = ImportPiece.objects.filter(business_id=kept.business_id, import_id=kept.id, file=number)
    with path.open("wb") as file:
        for (content,) in pieces.order_by("number").values_list("content").iterator(chunk_size=8):
            file.write(content)
    return path


def import_by_id(business: Business, id_: UUID) -> Import | None:
    """One of the business's imports."""
    return Import.objects.filter(business=business, id=id_).first()


def drop_import(kept: Import, *, now: datetime) -> None:
    """Drop files that nobody has begun to bring in."""
    with transaction.atomic():
        ours = Import.objects.filter(business_id=kept.business_id, id=kept.id, job_id=None)
        if not ours.select_for_update(no_key=True).exists():
            return
        forget_pieces(kept)
        ours.delete()
        note(kept.business_id, "import.dropped", about=kept.id, now=now)


def forget_pieces(kept: Import) -> None:
    """What the files held is needed no more."""
    ImportPiece.objects.filter(business_id=kept.business_id, import_id=kept.id).delete()
