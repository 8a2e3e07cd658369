"""What is shipped with Fiel, and under which licence: read from the lock, the packages' own metadata, and the tables of
files that are vendored. `make licences` writes docs/licences.md anew; `test_licences.py` looks that it is so.
"""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "licences.md"
VENDORED = (
    ROOT / "src/fiel/doors/static/vendor/VENDORED.md",
    ROOT / "src/fiel/printing/fonts/VENDORED.md",
)

ACCEPTED = {
    "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "LGPL-2.1-or-later", "LGPL-3.0-only", "MIT", "MIT-0",
    "MIT-CMU", "MPL-2.0", "OFL-1.1", "PSF-2.0",
}  # fmt: skip
"""Licences whose works may be shipped beside ours (Apache-2.0). LGPL: as libraries of their own, which anybody may
replace; MPL: as files that stay as they are. None of them asks for anything of who uses Fiel."""

WORDS = {
    "Apache 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD": "BSD-3-Clause",
    "BSD License": "BSD-3-Clause",
    "ISC License": "ISC",
    "ISC License (ISCL)": "ISC",
    "LGPL": "LGPL-2.1-or-later",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "OFL 1.1": "OFL-1.1",
}
"""What packages write where they name no SPDX licence."""

LOOKED_AT = {
    "colorama": "BSD-3-Clause",  # on Windows alone, so that it may not be installed here
    "fido2": "BSD-2-Clause AND Apache-2.0 AND MPL-2.0",  # with public_suffix_list.dat and code of others
    "qrcode": "BSD-3-Clause",  # and the MIT of what it was made from: `Other` in its metadata
    "reportlab": "BSD-3-Clause",  # its metadata leads to a file
}
"""Packages whose metadata does not say it plainly: read in their own files."""


def shipped() -> list[tuple[str, str, str]]:
    """Name, version and licence (an SPDX expression, or what the package says) of everything that goes with Fiel."""
    return [*_packages(), *_vendored()]


def _packages() -> list[tuple[str, str, str]]:
    lock = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    return [(name, version, licence_of(name)) for name, version in re.findall(r"^([\w.-]+)==([^ ;\\]+)", lock, re.M)]


def licence_of(name: str) -> str:
    """The licence of an installed package."""
    if name in LOOKED_AT:
        return LOOKED_AT[name]
    try:
        said = distribution(name).metadata
    except PackageNotFoundError:
        return "not installed"
    kinds = [each.rpartition("::")[2].strip() for each in said.get_all("Classifier") or [] if each[:7] == "License"]
    word = said.get("License-Expression") or said.get("License") or next(iter(kinds), "says nothing")
    return WORDS.get(word, word)


def _vendored() -> list[tuple[str, str, str]]:
    rows = []
    for table in VENDORED:
        for line in table.read_text(encoding="utf-8").splitlines():
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if line.startswith("| `"):
                first = re.split(r" \(", cells[3])[0]
                inside = re.findall(r": (Apache 2\.0)\)", cells[3])
                rows.append((cells[1], cells[2], " AND ".join(WORDS.get(each, each) for each in (first, *inside))))
    return rows


def refused(licence: str) -> list[str]:
    """The parts of a licence that are not accepted; of a choice one accepted part is enough."""
    choices = [re.split(r"\s+AND\s+", choice.strip("() ")) for choice in re.split(r"\s+OR\s+", licence)]
    wrong = [[part for part in choice if part not in ACCEPTED] for choice in choices]
    return min(wrong, key=len)


def page() -> str:
    """The page as it shall be."""
    rows = "".join(f"| {name} | {version} | {licence} |\n" for name, version, licence in shipped())
    return f"""# Licences of what is shipped

Fiel itself is under Apache-2.0 ([LICENSE](../LICENSE)). With it go these packages, at the versions of `uv.lock`, and
the files below `src/fiel/doors/static/vendor/` and `src/fiel/printing/fonts/`, each with its licence beside it. Made by
`make licences`; a test looks that nothing is missing and that each licence is one of those accepted.

| name | version | licence |
|---|---|---|
{rows}"""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
