"""What cannot be right in a document that was sent: where, as a JSON pointer, and a sentence for a person."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.utils.translation import gettext, gettext_lazy

from fiel.core.refusals import Fault, Refused

__all__ = ["ODD", "UNKEEPABLE", "pointer", "refused_by_model"]

# PostgreSQL keeps neither, and a lone surrogate is no character at all.
ODD = "A text holds NUL, or half a character (a lone surrogate): neither can be kept."
UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")

# pydantic's words for a programmer, and ours for a person; what is not listed is told in pydantic's.
_SENTENCES: dict[str, Any] = {
    "missing": gettext_lazy("this is needed"),
    "extra_forbidden": gettext_lazy("there is no such field here"),
    "string_type": gettext_lazy("write a text"),
    "string_too_short": gettext_lazy("write at least %(min_length)s characters"),
    "string_too_long": gettext_lazy("write at most %(max_length)s characters"),
    "string_pattern_mismatch": gettext_lazy("this is not written as it must be; see the documentation"),
    "int_type": gettext_lazy("write a whole number"),
    "int_parsing": gettext_lazy("write a whole number"),
    "int_from_float": gettext_lazy("write a whole number"),
    "bool_type": gettext_lazy("write true or false"),
    "list_type": gettext_lazy("write a list"),
    "dict_type": gettext_lazy("write an object"),
    "model_type": gettext_lazy("write an object"),
    "model_attributes_type": gettext_lazy("write an object"),
    "greater_than_equal": gettext_lazy("write a number of at least %(ge)s"),
    "less_than_equal": gettext_lazy("write a number of at most %(le)s"),
    "too_short": gettext_lazy("give at least %(min_length)s"),
    "too_long": gettext_lazy("give at most %(max_length)s"),
    "literal_error": gettext_lazy("choose one of: %(expected)s"),
}


def pointer(path: Iterator[Any] | list[Any] | tuple[Any, ...]) -> str:
    """A JSON pointer (RFC 6901) to a place in a document."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def refused_by_model(errors: Iterable[Mapping[str, Any]], *, skip: int = 0) -> Refused:
    """What pydantic found wrong, as a refusal; `skip`: how many first steps of each place are not the sender's."""
    faults = [Fault(pointer(error["loc"][skip:]), _sentence(error)) for error in errors]
    detail = gettext("%(count)s things in the request cannot be right.") % {"count": len(faults)}
    if len(faults) == 1:
        [fault] = faults
        place = fault.pointer or gettext("The body")
        detail = gettext("%(place)s: %(sentence)s.") % {"place": place, "sentence": fault.detail}
    return Refused("invalid", detail, faults)


def _sentence(error: Mapping[str, Any]) -> str:
    sentence = _SENTENCES.get(error["type"])
    return str(sentence) % error.get("ctx", {}) if sentence is not None else str(error["msg"])
