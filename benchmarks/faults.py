"""Kill, stop, cut, fill up: is every acknowledged sale there, once, whatever happens to server, worker and database?

    python benchmarks/faults.py kills|replay|full|restart|failover [--database sqlite|postgres] [--kills 100]

`kills`: tills sell through a network that fails while server, worker and database are killed (SIGKILL) and stopped
(SIGSTOP) at random; each sends a sale again until it is acknowledged. `replay`: each sale 1 to 20 times, shuffled,
alone and in batches, then again when the idempotency keys are gone, then with another amount. `full`: the disk fills up
while tills sell, and is emptied. `restart`: PostgreSQL is stopped and started again under tills that sell. `failover`:
PostgreSQL is lost for ever under tills that sell by two servers, and the standby for which it waited takes its place.

At the end each acknowledged sale must be there once, each member's balance be what a plain recount says, and the audit
be clean. `make faults` does all on both databases; tests/faults runs short forms.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from agent_storm import Process, Proxy
from serving import audited, fiel, free_port, key

from fiel.ops.databases import POSTGRES_WAIT_S
from tests.databases import MIGRATED
from tests.faults.postgres import Postgres

MEMBERS = 20
TILLS = 6
READY_IN_S = 60
PATIENCE_S = 180
CALM = 0.25
PROGRAMME = """
name = "Faults"
currency = "BRL"
timezone = "America/Sao_Paulo"
units = [{ code = "points", kind = "points" }]
earn = [{ code = "all", unit = "points", give = "1", per = "0.01" }]
"""


ENROL = f"""
from fiel import clock
from fiel.members.enrol import Newcomer, enrol
from fiel.shops.models import Business
now = clock.now()
newcomers = [Newcomer(code=str(number)) for number in range({MEMBERS})]
enrol(Business.objects.get(), newcomers, now=now, today=now.date(), source="test", by="test")
"""


@dataclass
class House:
    """A Fiel that runs, and what its tills know: how much each acknowledged sale was, of which member."""

    environ: dict[str, str]
    key: str = ""
    port: int = field(default_factory=free_port)
    at: str = ""
    acknowledged: dict[str, tuple[int, int]] = field(default_factory=dict)
    answers: Counter[str] = field(default_factory=Counter)
    ready_s: list[float] = field(default_factory=list)
    longest_s: float = 0
    wrong: list[str] = field(default_factory=list)
    standby: Postgres | None = None

    def open(self) -> None:
        """Make the business, its rules and its members."""
        fiel(self.environ, "migrate")
        opening = ("--name", "Faults", "--currency", "BRL", "--timezone", "America/Sao_Paulo", "--store", "S1")
        fiel(self.environ, "business", "create", "faults", *opening, "--owner-email", "o@faults.example")
        rules = Path(self.environ["FIEL_DATA"]) / "rules.toml"
        rules.write_text(PROGRAMME)
        fiel(self.environ, "programme", "publish", "faults", str(rules))
        _python(self, ENROL)
        self.key = key(self.environ, "faults", "--scope", "office", "--store", "S1", "--till", "T1")
        self.at = datetime.now(UTC).isoformat()  # to the last digit: cut to its second it could be before the rules

    def sale(self, number: str, dice: random.Random) -> dict[str, Any]:
        """A sale as tills send it."""
        lines = [{"amount": dice.randint(100, 9000)}]
        return {"number": number, "occurred_at": self.at, "member": self.member(dice), "lines": lines}

    def member(self, dice: random.Random) -> dict[str, str]:
        """One of the members."""
        return {"code": str(dice.randrange(MEMBERS))}

    def send(self, port: int, path: str, body: Any, once: str = "") -> tuple[int, Any]:
        """Status and answer; 0 where there was none."""
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        began = time.monotonic()
        try:
            more = {"Idempotency-Key": once} if once else {}
            connection.request("POST", f"/api/v1{path}", json.dumps(body), headers | more)
            answer = connection.getresponse()
            told = json.loads(answer.read() or b"{}")
        except (OSError, http.client.HTTPException, ValueError):
            return 0, None
        finally:
            connection.close()
            self.longest_s = max(self.longest_s, time.monotonic() - began)
        if answer.status == 503 and not answer.headers.get("Retry-After"):
            self.wrong.append("503 without Retry-After")
        return answer.status, told

    def sell(self, ports: Sequence[int], number: str, dice: random.Random) -> bool:
        """Send a sale, to one server or another, until it is acknowledged; whether it was."""
        body = self.sale(number, dice)
        while True:
            status, told = self.send(dice.choice(ports), "/sales", body, once=number)
            self.answers[str(status)] += 1
            if status in (200, 201):
                self.acknowledged[number] = (int(body["member"]["code"]), body["lines"][0]["amount"])
                return True
            if status not in (0, 409, 503):
                self.wrong.append(f"{status} {told}")
                return False
            time.sleep(0.05)

    def serve(self, port: int | None = None) -> Process:
        """The server, alone."""
        return Process(self.environ, "serve", "--port", str(port or self.port), "--no-worker")

    def wait_ready(self, *watched: Process) -> None:
        """Wait until it answers, and remember how long that took. Who has ended is started anew, as by systemd."""
        began = time.monotonic()
        while not self._is_ready():
            if time.monotonic() - began > PATIENCE_S:
                sys.exit("the server did not come up")
            for process in watched:
                if process.process.poll() is not None:
                    process.start()
            time.sleep(0.1)
        self.ready_s.append(time.monotonic() - began)

    def _is_ready(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def main() -> int:
    """Do what was asked for; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="?", default="kills", choices=WHAT)
    parser.add_argument("--database", default="sqlite", choices=("sqlite", "postgres"))
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--sales", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("told to stop"))  # so that nothing is left running
    began = time.monotonic()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.chmod(0o755)  # the database's own user goes through it
        if options.what == "full":
            stack.enter_context(_small_disk(folder))
        house, postgres = _house(options.database, folder, stack)
        if options.what == "failover" and postgres:
            house.standby = stack.enter_context(Postgres(folder / "standby"))
        print(f"{options.what}, {options.database}, {os.cpu_count()} cores", flush=True)
        WHAT[options.what](house, postgres, options, folder)
        print(f"{time.monotonic() - began:.0f} s; answers to tills: {dict(house.answers)}")
        return _tell(house)


def _house(database: str, folder: Path, stack: ExitStack) -> tuple[House, Postgres | None]:
    own = {name: value for name, value in os.environ.items() if not name.startswith(("FIEL_", "DJANGO_"))}
    data = folder / "data"
    data.mkdir()
    own |= {"FIEL_DATA": str(data), "FIEL_THREADS": "8"}
    postgres, migrated = None, os.environ.get("FIEL_TEST_MIGRATED")  # the tests' own, which saves its time
    if database == "postgres":
        like = Path(migrated) if migrated else None
        postgres = stack.enter_context(Postgres(folder / "postgres", like=like))
        own["FIEL_DATABASE_URL"] = postgres.new_database("faults", like=MIGRATED if like else "template1")
    elif migrated:
        shutil.copy(Path(migrated) / "fiel.sqlite3", data)
    house = House(own)
    house.open()
    return house, postgres


# Killing


def kills(house: House, postgres: Postgres | None, options: argparse.Namespace, folder: Path) -> None:
    """Tills sell while everything is killed."""
    dice = random.Random(options.seed)
    proxy = Proxy(house.port, dice)
    proxy.start()
    over = threading.Event()
    server = house.serve()
    worker = Process(house.environ, "worker")
    victims: Counter[str] = Counter()
    try:
        house.wait_ready(server)
        tills = [threading.Thread(target=_till, args=(house, [proxy.port], name, over)) for name in range(TILLS)]
        for till in tills:
            till.start()
        for _ in range(options.kills):
            time.sleep(dice.uniform(0.1, 0.6))
            victim = dice.choice(["server", "worker", "stop", *(["database", "backend"] if postgres else ["server"])])
            victims[victim] += 1
            _kill(victim, house, postgres, server, worker, dice)
        house.wait_ready(server, worker)
        proxy.calm = True
        over.set()
        for till in tills:
            till.join()
    finally:
        over.set()
        server.kill()
        worker.kill()
    print(f"killed: {dict(victims)}; network: {dict(proxy.fates)}")
    mostly = sorted(house.ready_s)[len(house.ready_s) // 2]
    print(f"ready again in {mostly:.1f} s mostly, {max(house.ready_s):.1f} s at most")


def _kill(
    victim: str, house: House, postgres: Postgres | None, server: Process, worker: Process, dice: random.Random
) -> None:
    if victim == "server":
        server.kill()
        server.start()
    elif victim == "worker":
        worker.kill()
        worker.start()
        return
    elif victim == "stop":
        os.killpg(server.process.pid, signal.SIGSTOP)
        time.sleep(dice.uniform(0.1, 0.5))
        os.killpg(server.process.pid, signal.SIGCONT)
    elif victim == "database" and postgres:
        postgres.kill()
        time.sleep(dice.uniform(0, 0.5))
        postgres.start()
    elif postgres:
        dice.choice(postgres.processes[1:]).kill()
    if dice.random() < CALM:  # else the next blow comes while it gets up
        house.wait_ready(server, worker)


def _till(house: House, ports: Sequence[int], name: int, over: threading.Event) -> None:
    dice, number = random.Random(name), 0
    while not over.is_set():
        number += 1
        house.sell(ports, f"{name}-{number}", dice)


# Replaying


def replay(house: House, postgres: Postgres | None, options: argparse.Namespace, folder: Path) -> None:
    """Each sale many times, in any order; then again without the keys; then changed."""
    dice = random.Random(options.seed)
    sales = [house.sale(str(number), dice) for number in range(options.sales)]
    copies = [sale for sale in sales for _ in range(dice.randint(1, 20))]
    dice.shuffle(copies)
    server = house.serve()
    try:
        house.wait_ready(server)
        took = _send_all(house, copies, dice)
        print(f"{len(copies):,} copies of {len(sales):,} sales, {len(copies) / took:,.0f} a second")
        pruned = _prune(house)
        _send_all(house, dice.sample(sales, len(sales)), dice)
        print(f"again, each once, after {pruned:,} idempotency keys were pruned")
        changed = dice.sample(sales, max(10, len(sales) // 20))
        refused = Counter(_changed(house, sale, once) for sale in changed for once in ("", f"new {sale['number']}"))
        print(f"with another amount: {dict(refused)}")
        if set(refused) != {"409 conflict"}:
            house.wrong.append(f"a changed body was not refused: {dict(refused)}")
    finally:
        server.kill()


def _send_all(house: House, copies: list[dict[str, Any]], dice: random.Random) -> float:
    """Some alone, with a key of their own or the sale's, the others in batches; seconds it took."""
    pieces: list[list[dict[str, Any]]] = []
    while copies:
        size = 1 if dice.random() < 0.7 else dice.randint(50, 400)
        copies, piece = copies[size:], copies[:size]
        pieces.append(piece)
    began, guard = time.monotonic(), threading.Lock()

    def work(own: random.Random) -> None:
        while True:
            with guard:
                if not pieces:
                    return
                piece = pieces.pop()
            _send(house, piece, own)

    threads = [threading.Thread(target=work, args=(random.Random(name),)) for name in range(TILLS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.monotonic() - began


def _send(house: House, piece: list[dict[str, Any]], dice: random.Random) -> None:
    """Send copies, alone or together, until each is acknowledged."""
    if len(piece) == 1:
        once = piece[0]["number"] if dice.random() < 0.5 else ""
        status, told = house.send(house.port, "/sales", piece[0], once=once)
        results = [(status, told)]
    else:
        status, told = house.send(house.port, "/sales/batch", {"sales": piece})
        results = [(status, told)] * len(piece)  # where there was no answer
        if status == 207:
            results = [(each["status"], each.get("problem")) for each in told["items"]]
    again = []
    for sale, (code, said) in zip(piece, results, strict=True):
        house.answers[str(code)] += 1
        if code in (200, 201):
            house.acknowledged[sale["number"]] = (int(sale["member"]["code"]), sale["lines"][0]["amount"])
        elif code in (0, 503) or (code == 409 and said.get("code") == "in_progress"):
            again.append(sale)
        else:
            house.wrong.append(f"{code} {said}")
    if again:
        time.sleep(0.05)
        _send(house, again, dice)


def _changed(house: House, sale: dict[str, Any], once: str) -> str:
    other = sale | {"lines": [{"amount": sale["lines"][0]["amount"] + 1}]}
    status, told = house.send(house.port, "/sales", other, once=once)
    return f"{status} {told.get('code')}"


def _prune(house: House) -> int:
    script = (
        "from fiel.shops.models import IdempotencyKey as K\n"
        "print(K.objects.count()); K.objects.all().delete()\n"  # as the nightly clearing does after 30 days
    )
    return int(_python(house, script))


# Filling the disk


@contextmanager
def _small_disk(folder: Path) -> Iterator[None]:
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=160m,mode=755", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if done.returncode:
        sys.exit(f"no small disk can be mounted here: {done.stderr.decode().strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False)


def full(house: House, postgres: Postgres | None, options: argparse.Namespace, folder: Path) -> None:
    """Tills sell while the disk fills up; nobody starts anything anew when it is emptied."""
    over = threading.Event()
    server = house.serve()
    try:
        house.wait_ready(server)
        tills = [threading.Thread(target=_till, args=(house, [house.port], name, over)) for name in range(TILLS)]
        for till in tills:
            till.start()
        time.sleep(2)
        _fill(folder)
        time.sleep(1)
        before = len(house.acknowledged)
        time.sleep(3)
        while_full = len(house.acknowledged) - before
        (folder / "filler").unlink()
        # A full disk may take the database down, and who looks after it starts it.
        took = _until_sold(house, postgres.start if postgres else lambda: None)
        print(f"{while_full} acknowledged while the disk was full; sold again {took:.1f} s after")
    finally:
        over.set()
        for till in tills:
            till.join()
        server.kill()


def _fill(folder: Path) -> None:
    """Write until nothing fits."""
    with (folder / "filler").open("wb", buffering=0) as file, suppress(OSError):
        while True:
            for size in (1 << 20, 1 << 12):
                with suppress(OSError):
                    while file.write(b"x" * size):
                        pass
            raise OSError


def _until_sold(house: House, meanwhile: Callable[[], None] = lambda: None) -> float:
    """Wait until as many sales more are acknowledged as there are tills; seconds it took."""
    began, until = time.monotonic(), len(house.acknowledged)
    while len(house.acknowledged) < until + TILLS:
        meanwhile()
        if time.monotonic() - began > READY_IN_S:
            house.wrong.append("nothing is sold a minute after it could be again")
            break
        time.sleep(0.1)
    return time.monotonic() - began


# Restarting the database


def restart(house: House, postgres: Postgres | None, options: argparse.Namespace, folder: Path) -> None:
    """Tills sell while the database is stopped and started as by its administrator; nobody touches the server."""
    if postgres is None:
        sys.exit("SQLite is no server that could be stopped: --database postgres")
    dice, over, again = random.Random(options.seed), threading.Event(), []
    server = house.serve()
    tills = [threading.Thread(target=_till, args=(house, [house.port], name, over)) for name in range(TILLS)]
    try:
        house.wait_ready(server)
        for till in tills:
            till.start()
        for _ in range(options.kills):
            _until_sold(house)
            postgres.stop()
            away, told = len(house.acknowledged), house.answers["503"]
            time.sleep(POSTGRES_WAIT_S + dice.uniform(1, 5))  # so long a call waits before it is told
            # What was committed just before may be answered just after.
            if len(house.acknowledged) > away + TILLS or house.answers["503"] == told:
                house.wrong.append("tills were not told 503 while the database was away")
            postgres.start()
            again.append(_until_sold(house))
    finally:
        over.set()
        for till in tills:
            till.join()
        server.kill()
    if house.answers["0"] or house.longest_s > 3 * POSTGRES_WAIT_S:
        house.wrong.append("tills were left without an answer")
    print(f"{options.kills} restarts; sold again {max(again):.1f} s after at most; no answer took longer than", end=" ")
    print(f"{house.longest_s:.1f} s")


# Losing the database's machine


def failover(house: House, postgres: Postgres | None, options: argparse.Namespace, folder: Path) -> None:
    """The database is lost under tills that sell by two servers, and its standby promoted; nobody touches these."""
    if postgres is None or house.standby is None:
        sys.exit("SQLite has no standby: --database postgres")
    follower, leader = house.standby, postgres
    house.environ["FIEL_DATABASE_URL"] += f",{follower.data}"
    over, again = threading.Event(), []
    ports = [house.port, free_port()]
    servers = [house.serve(port) for port in ports]
    tills = [threading.Thread(target=_till, args=(house, ports, name, over)) for name in range(TILLS)]
    try:
        for server in servers:
            house.wait_ready(server)
        for till in tills:
            till.start()
        for _ in range(options.kills):
            follower.follow(leader)
            _until_sold(house)
            leader.kill()
            leader, follower = follower, leader
            leader.promote()
            again.append(_until_sold(house))
    finally:
        over.set()
        for till in tills:
            till.join()
        for server in servers:
            server.kill()
    print(f"{options.kills} databases lost; sold again {max(again):.1f} s after the promotion at most")


# Telling


def _python(house: House, script: str) -> str:
    environ = house.environ | {"DJANGO_SETTINGS_MODULE": "fiel.ops.settings"}
    command = [sys.executable, "-c", f"import django; django.setup()\n{script}"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    return done.stdout


def _tell(house: House) -> int:
    """Compare with what the tills know; the exit status."""
    script = (
        "import json\n"
        "from collections import Counter\n"
        "from fiel.ledger.models import Account\n"
        "from fiel.members.models import Member\n"
        "from fiel.sales.models import Receipt\n"
        "codes = dict(Member.objects.values_list('id', 'code'))\n"
        "sales = [(n, codes[m], t) for n, m, t in Receipt.objects.values_list('number', 'member_id', 'total')]\n"
        "held = {codes[m]: b for m, b in Account.objects.values_list('member_id', 'balance')}\n"
        "print(json.dumps({'sales': sales, 'held': held}))\n"
    )
    found = json.loads(_python(house, script))
    times = Counter(number for number, _, _ in found["sales"])
    there = {number: (int(member), total) for number, member, total in found["sales"]}
    lost = [number for number, said in house.acknowledged.items() if there.get(number) != said]
    doubled = [number for number, count in times.items() if count > 1]
    held: Counter[str] = Counter()
    for _, member, total in found["sales"]:
        held[member] += total
    differ = [member for member in held if held[member] != found["held"].get(member, 0)]
    audit = audited(house.environ, "faults", "--recount")
    print(
        f"acknowledged {len(house.acknowledged):,}, there {len(there):,}; lost {len(lost)}, doubled {len(doubled)}, "
        f"balances that differ {len(differ)}"
    )
    print(audit)
    for each in house.wrong[:5]:
        print("wrong:", each)
    exact = not (lost or doubled or differ or house.wrong) and "everything holds" in audit
    print("exact" if exact else "NOT EXACT")
    return 0 if exact else 1


WHAT: dict[str, Callable[[House, Postgres | None, argparse.Namespace, Path], None]] = {
    "kills": kills,
    "replay": replay,
    "full": full,
    "restart": restart,
    "failover": failover,
}


if __name__ == "__main__":
    sys.exit(main())
