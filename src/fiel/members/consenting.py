"""Members' answers to what they are asked: rows are added, never changed, with the words they were given.

The last answer to each purpose holds. It is kept with the member, so that nobody else has to find out which one it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import transaction

from fiel.members.find import lock
from fiel.members.models import Consent, Member
from fiel.members.newcomer import Notice
from fiel.tables.write import update

__all__ = ["answer_consents", "hash_of_notice"]


def hash_of_notice(words: str) -> str:
    """The SHA-256 of the words of a notice, which tells later what was agreed to."""
    return hashlib.sha256(words.encode()).hexdigest()


def answer_consents(
    members: Iterable[tuple[Member, Mapping[str, bool], Notice]], *, now: datetime, source: str, by: str
) -> None:
    """Keep the answers of members of a business, by purpose, each beside the words by which they were asked.

    Three statements, however many members.
    """
    given = [each for each in members if each[1]]
    if not given:
        return
    business_id = given[0][0].business_id
    with transaction.atomic():
        held = lock(business_id, [member.id for member, *_ in given])
        for member, answers, _ in given:
            member.consents = held[member.id].consents | answers
        update(
            Member,
            ("business", "id"),
            ("consents",),
            [(business_id, member.id, member.consents) for member, *_ in given],
        )
        Consent.objects.bulk_create(
            Consent(
                business_id=member.business_id,
                member_id=member.id,
                purpose=purpose,
                granted=granted,
                notice_version=notice.version,
                notice_hash=notice.hashes.get(purpose, ""),
                language=notice.language or member.language,
                source=source,
                recorded_by=by,
                recorded_at=now,
            )
            for member, answers, notice in given
            for purpose, granted in answers.items()
        )
