"""Shops whose agents send their receipts over a network that fails, to a server that is killed: is everything counted?

    python benchmarks/agent_storm.py [--receipts 5000] [--shops 3] [--kills 40] [--seed 1]

A proxy between them cuts connections before the request is through, as soon as it is (while the server commits), once
the server has answered (after it), and within the answer; agents and server are killed at random. Receipts come as
files written in parts, renamed, moved, copied and packed, some cancelled or returned, before and after. At the end
each member's balance must be what a model of a few lines says, each receipt be there once, and the audit be clean.
The server runs on the database of FIEL_DATABASE_URL, or on SQLite in a new folder.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import zipfile
from collections import Counter
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from serving import _COMMAND, Client, audited, database, environment, fiel, free_port, key, wait

from tests.intake.brazil import cancel, item, key_of, nfce, returned

PROGRAMME = {
    "name": "Storm",
    "currency": "BRL",
    "timezone": "America/Sao_Paulo",
    "units": [{"code": "points", "kind": "points"}],
    "earn": [{"code": "all", "unit": "points", "give": "1", "per": "0.01"}],
}
MEMBERS = 50
FATES = ("deaf", "half", "during", "after", "torn")
CUT_OF_TEN = 4


def cpf(number: int) -> str:
    """A tax id with its check digits."""
    digits = [int(digit) for digit in f"{number + 101_000_000:09d}"]
    for length in (10, 11):
        rest = sum(digit * weight for digit, weight in zip(digits, range(length, 1, -1), strict=True)) * 10 % 11
        digits.append(rest % 10)
    return "".join(map(str, digits))


@dataclass
class Model:
    """What must be in the books: cents of each member, receipts of each shop."""

    cents: Counter[int] = field(default_factory=Counter)
    receipts: Counter[str] = field(default_factory=Counter)
    taken_back: int = 0


@dataclass
class Proxy:
    """A network that fails. `calm`: it does not."""

    to: int
    dice: random.Random
    port: int = field(default_factory=free_port)
    calm: bool = False
    fates: Counter[str] = field(default_factory=Counter)

    def start(self) -> None:
        """Listen, for as long as the process lives."""
        listening = socket.create_server(("127.0.0.1", self.port), backlog=64)
        threading.Thread(target=self._listen, args=(listening,), daemon=True).start()

    def _listen(self, listening: socket.socket) -> None:
        while True:
            client, _ = listening.accept()
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with closing(client), suppress(OSError):
            client.settimeout(60)
            fate = self.dice.choice(FATES) if not self.calm and self.dice.random() * 10 < CUT_OF_TEN else "through"
            self.fates[fate] += 1
            if fate == "deaf":
                return
            request = _request(client)
            with closing(socket.create_connection(("127.0.0.1", self.to), timeout=60)) as server:
                if fate == "half":
                    server.sendall(request[: len(request) // 2])
                    return
                server.sendall(request)
                if fate == "during":
                    time.sleep(self.dice.random() * 0.1)
                    return
                answer = _all(server)
                if fate == "after":
                    return
                client.sendall(answer[: len(answer) // 2] if fate == "torn" else answer)


def _request(client: socket.socket) -> bytes:
    """A whole request, asking for one answer alone."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += _more(client)
    head, _, body = received.partition(b"\r\n\r\n")
    lengths = [int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    while lengths and len(body) < lengths[0]:
        body += _more(client)
    return head + b"\r\nConnection: close\r\n\r\n" + body


def _more(client: socket.socket) -> bytes:
    chunk = client.recv(65536)
    if not chunk:
        raise ConnectionError
    return chunk


def _all(server: socket.socket) -> bytes:
    received = b""
    while chunk := server.recv(65536):
        received += chunk
    return received


class Process:
    """A `fiel` command that is killed, and started again."""

    def __init__(self, environ: dict[str, str], *words: str) -> None:
        self.environ, self.words, self.killed = environ, words, 0
        self.start()

    def start(self) -> None:
        """Start it anew."""
        self.process = subprocess.Popen(
            [*_COMMAND, *self.words],
            env=self.environ,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def kill(self) -> None:
        """Kill it and all that it started."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.killed += 1

    def stop(self) -> int:
        """Ask it to end; its exit status."""
        self.process.terminate()
        return self.process.wait(timeout=90)


@dataclass
class Shop:
    """A folder into which tills write, each in its way."""

    code: str
    cnpj: str
    folder: Path
    dice: random.Random
    model: Model
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    written: int = 0

    def write(self, number: int) -> None:
        """One receipt, with what becomes of it."""
        who = self.dice.randrange(MEMBERS + 10)
        bread, milk = self.dice.randint(1, 9) * 300, self.dice.randint(100, 9000)
        # From when the rules were published, to what a till's clock may be ahead.
        at = (self.now + timedelta(seconds=self.dice.randrange(200))).strftime("%Y-%m-%dT%H:%M:%S+00:00")
        named = {"cnpj": self.cnpj, "at": at}
        items = [item("PAO", bread, quantity="3.0000"), item("LEITE", milk)]
        sale = nfce(number, items, bread + milk, cpf=cpf(who) if who < MEMBERS else "", **named)
        files, standing = [(f"nfce-{number}.xml", sale)], bread + milk
        fate = self.dice.random()
        if fate < 0.05:
            files.append((f"can-{number}.xml", cancel(number, cnpj=self.cnpj, at=at)))
            standing = 0
        elif fate < 0.10:
            back = _returned(number, bread // 3, **named)
            files.append((f"dev-{number}.xml", back))
            standing -= bread // 3
        self.model.taken_back += len(files) - 1
        if self.dice.random() < 0.5:
            files.reverse()
        self.model.receipts[self.code] += 1
        if who < MEMBERS:
            self.model.cents[who] += standing
        for name, content in files:
            self._put(name, content)

    def _put(self, name: str, content: str) -> None:
        """As tills and people write: at once, in parts, under another name first, packed; and copied or moved after."""
        place = self.folder / self.dice.choice(["", "2026", "2026/11"])
        place.mkdir(parents=True, exist_ok=True)
        path, way = place / name, self.dice.randrange(10)
        if way == 0:
            with path.open("w", encoding="utf-8") as file:
                file.write(content[: len(content) // 2])
                file.flush()
                time.sleep(0.05)
                file.write(content[len(content) // 2 :])
        elif way == 1:
            draft = path.with_suffix(".tmp")
            draft.write_text(content, encoding="utf-8")
            draft.rename(path)
        elif way == 2:
            with zipfile.ZipFile(path.with_suffix(".zip"), "w") as archive:
                archive.writestr(name, content)
        else:
            path.write_text(content, encoding="utf-8")
        self.written += 1
        if way == 3:
            shutil.copy(path, self.folder / f"again-{name}")
        elif way == 4:
            path.rename(self.folder / f"moved-{name}")


def _returned(number: int, cents: int, *, cnpj: str, at: str) -> str:
    """One of the three loaves comes back."""
    references = [key_of(number, cnpj=cnpj)]
    return returned(number, [], [item("PAO", cents)], cents, references=references, cnpj=cnpj, at=at)


def main() -> int:
    """Let it storm, then count."""
    options = _options()
    dice = random.Random(options.seed)
    with environment() as environ:
        folder, began = Path(environ["FIEL_DATA"]), time.monotonic()
        office, shops = _set_up(environ, folder, options.shops, dice)
        port = free_port()
        server = Process(environ, "serve", "--port", str(port), "--no-worker")
        agents: list[Process] = []
        try:
            wait(port)
            _furnish(Client(port, office), shops)
            proxy = Proxy(port, dice)
            proxy.start()
            own = {name: value for name, value in environ.items() if name != "FIEL_DATABASE_URL"}
            secret = key(environ, "storm", "--scope", "import")
            agents = [_agent(own, proxy.port, shop, secret) for shop in shops]
            _storm(options, dice, shops, agents, server, port)
            proxy.calm = True
            _end(agents, shops, own, proxy.port, secret)
        finally:
            for process in (*agents, server):
                process.kill()
        seconds = time.monotonic() - began
        print(f"{database(environ)}, {options.shops} shops, {options.receipts:,} receipts, {seconds:.0f} s")
        print(f"killed: agents {sum(each.killed - 1 for each in agents)}, server {server.killed - 1}")
        print(f"calls: {dict(proxy.fates)}")
        return _tell(environ, shops[0].model)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--receipts", type=int, default=5000)
    parser.add_argument("--shops", type=int, default=3)
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def _set_up(environ: dict[str, str], folder: Path, count: int, dice: random.Random) -> tuple[str, list[Shop]]:
    fiel(environ, "migrate")
    opening = ("--name", "Storm", "--currency", "BRL", "--timezone", "America/Sao_Paulo", "--store", "S1")
    fiel(environ, "business", "create", "storm", *opening, "--owner-email", "o@storm.example")
    model = Model()
    shops = []
    for number in range(1, count + 1):
        place = folder / f"shop {number}"
        place.mkdir()
        shops.append(Shop(f"S{number}", f"11222333{number:04d}81", place, dice, model))
    return key(environ, "storm", "--scope", "office"), shops


def _furnish(office: Client, shops: list[Shop]) -> None:
    """Rules, stores and members."""
    office.headers["If-Match"] = '"0"'
    told = [office.send("PUT", "/programme", PROGRAMME)]
    told.append(office.send("PUT", "/stores", {"items": [{"code": shop.code, "tax_id": shop.cnpj} for shop in shops]}))
    told += [office.send("POST", "/members", {"code": str(n), "tax_id": cpf(n)}) for n in range(MEMBERS)]
    assert {status for status, _ in told} <= {200, 201}, told
    for shop in shops:
        shop.now = datetime.now(UTC) + timedelta(seconds=1)


def _watch(port: int, shop: Shop, secret: str, *more: str) -> tuple[str, ...]:
    swift = ("--every", "0.2", "--settle", "0.3", "--longest-wait", "1")
    return ("watch", f"http://127.0.0.1:{port}", str(shop.folder), "--key", secret, *swift, *more)


def _agent(environ: dict[str, str], port: int, shop: Shop, secret: str) -> Process:
    return Process(environ, *_watch(port, shop, secret))


def _storm(
    options: argparse.Namespace,
    dice: random.Random,
    shops: list[Shop],
    agents: list[Process],
    server: Process,
    port: int,
) -> None:
    """Write receipts while everything is killed now and then; each fourth time it is the server."""
    over = threading.Event()
    pace = options.kills / options.receipts  # so that they are written while others are killed

    def write() -> None:
        for number in range(1, options.receipts + 1):
            shops[number % len(shops)].write(number)
            time.sleep(dice.random() * 2 * pace)
        over.set()

    writer = threading.Thread(target=write)
    writer.start()
    kills = 0
    while kills < options.kills or not over.is_set():
        time.sleep(dice.uniform(0.3, 1.5))
        if kills < options.kills:
            kills += 1
            victim = server if kills % 4 == 0 else dice.choice(agents)
            victim.kill()
            victim.start()
            if victim is server:
                wait(port)
    writer.join()


def _end(agents: list[Process], shops: list[Shop], environ: dict[str, str], port: int, secret: str) -> None:
    """The network is well again: the agents end as they are told to, and what is left is sent."""
    time.sleep(5)  # one that was just killed is up again
    statuses = [agent.stop() for agent in agents]
    assert statuses == [0] * len(agents), f"agents ended with {statuses}"
    for _ in range(20):
        left = [Process(environ, *_watch(port, shop, secret, "--once")) for shop in shops]
        statuses = [process.process.wait() for process in left]
        if not any(statuses):
            break
        time.sleep(1)
    for shop in shops:
        status = (shop.folder / ".fiel-watch" / "status.txt").read_text()
        print(f"{shop.code}: {shop.written:,} files written; {status.strip()}")


def _books(environ: dict[str, str]) -> dict[str, dict[str, int]]:
    """Points of each member and receipts of each store, read from the tables."""
    script = (
        "import django; django.setup()\n"
        "from collections import Counter\n"
        "from django.db.models import Sum\n"
        "from fiel.intake.models import Aside\n"
        "from fiel.sales.models import Receipt, Return\n"
        "from fiel.ledger.models import Entry\n"
        "from fiel.members.models import Member\n"
        "points = dict(Entry.objects.values_list('member_id').annotate(s=Sum('steps')))\n"
        "codes = Member.objects.values_list('id', 'code')\n"
        "import json; print(json.dumps({\n"
        "  'points': {code: points.get(id, 0) for id, code in codes},\n"
        "  'receipts': Counter(Receipt.objects.values_list('store', flat=True)),\n"
        "  'other': {'taken back': Return.objects.count(), 'waiting': Aside.objects.count()}}))\n"
    )
    environ = {**environ, "DJANGO_SETTINGS_MODULE": "fiel.ops.settings"}
    done = subprocess.run([sys.executable, "-c", script], env=environ, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    answer: dict[str, dict[str, int]] = json.loads(done.stdout)
    return answer


def _tell(environ: dict[str, str], model: Model) -> int:
    """Compare the books with the model; the exit status."""
    found = _books(environ)
    expected: dict[str, dict[str, int]] = {
        "points": {str(number): model.cents[number] for number in range(MEMBERS)},
        "receipts": dict(model.receipts),
        "other": {"taken back": model.taken_back, "waiting": 0},
    }
    for name in ("receipts", "other"):
        print(f"{name}: expected {expected[name]}, found {found[name]}")
    differing = [code for code in expected["points"] if expected["points"][code] != found["points"].get(code)]
    total = sum(expected["points"].values())
    print(f"points of {MEMBERS} members: expected {total:,}, found {sum(found['points'].values()):,}")
    print(f"members whose balance differs: {len(differing)}")
    audit = audited(environ, "storm", "--recount")
    print(audit)
    return 0 if found == expected and "everything holds" in audit else 1


if __name__ == "__main__":
    sys.exit(main())
