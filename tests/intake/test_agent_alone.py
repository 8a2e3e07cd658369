"""The agent's small install: the files and the parts that `agent/pyproject.toml` names are all that it needs."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
ALONE = tomllib.loads((ROOT / "agent" / "pyproject.toml").read_text(encoding="utf-8"))
WHOLE = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
FILES = ALONE["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]

# Everything of the server is away; what is imported of ours is told at the end.
RUN = """
import sys
from importlib.metadata import packages_distributions
for absent in ("django", "ninja", "psycopg", "granian", "allauth", "cryptography", "reportlab", "uuid_utils"):
    sys.modules[absent] = None
from fiel.ops.cli import main
sys.argv = ["fiel", *sys.argv[1:]]
try:
    main()
finally:
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] == "fiel":
            print("imported", name, module.__file__)
"""


@pytest.fixture
def installed(tmp_path):
    """The files of the small install, as they lie after it."""
    for source, target in FILES.items():
        path = tmp_path / "installed" / target
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "agent" / source, path)
    return tmp_path / "installed"


def run(installed, *words):
    command = [sys.executable, "-c", RUN, *words]
    environ = {"PYTHONPATH": str(installed), "PATH": "/usr/bin:/bin"}
    return subprocess.run(command, env=environ, cwd=installed, capture_output=True, text=True, check=False, timeout=60)


def test_it_reads_what_lies_there_and_needs_no_other_file(installed, tmp_path):
    folder = tmp_path / "receipts"
    folder.mkdir()
    done = run(installed, "watch", "http://127.0.0.1:9", str(folder), "--key", "k", "--once")
    assert done.returncode == 1
    assert "no way to http://127.0.0.1:9" in (folder / ".fiel-watch" / "status.txt").read_text()
    said = done.stdout + run(installed, "settings").stdout
    imported = {line.split(" ", 2)[1:][1] for line in said.splitlines() if line.startswith("imported ")}
    assert {str(installed / target) for target in FILES.values() if target.endswith(".py")} == imported


def test_it_says_that_it_is_no_server(installed):
    done = run(installed, "serve")
    assert done.returncode == 1
    assert "the shop's agent alone (fiel settings, fiel watch), not the server" in done.stderr


def test_its_parts_and_version_are_those_of_the_whole():
    assert ALONE["project"]["version"] == WHOLE["project"]["version"]
    assert ALONE["project"]["requires-python"] == WHOLE["project"]["requires-python"]
    assert set(ALONE["project"]["dependencies"]) <= set(WHOLE["project"]["dependencies"])
    names = {Requirement(text).name for text in ALONE["project"]["dependencies"]}
    assert names == {"lxml", "openpyxl", "phonenumberslite", "python-stdnum", "typer", "tzdata", "urllib3"}
