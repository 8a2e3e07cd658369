"""The house's rules, as a program can check them. Which room may import which stands in pyproject.toml."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "fiel"

LONGEST_FUNCTION = 60
LONGEST_FILE = 600

# A division with / stays exact where what is divided is a Fraction or a Decimal. Each such line was looked at.
EXACT_DIVISIONS = {
    "Decimal(self.amount.numerator) / self.amount.denominator",
    "give / scaled",
    "multiples * rule.give * factor / quantity",
    "steps / unit.steps",
}

# Ways to ask what time it is. Django's `auto_now` and the database's Now() are such ways too.
ASKS_THE_TIME = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("time", "time"),
    ("time", "time_ns"),
    ("time", "localtime"),
    ("time", "gmtime"),
    ("timezone", "now"),
    ("timezone", "localtime"),
    ("timezone", "localdate"),
}
ASKS_BY_NAME = {"auto_now", "auto_now_add", "Now", "CurrentTimestamp", "localdate", "utcnow"}


def modules(*rooms):
    """The Python files of the rooms, or of all; migrations are made by a program, for a program."""
    folders = [SOURCE / room for room in rooms] or [SOURCE]
    return sorted(path for folder in folders for path in folder.rglob("*.py") if "migrations" not in path.parts)


def nodes(path):
    return ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path)))


def place(path, node):
    return f"{path.relative_to(ROOT)}:{node.lineno}"


def test_points_and_money_are_never_floats():
    found = [place(path, node) for path in modules("core", "ledger") for node in nodes(path) if is_about_floats(node)]
    assert found == [], "no float literals, no float(), no division with /: use integers, Decimal, Fraction or //"


def is_about_floats(node):
    match node:
        case ast.Constant(value=float() | complex()) | ast.Name(id="float", ctx=ast.Load()):
            return True
        case ast.BinOp(op=ast.Div()):
            return ast.unparse(node) not in EXACT_DIVISIONS
        case ast.AugAssign(op=ast.Div()):
            return True
    return False


def test_only_the_clock_asks_the_time():
    found = [
        place(path, node)
        for path in modules()
        if path != SOURCE / "clock.py"
        for node in nodes(path)
        if asks_the_time(node)
    ]
    assert found == [], "take the moment from fiel.clock.now(), or better: be handed it"


def asks_the_time(node):
    match node:
        case ast.Attribute(value=ast.Name(id=owner) | ast.Attribute(attr=owner), attr=name):
            return (owner, name) in ASKS_THE_TIME
        case ast.keyword(arg=name) | ast.Name(id=name):
            return name in ASKS_BY_NAME
        case ast.ImportFrom(module="time" | "django.utils.timezone", names=names):
            return any((module_tail(node.module), alias.name) in ASKS_THE_TIME for alias in names)
    return False


def module_tail(module):
    return module.rpartition(".")[2]


def test_a_function_fits_a_screen():
    found = [
        f"{place(path, node)} {node.name}: {node.end_lineno - node.lineno + 1} lines"
        for path in modules()
        for node in nodes(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno - node.lineno + 1 > LONGEST_FUNCTION
    ]
    assert found == []


def test_a_file_has_one_subject():
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in modules()}
    assert [f"{path.relative_to(ROOT)}: {long} lines" for path, long in lengths.items() if long > LONGEST_FILE] == []


@pytest.mark.parametrize(
    ("line", "caught"),
    [
        ("x = 1.0", True),
        ("x = float(y)", True),
        ("x = y / 2", True),
        ("x /= 2", True),
        ("x = y // 2", False),
        ("x = 'a/b 1.5'", False),
    ],
)
def test_the_check_for_floats_sees_them(line, caught):
    assert any(is_about_floats(node) for node in ast.walk(ast.parse(line))) is caught


@pytest.mark.parametrize(
    ("line", "caught"),
    [
        ("datetime.now(UTC)", True),
        ("datetime.datetime.now()", True),
        ("timezone.now()", True),
        ("default=django.utils.timezone.now", True),
        ("time.time()", True),
        ("from time import time", True),
        ("from django.utils.timezone import now", True),
        ("date.today()", True),
        ("DateTimeField(auto_now_add=True)", True),
        ("update(at=Now())", True),
        ("clock.now()", False),
        ("from fiel.clock import now", False),
        ("from time import perf_counter", False),
        ("time.monotonic()", False),
    ],
)
def test_the_check_for_clocks_sees_them(line, caught):
    assert any(asks_the_time(node) for node in ast.walk(ast.parse(line))) is caught


# What the first page promises


def targets():
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def test_the_commands_of_the_readme_exist():
    named = set(re.findall(r"\bmake ([a-z-]+)", (ROOT / "README.md").read_text(encoding="utf-8")))
    assert named <= targets()
    assert {"run", "test"} <= targets()


def test_the_rules_are_run_by_whoever_commits():
    """What is linted, and the house's tests: by themselves before a commit, among all others in CI."""
    ci, makefile = ((ROOT / name).read_text(encoding="utf-8") for name in (".ci/run", "Makefile"))
    assert "make lint" in ci
    assert "make test" in ci
    check = makefile.partition("\ncheck: lint ")[2].partition("\n\n")[0]
    assert "pytest -q tests/house" in check
    on_sqlite = makefile.partition("\ntest-sqlite: ")[2].partition("\n\n")[0]
    assert "pytest $(PROCESSES)" in on_sqlite
    assert "--ignore" not in on_sqlite


# Installed without uv, Fiel gets the same parts as with it

UV = shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))


@pytest.mark.parametrize(("file", "options"), [("requirements.txt", ["--no-dev"]), ("requirements-dev.txt", [])])
@pytest.mark.skipif("UV is None", reason="uv is not installed")
def test_the_requirements_are_those_of_the_lock(file, options):
    export = [UV, "export", "--quiet", "--frozen", "--offline", "--no-emit-project", "--no-annotate", "--no-header"]
    locked = subprocess.run([*export, *options], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert (ROOT / file).read_text(encoding="utf-8") == locked, "run make lock"


def test_the_lock_is_that_of_the_project():
    """`uv lock --check` would ask the package index, which a test should do without."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    locked = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
    (fiel,) = (package for package in locked["package"] if package["name"] == "fiel")
    extras = project["project"]["optional-dependencies"].values()
    asked = [*project["project"]["dependencies"], *(part for extra in extras for part in extra)]
    assert requirements(asked) == locked_requirements(fiel["metadata"]["requires-dist"]), "run make lock"
    groups = fiel["metadata"]["requires-dev"]
    assert requirements(project["dependency-groups"]["dev"]) == locked_requirements(groups["dev"]), "run make lock"


def requirements(written):
    """Name and versions of each, however the versions are ordered."""
    read = [Requirement(text) for text in written]
    return {(each.name, frozenset(str(each.specifier).split(","))) for each in read}


def locked_requirements(rows):
    return {(row["name"], frozenset(row.get("specifier", "").split(","))) for row in rows}


def test_every_act_has_a_name_for_people():
    """What is noted in the trail is told there by words, not by its code."""
    named = set(
        re.findall(r'^    "([a-z]+\.[a-z_]+)": _\(', (SOURCE / "doors/office/trail_acts.py").read_text(), re.MULTILINE)
    )
    noted = {
        (told.value, path.name)
        for path in modules()
        for node in nodes(path)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"note", "note_act"} and len(node.args) > 1
        for told in ast.walk(node.args[1])
        if isinstance(told, ast.Constant) and re.fullmatch(r"[a-z]+\.[a-z_]+", str(told.value))
    }
    assert len(noted) > 50
    assert {(code, file) for code, file in noted if code not in named} == set()
