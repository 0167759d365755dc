"""Read from the state table how each invoice stands, to show it. `check` does not use this."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer

from invoicesync.domain.explanations import EXPLANATIONS
from invoicesync.domain.problems import ProblemCode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sandbox.cloud.local import LocalCloud
    from sandbox.demo.world import World

_LEDGER = "LEDGER"


@dataclass(frozen=True, slots=True)
class Held:
    """An invoice in front of a person: what is wrong, in plain words, and what mends it."""

    servicetrade_id: int
    number: str
    customer: str
    total: Decimal
    code: str
    sentence: str
    detail: str
    where: str
    fix: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How every invoice stands."""

    by_state: Mapping[str, int]
    waiting: Mapping[str, int]
    ignored: Mapping[str, int]
    held: tuple[Held, ...]
    ids: Mapping[int, str]
    """QuickBooks' Ids by ServiceTrade's."""

    def held_by_code(self) -> dict[str, int]:
        """Count what is held by its first problem."""
        return dict(sorted(Counter(each.code for each in self.held).items()))


def read_standing(cloud: LocalCloud, world: World) -> Standing:
    """Read the whole ledger."""
    items = list(_ledger(cloud))
    held = [_held(item, world) for item in items if item.get("state") == "HELD"]
    return Standing(
        by_state=_count(items, "state"),
        waiting=_count([each for each in items if each.get("state") == "WAITING"], "reason"),
        ignored=_count([each for each in items if each.get("state") == "IGNORED"], "reason"),
        held=tuple(sorted(held, key=lambda each: (each.code, each.number))),
        ids={_identity(item): str(item["qbo_id"]) for item in items if item.get("qbo_id")},
    )


def _ledger(cloud: LocalCloud) -> Iterator[dict[str, Any]]:
    read = TypeDeserializer().deserialize
    pages = cloud.client("dynamodb").get_paginator("scan")
    for page in pages.paginate(TableName=cloud.ref("StateTable")):
        for item in page["Items"]:
            plain = {name: read(value) for name, value in item.items()}
            if plain.get("sk") == _LEDGER:
                yield plain


def _count(items: list[dict[str, Any]], name: str) -> dict[str, int]:
    return dict(sorted(Counter(str(item.get(name)) for item in items).items()))


def _identity(item: Mapping[str, Any]) -> int:
    return int(str(item["pk"]).partition("#")[2])


def _held(item: Mapping[str, Any], world: World) -> Held:
    identity = _identity(item)
    row = world.account.show("invoice", identity)
    problems = item.get("problems") or [{"code": item["reason"]}]
    first = problems[0]
    said = EXPLANATIONS[ProblemCode(first["code"])]
    return Held(
        servicetrade_id=identity,
        number=row["invoiceNumber"] or "(none)",
        customer=(row["customer"] or {}).get("name", ""),
        total=Decimal(str(row["totalPrice"])),
        code=first["code"],
        sentence=said.sentence,
        detail=first.get("detail", ""),
        where=first.get("where", ""),
        fix=said.fix,
    )


def dollars(amount: Decimal) -> str:
    """Write an amount of money."""
    return f"-${-amount:,.2f}" if amount < 0 else f"${amount:,.2f}"
