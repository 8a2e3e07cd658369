"""What is said to people, in every language: `python -m fiel.ops.messages`.

Gathers the marked texts of the source into `locale/…/django.po`, keeping what is translated, and compiles each into
the `django.mo` beside it, which stands in the tree: who only runs Fiel needs no gettext. Needs GNU gettext (Debian:
`apt install gettext`). The same by hand, in `src/fiel`: `django-admin makemessages --all --no-wrap --no-obsolete
--add-location=file` and `django-admin compilemessages`; but that leaves out the titles of refusals.
"""

from __future__ import annotations

import os
from pathlib import Path

import django
from django.core.management import call_command
from django.core.management.commands import makemessages

__all__ = ["LOCALES", "gather"]

LOCALES = ("es", "pt", "pt_BR")
SOURCE = Path(__file__).resolve().parent.parent


class Gathering(makemessages.Command):
    """Django's own, which also sees titles of refusals: `core` knows no Django, so it cannot mark them."""

    xgettext_options = [*makemessages.Command.xgettext_options, "--keyword=Kind:3"]  # noqa: RUF012 - Django's way


def gather() -> None:
    """Bring the texts in `locale` up to date, and compile them."""
    os.chdir(SOURCE)
    call_command(
        Gathering(),
        locale=list(LOCALES),
        extensions=["html", "py", "txt"],
        no_wrap=True,
        no_obsolete=True,
        add_location="file",
        ignore_patterns=["migrations/*"],
    )
    for locale in LOCALES:
        _without_date(SOURCE / "locale" / locale / "LC_MESSAGES" / "django.po")
    call_command("compilemessages", locale=list(LOCALES), verbosity=0)


def _without_date(path: Path) -> None:
    """When texts were gathered says nothing about them, and would change each file each time."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith('"POT-Creation-Date:')), encoding="utf-8")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fiel.ops.settings")
    os.environ.setdefault("FIEL_SECRET_KEY", "this only gathers texts and signs nothing")
    django.setup()
    gather()
