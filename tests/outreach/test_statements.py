"""Statements each month or quarter, by e-mail or letter, as each member has chosen."""

from __future__ import annotations

from datetime import date
from io import BytesIO

import pypdfium2
import pytest

from fiel.jobs.models import Job, JobFile
from fiel.members.models import Member
from fiel.ops.day import do_day
from fiel.outreach.models import Message, StatementWish
from fiel.outreach.statements import choose, last_span
from fiel.printing import work as printing
from fiel.privacy.erase import erase
from tests.jobs import conftest as jobs
from tests.outreach import test_messages
from tests.outreach.test_messages import ANA, work
from tests.stories.test_invitations import joins, nobody_waits, nothing_compiled

__all__ = ["nobody_waits", "nothing_compiled"]

work_off = jobs.work_off
box, gelateria, shop = test_messages.box, test_messages.gelateria, test_messages.shop
MANY = 40


def words_of(content):
    pages = pypdfium2.PdfDocument(BytesIO(content))
    return [page.get_textpage().get_text_range() for page in pages]


def test_a_month_by_e_mail_with_the_pdf(shop, box, clock):
    """Ana chose e-mail each month: on the first day after it she has it, once, with February's purchase in the PDF."""
    ana = joins(shop, "Ana Souza", email=ANA, phone="+5511987654321")
    shop.sell(("Sorvete", "", 5000), to="+5511987654321")
    choose(shop.business, ana.id, "email", 1, today=clock.now.date())
    work()
    box.came.clear()
    assert do_day(shop.business).counts["statements"] == 0  # March runs still
    clock.set("2026-04-01T12:00:00+00:00")
    assert do_day(shop.business).counts["statements"] == 1
    assert do_day(shop.business).counts["statements"] == 0
    work()
    [mail] = [mail for mail in box.came if mail.is_multipart()]
    [pdf] = list(mail.iter_attachments())
    assert pdf.get_filename() == "gelateria-2026-03.pdf"
    [words] = words_of(pdf.get_payload(decode=True))
    assert "Ana Souza" in words
    assert "50" in words
    choose(shop.business, ana.id, "", 0, today=clock.now.date())
    clock.set("2026-05-01T12:00:00+00:00")
    assert do_day(shop.business).counts["statements"] == 0


def test_letters_of_a_quarter_in_one_pdf(shop, client, clock, work_off):
    """Forty chose a letter each quarter: the office prints them in one go, and they are due no more."""
    for n in range(MANY):
        member = joins(shop, f"Cliente {n}", email=f"c{n}@example.com")
        Member.objects.filter(id=member.id).update(address="Rua das Flores 1\nSantos")
        choose(shop.business, member.id, "letter", 3, today=clock.now.date())
    page = f"/office/{shop.business.slug}/statements/"
    assert client.get(page).context["due"] == 0
    clock.set("2026-04-02T12:00:00+00:00")
    client.logout()
    client.force_login(shop.owner)
    assert client.get(page).context["due"] == MANY
    answer = client.post(page)
    job = Job.objects.get(kind=printing.KIND)
    assert answer["Location"].endswith(f"/printing/{job.id}/")
    assert client.get(page).context["due"] == 0
    work_off()
    pages = words_of(JobFile.objects.get(job_id=job.id).content)
    assert len(pages) == MANY
    assert "Rua das Flores" in pages[0]
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("day", "months", "first", "last"),
    [
        ("2026-04-01", 1, "2026-03-01", "2026-03-31"),
        ("2026-03-31", 1, "2026-02-01", "2026-02-28"),
        ("2026-01-15", 1, "2025-12-01", "2025-12-31"),
        ("2026-06-30", 3, "2026-01-01", "2026-03-31"),
        ("2026-01-01", 3, "2025-10-01", "2025-12-31"),
    ],
)
def test_the_last_time_that_was_over(day, months, first, last):

    span = last_span(date.fromisoformat(day), months)
    assert (span.first.isoformat(), span.last.isoformat()) == (first, last)


def test_a_member_chooses_and_leaves(shop, clock):
    """The choice goes with the person."""

    ana = joins(shop, "Ana", email=ANA)
    choose(shop.business, ana.id, "letter", 1, today=clock.now.date())
    erase(shop.business, ana.id, now=clock.now, by="tests")
    assert not StatementWish.objects.exists()
    assert not JobFile.objects.exists()
