"""Plants bugs, one at a time, in a copy of the source, and tells which of them the model catches: `make planted`.

Each is a slip that somebody could make: a line that reads well and counts wrongly. The copy is thrown away; the model
runs as in its short form, without making failures smaller. Exit 1 where one of them passes unseen.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Bug:
    """A slip: in `file` below `src/fiel`, what stands there once, and what stands there instead."""

    what: str
    file: str
    right: str
    wrong: str


BUGS = [
    Bug(
        "the last cent of a shared discount is dropped",
        "core/sale.py",
        "for index in by_remainder[:rest]:",
        "for index in by_remainder[: rest - 1]:",
    ),
    Bug(
        "tax and parts of a line are rounded down, not half up",
        "core/sale.py",
        "return (2 * numerator + denominator) // (2 * denominator)",
        "return numerator // denominator",
    ),
    Bug(
        "the remainder of earlier sales is forgotten",
        "core/engine.py",
        "whole = carry + Fraction(sums.total, scale)",
        "whole = Fraction(sums.total, scale)",
    ),
    Bug(
        "a month's cap does not count what the month gave before",
        "core/engine.py",
        'yield "month", max(Fraction(0), cap.month - month)',
        'yield "month", Fraction(cap.month)',
    ),
    Bug(
        "boosts that add up count the 1 twice",
        "core/engine.py",
        "return max(Fraction(0), 1 + sum((factor - 1 for factor in factors), Fraction(0)))",
        "return sum(factors, Fraction(0))",
    ),
    Bug(
        "spending takes the lots that lapse last first",
        "core/lots.py",
        "order = [lot for lot in sorted(holding.lots) if lot.available(day)]",
        "order = [lot for lot in sorted(holding.lots, reverse=True) if lot.available(day)]",
    ),
    Bug(
        "a lot cannot be spent on its last day",
        "core/lots.py",
        "return self.available_on <= day <= self.expires_on",
        "return self.available_on <= day < self.expires_on",
    ),
    Bug(
        "what is earned in debt goes into a lot as a whole",
        "core/lots.py",
        "into = steps - min(steps, max(0, -balance))",
        "into = steps",
    ),
    Bug(
        "what is given back fills the lots in the order they were drawn",
        "core/lots.py",
        "for lot, drawn_steps in reversed(list(drawn)):",
        "for lot, drawn_steps in drawn:",
    ),
    Bug(
        "points wait a day less than the programme says",
        "core/lots.py",
        "available_on = day + timedelta(days=unit.pending_days)",
        "available_on = day + timedelta(days=max(0, unit.pending_days - 1))",
    ),
    Bug(
        "a return takes from a lot that has lapsed",
        "core/lots.py",
        "    if first is not None and first.expires_on < day:\n        return holding, (), 0\n",
        "",
    ),
    Bug(
        "a return gives where counting again gives more",
        "core/returns.py",
        "        if (exact if carried else steps) > 0:\n",
        "        if (exact if carried else steps) != 0:\n",
    ),
    Bug(
        "a return hands back the pieces that a pack paid for first",
        "core/returns.py",
        "covered = min(part.covered, left)\n",
        "covered = max(0, part.covered - (line.quantity - left))\n",
    ),
    Bug(
        "two sales on one day are two visits",
        "core/tiers.py",
        "return sum(1 for day, sales in self.sales.items() if sales > 0 and first <= day <= last)",
        "return sum(sales for day, sales in self.sales.items() if first <= day <= last)",
    ),
    Bug(
        "a tier falls a day early",
        "core/tiers.py",
        "return last_day is not None and last_day < day",
        "return last_day is not None and last_day <= day",
    ),
    Bug(
        "a voucher is refused on its last day",
        "rewards/vouchers.py",
        "return Q(valid_until=None) | Q(valid_until__gte=today)",
        "return Q(valid_until=None) | Q(valid_until__gt=today)",
    ),
]


def main() -> int:
    """Try each, or those whose sentence holds a word that was named."""
    words = sys.argv[1:]
    tried = [bug for bug in BUGS if not words or any(word in bug.what for word in words)]
    passed = 0
    for bug in tried:
        began = time.monotonic()
        caught = is_caught(bug)
        passed += not caught
        print(f"{'caught' if caught else 'MISSED'} in {time.monotonic() - began:4.0f} s: {bug.what}", flush=True)
    print(f"{len(tried) - passed} of {len(tried)} planted bugs were caught")
    return 1 if passed or not tried else 0


def is_caught(bug: Bug) -> bool:
    """Whether the model and Fiel differ once the bug is in. Whatever else goes wrong is no catch, and ends this."""
    with TemporaryDirectory() as where:
        copy = Path(where) / "src"
        shutil.copytree(ROOT / "src", copy, ignore=shutil.ignore_patterns("__pycache__", "static"))
        path = copy / "fiel" / bug.file
        source = path.read_text(encoding="utf-8")
        if source.count(bug.right) != 1:
            raise SystemExit(f"{bug.file} has changed: {bug.right.strip()!r} does not stand there once")
        path.write_text(source.replace(bug.right, bug.wrong), encoding="utf-8")
        run = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "tests/model"],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(copy), "FIEL_TEST_DATABASE": "sqlite", "MODEL_SHRINK": "no"},
            capture_output=True,
            text=True,
            check=False,
        )
    differs = "Failing test case" in run.stdout and ("AssertionError" in run.stdout or "Refused" in run.stdout)
    if run.returncode not in (0, 1) or (run.returncode == 1 and not differs):
        raise SystemExit(f"{bug.what}: the model did not run\n{run.stdout}\n{run.stderr}")
    return run.returncode == 1


if __name__ == "__main__":
    sys.exit(main())
