"""Nothing is spent twice, over HTTP: many clients at one balance, two clients at one voucher.

    python benchmarks/races.py [--rounds 1000] [--clients 64] [--races 10000]

A round: a member has points for exactly 10 rewards, and every client asks for one at the same moment; 10 must get it. A
race: two tills redeem one voucher at the same moment; one must get it. The server is started here, on the database of
FIEL_DATABASE_URL, or on SQLite in a new folder. `make races` does both, on both databases.
"""

from __future__ import annotations

import argparse
import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from serving import Client, audited, database, environment, fiel, key, served

PROGRAMME = """
name = "Races"
currency = "BRL"
timezone = "America/Sao_Paulo"
units = [{ code = "points", kind = "points" }]
earn = [{ code = "all", unit = "points", give = "1", per = "1.00" }]
"""
PRICE, REWARDS = 40, 10
VOUCHERS_A_MEMBER = 100
PAIRS = 16


@dataclass
class Result:
    """How often so many won; what was answered that nobody expects."""

    winners: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    requests: int = 0
    seconds: float = 0


def main() -> int:
    """Run it, print the figures, say whether everything is exact."""
    options = _options()
    with environment() as environ:
        office, tills = _set_up(environ)
        with served(environ) as port:
            print(f"{database(environ)}, {os.cpu_count()} cores", flush=True)
            rounds = _rounds(port, office, tills, options)
            _tell(f"{options.rounds} rounds of {options.clients} clients at a balance for {REWARDS} rewards", rounds)
            races = _races(port, office, tills, options.races)
            _tell(f"{options.races} races of two tills for one voucher", races)
        said = audited(environ, "races")
    print(said)
    exact = rounds.winners == {REWARDS: options.rounds} and races.winners == {1: options.races}
    exact = exact and not rounds.wrong and not races.wrong and "everything holds" in said
    print("exact" if exact else "NOT EXACT")
    return 0 if exact else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--races", type=int, default=10_000)
    return parser.parse_args()


def _set_up(environ: dict[str, str]) -> tuple[str, list[str]]:
    fiel(environ, "migrate")
    opening = ("--name", "Races", "--currency", "BRL", "--timezone", "America/Sao_Paulo", "--store", "S1")
    fiel(environ, "business", "create", "races", *opening, "--owner-email", "o@races.example")
    file = Path(environ["FIEL_DATA"]) / "programme.toml"
    file.write_text(PROGRAMME)
    fiel(environ, "programme", "publish", "races", str(file))
    tills = [key(environ, "races", "--scope", "till", "--store", "S1", "--till", f"T{n}") for n in (1, 2)]
    return key(environ, "races", "--scope", "office"), tills


def _rounds(port: int, office: str, tills: Sequence[str], options: argparse.Namespace) -> Result:
    """Every client asks for one reward for the same member, member after member."""
    _put(port, office, "toast", {"kind": "service", "price": {"unit": "points", "amount": PRICE}})
    members = _members(port, office, "round", options.rounds, PRICE * REWARDS)
    won = Counter(dict.fromkeys(members, 0))
    together, guard, result = threading.Barrier(options.clients), threading.Lock(), Result()

    def ask(number: int) -> None:
        client = Client(port, tills[number % len(tills)])
        for member in members:
            together.wait()
            status, told = client.send(
                "POST", "/vouchers", {"member": member, "reward": "toast"}, once=f"{member} {number}"
            )
            with guard:
                won[member] += status == 201
                if status != 201 and told.get("code") != "not_enough":
                    result.wrong.append(f"{status} {told}")
        _count(result, guard, client)

    _at_once(result, [lambda number=number: ask(number) for number in range(options.clients)])  # type: ignore[misc]
    result.winners = Counter(won.values())
    return result


def _races(port: int, office: str, tills: Sequence[str], races: int) -> Result:
    """Pairs of tills, each with vouchers of its own."""
    codes = _vouchers(port, office, races)
    guard, result = threading.Lock(), Result()

    def pair(mine: list[str]) -> Iterator[Callable[[], None]]:
        together, won = threading.Barrier(2), Counter(dict.fromkeys(mine, 0))

        def redeem(till: str, *, last: bool) -> None:
            client = Client(port, till)
            for code in mine:
                together.wait()
                status, told = client.send("POST", f"/vouchers/{code}/redeem", {}, once=f"{code} {till[-6:]}")
                with guard:
                    won[code] += status == 200
                    if status != 200 and told.get("code") != "voucher_not_redeemable":
                        result.wrong.append(f"{status} {told}")
            together.wait()
            _count(result, guard, client)
            if last:
                with guard:
                    result.winners.update(won.values())

        yield lambda: redeem(tills[0], last=True)
        yield lambda: redeem(tills[1], last=False)

    _at_once(result, [each for start in range(PAIRS) for each in pair(codes[start::PAIRS])])
    return result


def _put(port: int, office: str, reward: str, body: Any) -> None:
    status, told = Client(port, office).send("PUT", f"/rewards/{reward}", body)
    if status != 200:
        sys.exit(f"{status} {told}")


def _members(port: int, office: str, prefix: str, count: int, points: int) -> list[str]:
    client = Client(port, office)
    ids = []
    for number in range(count):
        member = client.send("POST", "/members", {"code": f"{prefix}-{number}"})[1]["id"]
        opening = {"member": member, "unit": "points", "amount": points, "reference": f"{prefix}-{number}"}
        status, told = client.send("POST", "/openings", opening)
        if status != 201:
            sys.exit(f"{status} {told}")
        ids.append(member)
    return ids


def _vouchers(port: int, office: str, count: int) -> list[str]:
    """Codes of so many vouchers, of different members."""
    _put(port, office, "mug", {"kind": "service", "price": {"unit": "points", "amount": 1}})
    members = _members(port, office, "race", -(-count // VOUCHERS_A_MEMBER), VOUCHERS_A_MEMBER)
    client = Client(port, office)
    wanted = islice((member for member in members for _ in range(VOUCHERS_A_MEMBER)), count)
    return [client.send("POST", "/vouchers", {"member": member, "reward": "mug"})[1]["code"] for member in wanted]


def _at_once(result: Result, work: Sequence[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=each) for each in work]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    result.seconds = time.perf_counter() - began


def _count(result: Result, guard: threading.Lock, client: Client) -> None:
    with guard:
        result.requests += client.requests


def _tell(what: str, result: Result) -> None:
    winners = ", ".join(f"{times} with {count}" for count, times in sorted(result.winners.items()))
    print(f"{what}: winners {winners}; {result.seconds:.0f} s, {result.requests / result.seconds:.0f} requests/s")
    for each in result.wrong[:5]:
        print("wrong:", each)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
