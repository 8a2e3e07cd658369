"""Foreign keys that carry the business, so that no row can ever point into another business.

Django's own foreign keys have one column. `Within` gives a model the joins, `WithinBusiness` gives the table the
constraint; both name the business first, which is also what spreading the tables by business needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models.constraints import BaseConstraint

__all__ = ["Within", "WithinBusiness"]


class Within(models.ForeignObject):  # type: ignore[type-arg]
    """A join to a row of the same business, over columns that the model has: `Within(Member, "member_id", "id")`."""

    def __init__(
        self,
        to: type[models.Model] | str,
        from_fields: str | Sequence[str],
        to_fields: str | Sequence[str] = "id",
        on_delete: Any = models.DO_NOTHING,
        **options: Any,
    ) -> None:
        ours = [from_fields] if isinstance(from_fields, str) else list(from_fields)
        theirs = [to_fields] if isinstance(to_fields, str) else list(to_fields)
        if ours[:1] != ["business"]:
            ours, theirs = ["business", *ours], ["business", *theirs]
        options.setdefault("related_name", "+")
        super().__init__(to, on_delete=on_delete, from_fields=ours, to_fields=theirs, **options)


class WithinBusiness(BaseConstraint):
    """A foreign key of the table over (business, fields) to (business, columns) of another."""

    def __init__(self, *, table: str, fields: Sequence[str], columns: Sequence[str] = ("id",), name: str) -> None:
        super().__init__(name=name)
        self.table = table
        self.fields = tuple(fields)
        self.columns = tuple(columns)

    def _clause(self, model: Any, editor: BaseDatabaseSchemaEditor) -> str:
        quote = editor.quote_name
        ours = ", ".join(quote(model._meta.get_field(name).column) for name in ("business", *self.fields))
        theirs = ", ".join(quote(name) for name in ("business_id", *self.columns))
        return f"FOREIGN KEY ({ours}) REFERENCES {quote(self.table)} ({theirs})"

    def constraint_sql(self, model: Any, schema_editor: Any) -> Any:
        """The clause inside CREATE TABLE."""
        return f"CONSTRAINT {schema_editor.quote_name(self.name)} {self._clause(model, schema_editor)}"

    def create_sql(self, model: Any, schema_editor: Any) -> Any:
        """The statement that adds it. SQLite makes the table anew instead."""
        table = schema_editor.quote_name(model._meta.db_table)
        return f"ALTER TABLE {table} ADD {self.constraint_sql(model, schema_editor)}"

    def remove_sql(self, model: Any, schema_editor: Any) -> Any:
        """The statement that takes it away."""
        table = schema_editor.quote_name(model._meta.db_table)
        return f"ALTER TABLE {table} DROP CONSTRAINT {schema_editor.quote_name(self.name)}"

    def validate(self, *args: Any, **options: Any) -> None:
        """The database decides; there is nothing to look at in a form."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, WithinBusiness) and self.deconstruct() == other.deconstruct()

    def __hash__(self) -> int:
        return hash((self.name, self.table, self.fields, self.columns))

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        """For migrations."""
        path, args, options = super().deconstruct()
        return path, tuple(args), {**options, "table": self.table, "fields": self.fields, "columns": self.columns}
