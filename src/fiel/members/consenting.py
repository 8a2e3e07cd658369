"""Members' answers to what they are asked: rows are added, never changed, with the words they were given."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime

from fiel.members.models import Consent, Member
from fiel.members.newcomer import Notice

__all__ = ["answer_consents", "hash_of_notice"]


def hash_of_notice(words: str) -> str:
    """The SHA-256 of the words of a notice, which tells later what was agreed to."""
    return hashlib.sha256(words.encode()).hexdigest()


def answer_consents(
    members: Iterable[tuple[Member, Mapping[str, bool], Notice]], *, now: datetime, source: str, by: str
) -> None:
    """Keep the answers of members, by purpose, each beside the words by which they were asked. One statement."""
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
        for member, answers, notice in members
        for purpose, granted in answers.items()
    )
