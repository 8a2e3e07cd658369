"""What the columns of a table are: our names, the words by which others call them, and what a business said of its own.

A table is of one kind: sales, members, products or groups. Its columns are proposed from their names; what a person
says of them is remembered with the header, so that the next file with the same header needs nothing.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

__all__ = ["KINDS", "NAMES", "NAMES_OF", "Columns", "Meaning", "header_key", "missing", "plain", "proposed", "why_not"]

KINDS = ("sales", "members", "products", "groups")

# Ours, and what Portuguese, Spanish and English exports write. Compared without case, accents and marks.
_WORDS: dict[str, str] = {
    "phone": "mobile; mobile phone; telephone; celular; telefone; telemovel; telefono; movil; whatsapp; fone",
    "card": "card number; cartao; numero do cartao; n do cartao; n cartao; tarjeta; numero de tarjeta; n tarjeta",
    "tax_id": "tax number; cpf; cnpj; cpf cnpj; nif; nie; dni; cif; contribuinte; vat number",
    "email": "e mail; mail; correo; correo electronico",
    "code": "member number; customer code; cod cliente; codigo cliente; codigo do cliente; id cliente; n socio",
    "name": "customer name; customer; full name; nome; nome do cliente; cliente; nombre; nombre del cliente",
    "birth_date": "birthday; birthdate; date of birth; nascimento; data de nascimento; data nasc; dt nascimento; "
    "aniversario; fecha de nacimiento; nacimiento; cumpleanos",
    "joined": "since; member since; cliente desde; data de cadastro; cadastro; data de adesao; fecha de alta",
    "points": "balance; opening balance; pontos; saldo; saldo de pontos; puntos; saldo de puntos",
    "unit": "unidade de pontos",
    "expires_on": "expires; expiry; validade; vencimento; data de validade; caducidad",
    "language": "idioma",
    "types": "customer type; tipo de cliente; grupo de clientes",
    "marketing": "newsletter; aceita marketing; acepta marketing",
    "store": "shop; branch; loja; filial; tienda; sucursal; empresa",
    "till": "pos; register; terminal; caixa; pdv; caja",
    "number": "receipt; receipt number; ticket; ticket number; numero; cupom; nota; n nota; numero da nota; talao; "
    "fatura; factura; recibo; order; pedido; venda",
    "occurred_at": "date and time; datetime; timestamp; data hora; data e hora; emissao; fecha y hora; fecha hora",
    "date": "day; data; data da venda; data de emissao; fecha; dia",
    "time": "hour; hora",
    "product": "product code; item code; sku; codigo do produto; cod produto; codigo produto; codigo; ref; referencia; "
    "codigo articulo; ean; gtin; barcode; codigo de barras",
    "description": "product name; item; article; produto; descricao; artigo; producto; articulo; descripcion",
    "quantity": "qty; qtd; qtde; quant; quantidade; cantidad; unidades",
    "amount": "gross; value; total; line total; subtotal; valor; valor total; valor bruto; montante; importe",
    "price": "unit price; preco; preco unitario; valor unitario; precio; precio unitario",
    "discount": "desconto; valor do desconto; descuento",
    "sale_discount": "desconto no total; descuento total",
    "tax_rate": "vat; vat rate; iva; taxa de iva; imposto; tipo iva",
    "department": "category; group; departamento; categoria; grupo; secao; seccao; seccion; familia",
    "brand": "marca",
    "tags": "etiquetas",
    "payment": "payment method; pagamento; forma de pagamento; meio de pagamento; pago; forma de pago",
    "cashier": "operator; operador; cajero; vendedor",
    "profiling": "perfil",
    "partners": "parceiros; socios",
    "scheme": "esquema",
    "group": "ncm; product group; grupo fiscal",
}
NAMES = tuple(_WORDS)

_WHO = ("phone", "card", "tax_id", "email", "code")
NAMES_OF: dict[str, tuple[str, ...]] = {
    "sales": (
        *("store", "till", "number", "occurred_at", "date", "time", *_WHO, "product", "description", "quantity"),
        *("amount", "price", "discount", "sale_discount", "tax_rate", "department", "brand", "tags", "payment"),
        "cashier",
    ),
    "members": (
        *("name", *_WHO, "birth_date", "joined", "points", "unit", "expires_on", "language", "types"),
        *("marketing", "profiling", "partners"),
    ),
    "products": ("code", "name", "department", "brand", "tags"),
    "groups": ("scheme", "group", "department"),
}
"""What the columns of each kind of table can be."""

_NEEDED: dict[str, tuple[tuple[str, ...], ...]] = {
    "sales": (("store",), ("number",), ("date", "occurred_at"), ("amount", "price")),
    "members": (("card", "code", "email", "phone", "tax_id"),),
    "products": (("code", "product"),),
    "groups": (("group",), ("department",)),
}

_PERSON = frozenset({"phone", "card", "tax_id", "email", "birth_date", "points"})
_GOODS = frozenset({"product", "code"})


@dataclass(frozen=True, slots=True)
class Columns:
    """What a table's columns mean: `ours` by the header's own names; `fixed`: what holds for every row."""

    kind: str
    ours: Mapping[str, str]
    fixed: Mapping[str, str] = field(default_factory=dict)

    def cells(self, header: Sequence[str], values: Sequence[str]) -> dict[str, str]:
        """A row by our names; what nobody knows is left out."""
        said = dict(self.fixed)
        for name, value in zip(header, values, strict=False):
            ours = self.ours.get(name)
            if ours and value:
                said[ours] = value
        return said


Meaning = Callable[[Sequence[str]], Columns | None]
"""What the columns of a header are; None where nobody can tell."""


def proposed(header: Sequence[str], *, kind: str = "", whole: bool = True) -> Columns | None:
    """What the columns probably are; None where nobody can tell. `whole` False: also where something is missing."""
    ours: dict[str, str] = {}
    for exact in (True, False):
        for name in header:
            said = _ours(name, exact=exact)
            if said and name not in ours and said not in ours.values():
                ours[name] = said
    kind = kind or _kind(set(ours.values()))
    if kind == "products":
        ours = {name: {"product": "code", "description": "name"}.get(said, said) for name, said in ours.items()}
    found = Columns(kind, ours)
    return found if not whole or (kind and not why_not(found)) else None


def why_not(columns: Columns) -> str:
    """What is missing for a table of this kind; empty where it can be read."""
    names = {*columns.ours.values(), *columns.fixed}
    if columns.kind not in KINDS:
        return f"say what it holds: {', '.join(KINDS)}"
    unknown = sorted(names - set(NAMES))
    if unknown:
        return f"there is no column {unknown[0]!r} with us; there are {', '.join(NAMES)}"
    said = list(columns.ours.values())
    twice = sorted(name for name in set(said) if said.count(name) > 1)
    if twice:
        return f"{twice[0]} is said twice"
    needed = [" or ".join(either) for either in missing(columns)]
    return f"no column tells {', '.join(needed)}" if needed else ""


def missing(columns: Columns) -> list[tuple[str, ...]]:
    """What no column tells that a table of this kind needs: of each the names of which one would do."""
    names = {*columns.ours.values(), *columns.fixed}
    return [either for either in _NEEDED[columns.kind] if not names & set(either)]


def header_key(header: Iterable[str]) -> str:
    """What tells a header from any other, whatever the case and accents of its names."""
    return hashlib.blake2b("\n".join(map(plain, header)).encode(), digest_size=16).hexdigest()


def plain(name: str) -> str:
    """A name in small letters, without accents and marks: "Nº do Cartão" is "n do cartao"."""
    bare = unicodedata.normalize("NFKD", name.replace("º", "").replace("ª", "")).casefold()
    return re.sub(r"[^a-z0-9]+", " ", "".join(mark for mark in bare if not unicodedata.combining(mark))).strip()


def _ours(name: str, *, exact: bool) -> str:
    bare = plain(name)
    if exact:
        return next((ours for ours in NAMES if plain(ours) == bare), "")
    return _BY_WORD.get(bare, "")


_BY_WORD = {word.strip(): ours for ours, words in _WORDS.items() for word in words.split(";")}


def _kind(names: set[str]) -> str:
    if names >= {"group", "department"} and not names & _PERSON:
        return "groups"
    if names & {"amount", "price"} and names & {"occurred_at", "date"}:
        return "sales"
    if names & _PERSON:
        return "members"
    if names & _GOODS and names & {"name", "description", "department"}:
        # A code and a name alone could be either; a department makes it goods.
        return "products" if names & {"department", "description", "brand", "tags"} else "members"
    return ""
