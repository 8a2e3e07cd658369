"""The business, its stores, catalogue and programme, as they are sent and answered."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from fiel.wire.fields import Answer, Body, Code, Label, LongCode, Name, ShortName

__all__ = [
    "DepartmentsAnswer",
    "DepartmentsIn",
    "GroupsAnswer",
    "GroupsIn",
    "MeAnswer",
    "ProductsAnswer",
    "ProductsIn",
    "ProgrammeAnswer",
    "PublishedAnswer",
    "PutAnswer",
    "StoresAnswer",
    "StoresIn",
]

MOST_STORES = 1000
MOST_ROWS = 10_000


class TillIn(Body):
    """A till of the store; those left out stay."""

    code: Code
    name: Name | None = None


class StoreIn(Body):
    """A store, by its code; what is left out is emptied, but for its tills."""

    code: Code
    name: Name | None = None
    timezone: Annotated[str, Field(max_length=64)] | None = Field(
        None, description='By its name, as "America/Manaus"; left out: the business\'s.'
    )
    tax_id: Annotated[str, Field(max_length=20)] | None = None
    tills: Annotated[list[TillIn], Field(max_length=500)] | None = None


class StoresIn(Body):
    """Stores to make or change."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        json_schema_extra={
            "examples": [
                {"items": [{"code": "S1", "name": "Centro", "timezone": "America/Manaus", "tills": [{"code": "T1"}]}]}
            ]
        },
    )

    items: Annotated[list[StoreIn], Field(min_length=1, max_length=MOST_STORES)]


class DepartmentIn(Body):
    """A department, by its code; what is left out is emptied."""

    code: Code
    name: Name | None = None
    parent: Code | None = Field(None, description="The code of the one above it: one that is there, or comes along.")


class DepartmentsIn(Body):
    """Departments to make or change, all of them or none."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        json_schema_extra={"examples": [{"items": [{"code": "food"}, {"code": "bakery", "parent": "food"}]}]},
    )

    items: Annotated[list[DepartmentIn], Field(min_length=1, max_length=MOST_ROWS)]


class ProductIn(Body):
    """A product, by its code; what is left out is emptied."""

    code: LongCode
    name: Name | None = None
    department: Code | None = Field(None, description="The code of a department that is there.")
    brand: ShortName | None = None
    tags: Annotated[list[Label], Field(max_length=12)] | None = None


class ProductsIn(Body):
    """Products to make or change, all of them or none."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        json_schema_extra={
            "examples": [
                {"items": [{"code": "7891000100103", "name": "Pão francês", "department": "bakery", "tags": ["fresh"]}]}
            ]
        },
    )

    items: Annotated[list[ProductIn], Field(min_length=1, max_length=MOST_ROWS)]


class GroupIn(Body):
    """Which department a kind of goods belongs to, in the terms of files."""

    scheme: Literal["ncm", "group"] = Field(description="ncm: the goods' code in Brazil; group: SAF-T's product group.")
    code: Code = Field(description="Of an NCM its beginning is enough: 1905 holds for 19052090.")
    department: Code | None = Field(None, description="The code of a department that is there; null: none.")


class GroupsIn(Body):
    """Groups of goods to place, all of them or none."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        json_schema_extra={"examples": [{"items": [{"scheme": "ncm", "code": "1905", "department": None}]}]},
    )

    items: Annotated[list[GroupIn], Field(min_length=1, max_length=MOST_ROWS)]


# What is answered


class PutAnswer(Answer):
    """How many were made, changed, or as they should be already."""

    new: int
    changed: int
    unchanged: int


class BusinessRead(Answer):
    """The business whose key it is."""

    slug: str
    name: str
    country: str
    language: str
    timezone: str


class UnitRead(Answer):
    """Something that the programme counts."""

    code: str
    kind: str
    decimals: int
    visible: bool = Field(description="Whether members are shown the figure.")


class MeAnswer(Answer):
    """What the key is for."""

    business: BusinessRead
    store: str | None = Field(description="The store that the key is bound to.")
    till: str | None = Field(description="The till that the key is bound to.")
    scopes: list[str]
    currency: str
    programme_version: int | None = Field(description="The version in force now.")
    units: list[UnitRead]
    server_time: str


class TillRead(Answer):
    """A till of the store. Tills make themselves known with their first receipt."""

    code: str
    name: str


class StoreRead(Answer):
    """A store."""

    code: str
    name: str
    timezone: str | None = Field(description="The store's own; null: the business's.")
    tax_id: str
    tills: list[TillRead]


class StoresAnswer(Answer):
    """A page of stores."""

    items: list[StoreRead]
    next_cursor: str | None


class DepartmentRead(Answer):
    """A department."""

    code: str
    name: str
    parent: str | None


class DepartmentsAnswer(Answer):
    """A page of departments."""

    items: list[DepartmentRead]
    next_cursor: str | None


class GroupRead(Answer):
    """A group of goods."""

    scheme: str
    code: str
    department: str | None = Field(description="null: a file named it, and it waits for somebody to say.")
    description: str = Field(description="What the first receipt that named it called it.")


class GroupsAnswer(Answer):
    """A page of groups of goods."""

    items: list[GroupRead]
    next_cursor: str | None


class ProductRead(Answer):
    """A product."""

    code: str
    name: str
    department: str | None
    brand: str
    tags: list[str]


class ProductsAnswer(Answer):
    """A page of products."""

    items: list[ProductRead]
    next_cursor: str | None


class ProgrammeAnswer(Answer):
    """The version that was published last, with its document; decimals in it are text."""

    version: int
    in_force_from: str
    published_at: str
    published_by: str
    document: dict[str, Any]


class PublishedAnswer(ProgrammeAnswer):
    """The version that was published just now; what is allowed in it but hardly meant stands in `warnings`."""

    warnings: list[str]
