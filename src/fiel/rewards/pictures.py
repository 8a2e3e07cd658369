"""Pictures of rewards: small, of few kinds, told apart by what is in them, never by what somebody says they are."""

from __future__ import annotations

import hashlib

from django.db import transaction

from fiel import clock
from fiel.core.refusals import Fault, Refused
from fiel.rewards.models import Reward, RewardPicture
from fiel.shops.models import Business
from fiel.trail.note import note

__all__ = ["MOST_BYTES", "TYPES", "drop_picture", "picture_digests", "picture_of", "put_picture", "type_of"]

MOST_BYTES = 512 * 1024
TYPES = ("image/png", "image/jpeg", "image/webp")
"""No SVG: it may carry a script."""


def put_picture(business: Business, reward_code: str, data: bytes) -> RewardPicture:
    """Give a reward its picture. Raises `not_found` for the reward, `too_large`, `invalid` for what is no picture."""
    if not Reward.objects.filter(business=business, code=reward_code).exists():
        raise Refused("not_found", "No reward has this code.")
    if len(data) > MOST_BYTES:
        raise Refused("too_large", f"A picture has at most {MOST_BYTES // 1024} KiB; make it smaller.")
    kind = type_of(data)
    if kind is None:
        raise Refused("invalid", "This is no picture.", [Fault("/data", "send a PNG, JPEG or WebP file")])
    said = {"type": kind, "data": data, "digest": hashlib.sha256(data).hexdigest()}
    with transaction.atomic():
        was = picture_digests(business.pk, [reward_code]).get(reward_code, "")
        picture, _ = RewardPicture.objects.update_or_create(business=business, reward=reward_code, defaults=said)
        before, after = {"digest": was}, {"digest": picture.digest}
        note(business.pk, "reward.picture_set", about=reward_code, before=before, after=after, now=clock.now())
    return picture


def drop_picture(business: Business, reward_code: str) -> None:
    """Take a reward's picture away. Raises `not_found` where there is none."""
    with transaction.atomic():
        if not RewardPicture.objects.filter(business=business, reward=reward_code).delete()[0]:
            raise Refused("not_found", "There is no picture of such a reward.")
        note(business.pk, "reward.picture_dropped", about=reward_code, now=clock.now())


def picture_of(business_id: int, reward_code: str) -> RewardPicture | None:
    """A reward's picture: `data` to be sent as `type`, with `digest` for caches."""
    return RewardPicture.objects.filter(business_id=business_id, reward=reward_code).first()


def picture_digests(business_id: int, reward_codes: list[str]) -> dict[str, str]:
    """Which of these rewards have a picture, and what tells it from an earlier one."""
    rows = RewardPicture.objects.filter(business_id=business_id, reward__in=reward_codes)
    return dict(rows.values_list("reward", "digest"))


def type_of(data: bytes) -> str | None:
    """What a file is, by how it begins and ends."""
    if data.startswith(b"\x89PNG\r\n\x1a\n") and data[12:16] == b"IHDR" and data.rstrip(b"\x00")[-8:-4] == b"IEND":
        return "image/png"
    if data.startswith(b"\xff\xd8\xff") and data.rstrip(b"\x00").endswith(b"\xff\xd9"):
        return "image/jpeg"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP" and int.from_bytes(data[4:8], "little") + 8 <= len(data):
        return "image/webp"
    return None
