"""A member's own answers to what they are asked: rows are added, never changed, with the words they were given."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from fiel.members.models import Consent, Member

__all__ = ["Answer", "Notice", "answer_consents", "hash_of_notice"]


@dataclass(frozen=True, slots=True)
class Answer:
    """Yes or no to one purpose."""

    purpose: str
    granted: bool


@dataclass(frozen=True, slots=True)
class Notice:
    """The words that were shown: their version, and the hash of each purpose's words."""

    version: str
    hashes: Mapping[str, str]


def hash_of_notice(words: str) -> str:
    """The SHA-256 of the words of a notice, which tells later what was agreed to."""
    return hashlib.sha256(words.encode()).hexdigest()


def answer_consents(member: Member, answers: Iterable[Answer], *, notice: Notice, language: str, now: datetime) -> None:
    """Keep a member's answers, given in the portal."""
    Consent.objects.bulk_create(
        Consent(
            business_id=member.business_id,
            member_id=member.id,
            purpose=answer.purpose,
            granted=answer.granted,
            notice_version=notice.version,
            notice_hash=notice.hashes.get(answer.purpose, ""),
            language=language,
            source="portal",
            recorded_by="member",
            recorded_at=now,
        )
        for answer in answers
    )
