"""What the API accepts in a POST, a PUT or a DELETE; people in the app may do more."""

from collections.abc import Callable, Mapping
from decimal import InvalidOperation
from typing import Any

from sandbox.servicetrade.account import Account, UnknownRowError
from sandbox.servicetrade.kinds import ENTITY_TYPES, INVOICE_TYPES, KINDS, Kind
from sandbox.servicetrade.options import STATUSES
from sandbox.servicetrade.store import Row

type Body = Mapping[str, Any]

_INVOICE_BOTH = frozenset(
    {
        *("name", "invoiceNumber", "notes", "partial", "assignedUserId", "contractId"),
        *("transactionDate", "status"),
    }
)
_INVOICE_EXTRAS = frozenset({"customerPo", "dueDate", "paymentTermsId", "tags"})
_INVOICE_POST = frozenset({"type", "jobId", "locationId", "customerId", "vendorId", "items"})
_REFERENCES = {
    "jobId": "job",
    "locationId": "location",
    "customerId": "company",
    "vendorId": "company",
    "companyId": "company",
    "contractId": "contract",
    "assignedUserId": "user",
    "paymentTermsId": "paymentterms",
}


class RefusedError(Exception):
    """The API does not accept this: a status, reasons, and the fields that are wrong."""

    def __init__(
        self, status: int, *reasons: str, validation: Mapping[str, str] | None = None
    ) -> None:
        super().__init__("; ".join([*reasons, *(validation or {}).values()]))
        self.status, self.reasons, self.validation = status, reasons, dict(validation or {})


class Writer:
    """Applies what a client sends."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def create(self, kind: Kind, body: Body, user: Row) -> dict[str, Any]:
        """Make a row, or raise `RefusedError`."""
        if kind.name == "invoice":
            return self._create_invoice(body)
        if missing := {k: f"{k} is required" for k in kind.required if body.get(k) in (None, "")}:
            raise RefusedError(400, validation=missing)
        if kind.name == "tag":
            return self._create_tag(body)
        values = {key: value for key, value in body.items() if key in kind.writable}
        self._check_references(values)
        if kind.name == "comment":
            self._check_entity(values)
            values["authorId"] = user["id"]
        return self._applied(lambda: self._account.add(kind.name, values))

    def update(self, kind: Kind, row_id: int, body: Body, user: Row) -> dict[str, Any]:
        """Change the keys that are in ``body`` and no others, or raise `RefusedError`."""
        row = self._row(kind, row_id)
        if kind.name == "invoice":
            changes = self._invoice_changes(row, body)
        else:
            writable = kind.writable - ({"hookUrl"} if kind.name == "webhook" else set())
            changes = {key: value for key, value in body.items() if key in writable}
            if kind.name == "job" and changes.get("status") == "completed":
                changes.setdefault("completedOn", self._account.now)
        self._check_references(changes)
        idle = all(row.get(key) == value for key, value in changes.items())
        if idle and not self._account.options.idle_put_moves_updated:
            return self._account.renderer.shown(kind.name, row)
        return self._applied(
            lambda: self._account.edit(kind.name, row_id, changes, by_user=user["id"])
        )

    def delete(self, kind: Kind, row_id: int) -> None:
        """Remove a row, or raise `RefusedError`."""
        self._row(kind, row_id)
        self._account.remove(kind.name, row_id)

    def _row(self, kind: Kind, row_id: int) -> Row:
        try:
            return self._account.row(kind.name, row_id)
        except UnknownRowError:
            raise RefusedError(404, f"No {kind.name} with id {row_id} was found.") from None

    @staticmethod
    def _applied(act: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        try:
            return act()
        except (ValueError, TypeError, AttributeError, InvalidOperation) as error:
            raise RefusedError(400, f"The request could not be understood: {error}") from error

    def _check_references(self, values: Body) -> None:
        wrong = {
            key: f"{key} does not name a {kind}"
            for key, kind in _REFERENCES.items()
            if values.get(key) is not None
            and (not isinstance(values[key], int) or not self._account.store.get(kind, values[key]))
        }
        if wrong:
            raise RefusedError(400, validation=wrong)

    def _create_tag(self, body: Body) -> dict[str, Any]:
        for tag in self._account.store.rows("tag"):
            if tag["name"] == body["name"]:
                shown = self._account.renderer.shown("tag", tag)
                break
        else:
            shown = self._account.add("tag", {"name": body["name"]})
        if body.get("entityId") is not None:
            kind = self._kind_of(body.get("entityType"))
            if kind is None or self._account.store.get(kind, body["entityId"]) is None:
                raise RefusedError(400, validation={"entityId": "entityId names nothing"})
            self._account.tag(kind, int(body["entityId"]), str(body["name"]))
        return shown

    def _kind_of(self, entity_type: object) -> str | None:
        numbers = {number: kind for kind, number in ENTITY_TYPES.items()}
        invoice = self._account.options.invoice_entity_type
        if invoice is not None:
            numbers[invoice] = "invoice"
        return numbers.get(int(str(entity_type))) if str(entity_type).isdigit() else None

    def _check_entity(self, values: Body) -> None:
        kind = self._kind_of(values["entityType"])
        if kind is None:
            raise RefusedError(400, validation={"entityType": "entityType cannot be commented on"})
        if self._account.store.get(kind, values["entityId"]) is None:
            raise RefusedError(404, f"No {kind} with id {values['entityId']} was found.")

    def _create_invoice(self, body: Body) -> dict[str, Any]:
        allowed = _INVOICE_BOTH | _INVOICE_POST | self._extras()
        values = {key: value for key, value in body.items() if key in allowed}
        wrong = self._bad_words(values)
        if values.get("jobId") is None:
            needed = ("locationId", "customerId", "vendorId")
            wrong |= {k: f"{k} is required without jobId" for k in needed if values.get(k) is None}
        elif "items" not in values and values.get("contractId") is None:
            wrong["contractId"] = "contractId is required when items are taken from the job"
        if wrong:
            raise RefusedError(400, validation=wrong)
        self._check_references(values)
        self._check_contract(values)
        if "items" not in values:
            values["items"] = self._items_of_job(values.get("jobId"))
        return self._applied(lambda: self._account.add("invoice", values))

    def _check_contract(self, values: Body) -> None:
        contract = self._account.store.get("contract", values.get("contractId"))
        job = self._account.store.get("job", values.get("jobId"))
        if contract is None or job is None or contract["customerId"] is None:
            return
        if contract["customerId"] != job["customerId"]:
            raise RefusedError(409, "The contract does not apply to this job.")

    def _items_of_job(self, job_id: int | None) -> list[dict[str, Any]]:
        return [
            {
                "description": item["description"] or item["name"],
                "quantity": item["quantity"],
                "price": item["price"],
                "libItemId": item["libItemId"],
                "jobItem": item,
            }
            for item in self._account.store.rows("jobitem")
            if item["jobId"] == job_id
        ]

    def _extras(self) -> frozenset[str]:
        return _INVOICE_EXTRAS if self._account.options.writable_extras else frozenset()

    def _bad_words(self, values: Body) -> dict[str, str]:
        wrong = {}
        statuses = {*STATUSES, self._account.options.draft_status}
        if "status" in values and values["status"] not in statuses:
            wrong["status"] = f"status {values['status']!r} is not valid"
        if "type" in values and values["type"] not in INVOICE_TYPES:
            wrong["type"] = f"type {values['type']!r} is not valid"
        return wrong

    def _invoice_changes(self, row: Row, body: Body) -> dict[str, Any]:
        allowed = _INVOICE_BOTH | self._extras()
        changes = {key: value for key, value in body.items() if key in allowed}
        if wrong := self._bad_words(changes):
            raise RefusedError(400, validation=wrong)
        old = str(row["status"])
        new = str(changes.get("status", old))
        options = self._account.options
        if new != old and not options.may_become(old, new):
            raise RefusedError(
                options.transition_refusal,
                f"The status of an invoice cannot change from {old} to {new}.",
            )
        return changes


def kind_named(name: str) -> Kind:
    """Return the resource of this path, or raise `RefusedError`."""
    kind = KINDS.get(name)
    if kind is None:
        raise RefusedError(404, f"There is no resource {name!r}.")
    return kind
