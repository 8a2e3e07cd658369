"""Workers that die while they write to members: each message arrives, and none more than twice."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter

from tests.outreach import test_kill
from tests.outreach.test_kill import kill
from tests.outreach.test_messages import mail_server
from tests.processes import PATIENCE_S, until

MANY, KILLS = 40, max(2, test_kill.KILLS)
SETUP = f"""
import django
django.setup()
from fiel import clock
from fiel.core.identity import Identity
from fiel.members.enrol import Newcomer, enrol
from fiel.outreach.messages.queue import Draft, put
from fiel.outreach.models import Messaging
from fiel.shops.models import Business
business, now = Business.objects.get(slug="padaria"), clock.now()
Messaging.objects.create(business=business, channels=["email"], quiet_from=0, quiet_until=0)
new = [Newcomer(identities=(Identity("email", f"m{{n}}@example.com"),), name=f"M{{n}}") for n in range({MANY})]
members = enrol(business, new, now=now, today=now.date(), source="tests", by="tests")
drafts = [Draft(each.id, "notice.tier", f"t:{{each.id}}", ("notices",), facts={{"tier": "gold"}}) for each in members]
assert put(business.id, drafts, now=now) == {MANY}
"""


def python(environ, code):
    own = {**environ, "DJANGO_SETTINGS_MODULE": "fiel.ops.settings"}
    subprocess.run([sys.executable, "-c", code], env=own, capture_output=True, check=True, timeout=PATIENCE_S)


def test_each_message_once_although_workers_are_killed(environ, clock):
    """Workers die, each in the middle of it. A mail server cannot tell a repeat: one of a message may come."""
    dice = random.Random(11)
    with mail_server() as box:
        answer = box.handle_DATA

        async def slowly(server, session, envelope):
            time.sleep(0.05)
            return await answer(server, session, envelope)

        box.handle_DATA = slowly
        clock.set(test_kill.MOMENT)
        environ |= {"FIEL_CLOCK_FILE": str(clock.file), "FIEL_EMAIL_URL": f"smtp://127.0.0.1:{box.port}"}
        own = test_kill.House(environ, test_kill.opened(environ))
        try:
            python(environ, SETUP)
            for _ in range(KILLS):
                before, worker = len(box.came), own.work()
                until(lambda before=before: len(box.came) >= min(before + 5, MANY), f"nothing was sent after {before}")
                time.sleep(dice.random() / 5)
                kill(worker)
            own.work()
            until(lambda: len({mail["To"] for mail in box.came}) == MANY, "some were never sent")
        finally:
            own.end()
        came = Counter(mail["To"] for mail in box.came)
        assert set(came) == {f"m{n}@example.com" for n in range(MANY)}
        assert max(came.values()) <= 2
        ids = {mail["To"]: mail["Message-ID"] for mail in box.came}
        assert all(ids[mail["To"]] == mail["Message-ID"] for mail in box.came)
