"""Find the customer of an invoice, or make one where the mapping allows it."""

import difflib
import json
from collections.abc import Iterable
from typing import Protocol

from invoicesync.domain.document import Customer, Reference
from invoicesync.domain.ids import RequestId
from invoicesync.domain.problems import Problem, ProblemCode
from invoicesync.errors import BusyError, OutcomeUnknownError
from invoicesync.ports import Books, Comparison, FaultKind, Random
from invoicesync.state.references import Known, References

_KINDS = {"Customer": "an inactive customer", "Vendor": "a vendor", "Employee": "an employee"}
"""Who shares the one name space, and what to call whoever bears a name that we want."""


class Rows(Protocol):
    """The rows of a batch's lists."""

    def find(self, entity: str, name: str) -> Known | None:
        """Return an active row."""

    def is_inactive(self, entity: str, name: str) -> bool:
        """Say whether the name is there, but inactive."""

    def sharing(self, entity: str, name: str) -> tuple[str, ...]:
        """Return the ids of several active rows of one name."""


class Customers:
    """Resolves customers, and creates missing ones under a conditional item of their own."""

    def __init__(self, books: Books, references: References, random: Random) -> None:
        self._books = books
        self._references = references
        self._random = random

    def find(self, customer: Customer, rows: Rows, problems: list[Problem]) -> str:
        """Return the id of the customer to bill; on a problem, add it and return an empty text."""
        known = self._existing(customer.reference, rows, problems)
        if known is None:
            known = self._missing(customer, rows, problems)
        if known is None:
            return ""
        if None not in (customer.taxable, known.taxable) and customer.taxable != known.taxable:
            taxed = "carries tax" if customer.taxable else "carries no tax"
            is_ = "taxable" if known.taxable else "not taxable"
            detail = f"the invoice {taxed}, but customer {known.name!r} is {is_} in QuickBooks"
            problems.append(Problem(ProblemCode.TAXABILITY_DIFFERS, detail))
        return known.id

    def _existing(self, reference: Reference, rows: Rows, problems: list[Problem]) -> Known | None:
        by_id = rows.find("Customer", f"#{reference.id}") if reference.id is not None else None
        if by_id is None:
            return rows.find("Customer", reference.name) if reference.name else None
        if reference.name and by_id.name.casefold() != reference.name.casefold():
            detail = (
                f"ServiceTrade's external id {reference.id} is {by_id.name!r} in QuickBooks, "
                f"not {reference.name!r}"
            )
            problems.append(Problem(ProblemCode.CUSTOMER_MISMATCH, detail))
        return by_id

    def _missing(self, customer: Customer, rows: Rows, problems: list[Problem]) -> Known | None:
        name = customer.reference.name
        if not name:
            detail = f"no active customer with the id {customer.reference.id} in QuickBooks"
            problems.append(Problem(ProblemCode.CUSTOMER_MISSING, detail))
            return None
        if ids := rows.sharing("Customer", name):
            detail = f"several customers are named {name!r} in QuickBooks (ids {', '.join(ids)})"
            problems.append(Problem(ProblemCode.CUSTOMER_MISMATCH, detail))
            return None
        if rows.is_inactive("Customer", name):
            detail = f"customer {name!r} is inactive in QuickBooks"
            problems.append(Problem(ProblemCode.CUSTOMER_INACTIVE, detail))
            return None
        parent_id: str | None = None
        if customer.parent is not None:
            parent = self._existing(customer.parent, rows, problems)
            if parent is None:
                self._report_missing(customer.parent.name or "", problems)
                return None
            parent_id = parent.id
        if not customer.may_create:
            self._report_missing(name, problems)
        if problems:
            return None
        return self._create(name, parent_id, problems)

    def _report_missing(self, name: str, problems: list[Problem]) -> None:
        word = max(name.split(), key=len, default=name)
        rows = self._books.query(
            "Customer", where=[Comparison("DisplayName", "LIKE", f"%{word[:4]}%")], limit=200
        )
        close = nearest(name, [str(row.get("DisplayName", "")) for row in rows])
        hint = f"; nearest: {', '.join(repr(one) for one in close)}" if close else ""
        detail = f"no customer {name!r} in QuickBooks{hint}"
        problems.append(Problem(ProblemCode.CUSTOMER_MISSING, detail))

    def _create(self, name: str, parent_id: str | None, problems: list[Problem]) -> Known | None:
        asked: dict[str, object] = {"DisplayName": name}
        if parent_id is not None:
            asked |= {"Job": True, "ParentRef": {"value": parent_id}}
        body = json.dumps(asked, ensure_ascii=False)
        granted = self._references.start_creating(name, self._random.token(), body)
        if granted is None:
            raise BusyError(f"customer {name!r} is being created by another loader")
        request_id, body = granted
        # Name lists are guarded by their unique name, not surely by requestid: a repeat answers
        # 6240, and then the name is looked up.
        written, _ = self._books.create("Customer", body.encode(), request_id=RequestId(request_id))
        if written.fault is None and written.entity is not None:
            return self._created(name, written.entity)
        fault = written.fault
        if fault is None or fault.kind is FaultKind.UNKNOWN:
            raise OutcomeUnknownError(f"it is not known whether customer {name!r} was created")
        if fault.kind is FaultKind.DUPLICATE_NAME:
            return self._taken(name, problems)
        self._references.end_creating(name)
        detail = f"QuickBooks refused customer {name!r}: {fault.code} {fault.message}"
        problems.append(Problem(ProblemCode.CUSTOMER_MISSING, detail))
        return None

    def _created(self, name: str, entity: object) -> Known:
        row = dict(entity) if isinstance(entity, dict) else {}
        taxable = row.get("Taxable")
        known = Known(
            id=str(row["Id"]),
            name=str(row.get("DisplayName", name)),
            taxable=taxable if isinstance(taxable, bool) else None,
        )
        self._references.keep("Customer", {name: known})
        self._references.end_creating(name)
        return known

    def _taken(self, name: str, problems: list[Problem]) -> Known | None:
        """Find who bears the name: customers, vendors and employees share one name space."""
        for entity, kind in _KINDS.items():
            rows = self._books.query(
                entity,
                where=[
                    Comparison("DisplayName", "=", name),
                    Comparison("Active", "IN", ["true", "false"]),
                ],
            )
            for row in rows:
                if entity == "Customer" and row.get("Active") is not False:
                    return self._created(name, row)
                code = (
                    ProblemCode.CUSTOMER_INACTIVE
                    if entity == "Customer"
                    else ProblemCode.CUSTOMER_MISSING
                )
                problems.append(Problem(code, f"{name!r} is {kind} in QuickBooks"))
                self._references.end_creating(name)
                return None
        if self._references.began_creating_lately(name):
            # Nobody is to be told of a hold that the next look takes back.
            raise BusyError(f"QuickBooks refuses {name!r} as taken, and does not show by whom yet")
        self._references.end_creating(name)
        detail = f"QuickBooks says that {name!r} is taken, and shows nobody of that name"
        problems.append(Problem(ProblemCode.CUSTOMER_MISSING, detail))
        return None


def nearest(name: str, names: Iterable[str]) -> list[str]:
    """Return the three names most like ``name``."""
    by_folded = {candidate.casefold(): candidate for candidate in sorted(names)}
    close = difflib.get_close_matches(name.casefold(), by_folded, n=3, cutoff=0.0)
    return [by_folded[folded] for folded in close]
