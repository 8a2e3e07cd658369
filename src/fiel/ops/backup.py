"""Saving everything into one file while the house is open, and bringing it back.

The secret key is not in the file: with it, who finds a backup could read the codes of vouchers and second steps. What
tells it from another key is, so that nobody brings back a house whose vouchers no key opens. See
docs/decisions/0024-a-backup-without-the-key.md.
"""

from __future__ import annotations

import importlib.metadata
import os
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from fiel.ledger.digest import digest_of
from fiel.ops.audit import Report, audit, audit_database
from fiel.ops.dumps import copy_in, copy_out, let_go
from fiel.ops.errors import CannotStart
from fiel.ops.migrate import greet, migrate
from fiel.ops.saved import DATABASE, FOLDER, Manifest, Saved, opened, written
from fiel.privacy.erase import FILE as ERASURES
from fiel.privacy.erase import Gone, read_record, repeat
from fiel.privacy.leave import RECORD as DELETED
from fiel.shops.models import Business
from fiel.tables.sealed import keyed_hash
from fiel.tables.spans import snapshot

__all__ = ["Restored", "backup", "restore"]

KEPT = (ERASURES, DELETED, "wallet")
"""What a backup takes of the data folder: files, and folders with all that is in them."""

Step = Callable[[str, int, int], None]
"""Told what is being done, and how much of how much of it is: bytes, pages, businesses; of 0 where nobody knows."""


@dataclass(slots=True)
class Restored:
    """What came of bringing a backup back. `differ`: the businesses whose books are not those that were saved."""

    manifest: Manifest
    differ: list[str] = field(default_factory=list)
    erased_again: list[Gone] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether everything is as it was saved, and everything in it holds."""
        return not self.differ and not self.problems and all(report.holds for report in self.reports)


# Saving


def backup(path: Path, *, now: datetime, step: Step) -> Manifest:
    """Save everything into a new file. Raises CannotStart."""
    if path.exists():
        raise CannotStart(f"{path} is there already. Name another file; a backup never replaces one.")
    if not path.parent.is_dir():
        raise CannotStart(f"There is no folder {path.parent}.")
    greet()
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".fiel-backup-") as folder, snapshot():
            manifest, copy = _manifest(now, step), Path(folder) / DATABASE
            copy_out(copy, progress=lambda done, of: step("copying", done, of))
            with written(path, manifest) as saved:
                saved.put(DATABASE, copy, progress=_counted("packing", copy.stat().st_size, step))
                for file in _kept(Path(settings.DATA_FOLDER)):
                    saved.put(f"{FOLDER}{file.relative_to(settings.DATA_FOLDER)}", file)
    except OSError as error:
        raise CannotStart(f"The backup could not be written to {path}: {error.strerror or error}.") from error
    return manifest


def _manifest(now: datetime, step: Step) -> Manifest:
    executor = MigrationExecutor(connection)
    current = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    businesses = list(Business.objects.order_by("slug")) if current else []
    digests = {}
    for place, business in enumerate(businesses):
        step("adding up the books", place, len(businesses))
        digests[business.slug] = digest_of(business.id)
    return Manifest(
        version=importlib.metadata.version("fiel"),
        made_at=now.astimezone(UTC).isoformat(timespec="seconds"),
        engine=connection.vendor,
        key=_key_told(),
        migrations=tuple(sorted(f"{app}.{name}" for app, name in executor.loader.applied_migrations)),
        digests=digests,
    )


def _key_told() -> str:
    return keyed_hash("backup", purpose=b"which secret key")[:16]


def _kept(folder: Path) -> list[Path]:
    found = (folder / name for name in KEPT)
    return [file for each in found for file in (sorted(each.rglob("*")) if each.is_dir() else [each]) if file.is_file()]


def _counted(what: str, of: int, step: Step) -> Callable[[int], None]:
    done = 0

    def more(size: int) -> None:
        nonlocal done
        done += size
        step(what, done, of)

    return more


# Bringing back


def restore(path: Path, *, now: datetime, replace: bool, any_key: bool, step: Step) -> Restored:
    """Put what was saved in the place of what is there, bring it up to date, erase again who left, and audit it.

    `replace`: although there are businesses already. `any_key`: although the secret key is another one. Raises
    CannotStart, with everything as it was, where the file or the place is not fit for it.
    """
    with opened(path) as saved:
        _require_fit(saved, replace=replace, any_key=any_key)
        size = sum(said["size"] for said in saved.manifest.files.values())
        saved.prove(progress=_counted("reading", size, step))
        data = Path(settings.DATA_FOLDER)
        gone = _bring_back_records(saved, data)
        with tempfile.TemporaryDirectory(dir=data, prefix=".fiel-restore-") as folder:
            copy = Path(folder) / DATABASE
            saved.take(DATABASE, copy)
            step("bringing back", 0, 0)
            copy_in(copy)
        _bring_back_files(saved, data)
    step("bringing up to date", 0, 0)
    migrate()
    return _proved(saved.manifest, gone, now=now, step=step)


def _require_fit(saved: Saved, *, replace: bool, any_key: bool) -> None:
    manifest = saved.manifest
    if manifest.engine != connection.vendor:
        raise CannotStart(
            f"{saved.path} is of {manifest.engine}, and this database is {connection.vendor}: set FIEL_DATABASE_URL to "
            "one of the same kind."
        )
    greet()
    loader = MigrationExecutor(connection).loader
    known = {f"{app}.{name}" for app, name in loader.disk_migrations or ()} | {
        f"{app}.{name}" for app, name in loader.replacements
    }
    newer = sorted(set(manifest.migrations) - known)
    if newer:
        raise CannotStart(
            f"{saved.path} was made by a newer Fiel ({manifest.version}; it has {newer[0]}): restore it with that one."
        )
    if manifest.key != _key_told() and not any_key:
        raise CannotStart(
            f"{saved.path} was made with another secret key; with this one nobody's voucher, second step or signed "
            "address would be known again. Put the old key into the file secret-key in FIEL_DATA, or into "
            "FIEL_SECRET_KEY. If it is lost: fiel restore --any-key."
        )
    if not replace and _is_there("shops_business") and Business.objects.exists():
        raise CannotStart(
            "There are businesses here already. With --replace everything that is here now is lost: fiel backup it "
            "first."
        )


def _is_there(table: str) -> bool:
    with connection.cursor() as cursor:
        return table in connection.introspection.table_names(cursor)


def _bring_back_records(saved: Saved, data: Path) -> list[Gone]:
    """Add what the saved records say to those that are here; all erasures there are."""
    for name in (ERASURES, DELETED):
        here = data / name
        lines = here.read_text(encoding="utf-8").splitlines() if here.exists() else []
        more = [line for line in saved.text(f"{FOLDER}{name}").splitlines() if line not in set(lines)]
        if more:
            _replace_text(here, "".join(f"{line}\n" for line in (*more, *lines)))
    record = data / ERASURES
    return read_record(record) if record.exists() else []


def _replace_text(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}.part")
    with draft.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _bring_back_files(saved: Saved, data: Path) -> None:
    for name in saved.manifest.files:
        relative = Path(name.removeprefix(FOLDER))
        if name == DATABASE or name in (f"{FOLDER}{ERASURES}", f"{FOLDER}{DELETED}"):
            continue
        if relative.is_absolute() or ".." in relative.parts or relative.parts[0] not in KEPT:
            raise CannotStart(f"{saved.path} has a file {name}, which no backup of Fiel has.")
        (data / relative).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        saved.take(name, data / relative)


def _proved(manifest: Manifest, gone: Iterable[Gone], *, now: datetime, step: Step) -> Restored:
    restored = Restored(manifest)
    businesses = {business.slug: business for business in Business.objects.order_by("slug")}
    for place, (slug, digest) in enumerate(manifest.digests.items()):
        step("adding up the books", place, len(manifest.digests))
        with snapshot():
            if slug not in businesses or digest_of(businesses[slug].id) != digest:
                restored.differ.append(slug)
    step("erasing again", 0, 0)
    restored.erased_again = repeat(gone, now=now, by="fiel restore")
    restored.problems = [f"{finding.where}: {finding.detail}" for finding in audit_database()]
    for place, business in enumerate(businesses.values()):
        step("auditing", place, len(businesses))
        restored.reports.append(audit(business))
    let_go()
    return restored
