"""Departments and products."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from fiel.shops.models import Business
from fiel.tables.keys import WithinBusiness

__all__ = ["Department", "GoodsGroup", "Product", "UnknownProduct"]


class Department(models.Model):
    """A part of the assortment; departments form a tree."""

    pk = models.CompositePrimaryKey("business", "code")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="departments")
    code = models.CharField(max_length=50)
    name = models.CharField(max_length=200, blank=True, default="")
    parent = models.CharField(max_length=50, null=True)  # noqa: DJ001 - a foreign key's null is no empty text

    class Meta:
        constraints: ClassVar = [
            WithinBusiness(table="catalogue_department", fields=["parent"], columns=["code"], name="department_parent"),
        ]

    def __str__(self) -> str:
        return self.name or self.code


class Product(models.Model):
    """What can be sold. Its department need not be known."""

    pk = models.CompositePrimaryKey("business", "code")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="products")
    code = models.CharField(max_length=64)
    name = models.CharField(max_length=200, blank=True, default="")
    department = models.CharField(max_length=50, null=True)  # noqa: DJ001 - a foreign key's null is no empty text
    brand = models.CharField(max_length=100, blank=True, default="")
    tags = models.JSONField(default=list)

    class Meta:
        constraints: ClassVar = [
            WithinBusiness(
                table="catalogue_department", fields=["department"], columns=["code"], name="product_department"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["business", "department"], name="product_by_department")]

    def __str__(self) -> str:
        return self.name or self.code


class UnknownProduct(models.Model):
    """A product that a receipt named and the catalogue does not know: it waits for a department."""

    pk = models.CompositePrimaryKey("business", "code")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="+")
    code = models.CharField(max_length=64)
    description = models.CharField(max_length=200, blank=True, default="")
    department = models.CharField(max_length=50, blank=True, default="")
    first_seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.code


class GoodsGroup(models.Model):
    """A kind of goods in the terms of files (an NCM code, a product group), and the department that it belongs to.

    `department` null: a file named it, and it waits for somebody to say.
    """

    pk = models.CompositePrimaryKey("business", "scheme", "code")
    business = models.ForeignKey(Business, models.PROTECT, db_index=False, related_name="+")
    scheme = models.CharField(max_length=10)
    code = models.CharField(max_length=50)
    department = models.CharField(max_length=50, null=True)  # noqa: DJ001 - a foreign key's null is no empty text
    description = models.CharField(max_length=200, blank=True, default="", db_default="")

    class Meta:
        constraints: ClassVar = [
            WithinBusiness(
                table="catalogue_department", fields=["department"], columns=["code"], name="group_department"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scheme} {self.code}"
