"""What people do in the product's own pages while programs work on the same books."""

from collections.abc import Callable
from typing import Any

from sandbox.quickbooks import times
from sandbox.quickbooks.company import Company
from sandbox.quickbooks.names import GONE
from sandbox.quickbooks.wire import Body, mapping

_COPIED = (
    "CustomerRef",
    "Line",
    "PrivateNote",
    "CustomerMemo",
    "SalesTermRef",
    "ClassRef",
    "DepartmentRef",
    "BillEmail",
)


class UnknownActionError(ValueError):
    """A person was asked to do what people here cannot do."""


class People:
    """The office staff of one company; they obey its rules, but need no token and no requestid."""

    def __init__(self, company: Company) -> None:
        self._company = company

    def do(self, action: str, arguments: Body) -> Body:
        """Do one action by its name, as the control route gives it."""
        actions: dict[str, Callable[..., Any]] = {
            "edit": self.edit,
            "void": self.void,
            "delete": self.delete,
            "pay": self.pay,
            "copy": self.copy,
            "type_invoice": self.type_invoice,
            "rename": self.rename,
            "deactivate": self.deactivate,
            "activate": self.activate,
            "close_books": self.close_books,
            "open_books": self.open_books,
            "disconnect": self.disconnect,
            "suspend": self.suspend,
            "resume": self.resume,
        }
        if action not in actions:
            raise UnknownActionError(f"unknown action {action!r}; known: {sorted(actions)}")
        return mapping(actions[action](**arguments))

    def edit(self, entity: str, id: str, change: Body) -> Body:  # noqa: A002  (the field's name)
        """Change some fields of an object."""
        body = self._company.read(entity, id)
        whole = {"Id": id, "SyncToken": body["SyncToken"], "sparse": True, **change}
        return self._company.update(entity, whole)

    def void(self, entity: str, id: str) -> Body:  # noqa: A002
        """Void a transaction."""
        return self._company.void(entity, id)

    def delete(self, entity: str, id: str) -> Body:  # noqa: A002
        """Delete a transaction."""
        self._company.delete(entity, id)
        return {"Id": id, "status": "Deleted"}

    def pay(self, id: str, amount: Any = None) -> Body:  # noqa: A002, ANN401  (a JSON number)
        """Take a payment for an invoice: all of its balance unless told otherwise."""
        invoice = self._company.read("Invoice", id)
        paid = invoice["Balance"] if amount is None else amount
        link = {"TxnId": id, "TxnType": "Invoice"}
        return self._company.create(
            "Payment",
            {
                "CustomerRef": {"value": invoice["CustomerRef"]["value"]},
                "TotalAmt": paid,
                "Line": [{"Amount": paid, "LinkedTxn": [link]}],
            },
        )

    def copy(self, id: str, number: str | None = None) -> Body:  # noqa: A002
        """Copy an invoice, its memo too, as the product's Copy button does."""
        invoice = self._company.read("Invoice", id)
        body = {name: invoice[name] for name in _COPIED if name in invoice}
        body["Line"] = [
            {name: value for name, value in line.items() if name != "Id"} for line in body["Line"]
        ]
        if number:
            body["DocNumber"] = number
        return self._company.create("Invoice", body, allow_duplicate=True)

    def type_invoice(self, customer: str, number: str, amount: Any = 100) -> Body:  # noqa: ANN401
        """Type an invoice of one line of text and one item by hand."""
        items = list(self._company.objects("Item"))
        item = next((one for one in items if one.get("Active") is not False), items[0])
        line = {
            "Amount": amount,
            "DetailType": "SalesItemLineDetail",
            "SalesItemLineDetail": {"ItemRef": {"value": item["Id"]}},
        }
        body = {"CustomerRef": {"value": customer}, "DocNumber": number, "Line": [line]}
        return self._company.create("Invoice", body, allow_duplicate=True)

    def rename(self, entity: str, id: str, name: str) -> Body:  # noqa: A002
        """Rename an entry of a list, or a customer."""
        field = "DisplayName" if entity in {"Customer", "Vendor", "Employee"} else "Name"
        return self.edit(entity, id, {field: name})

    def deactivate(self, entity: str, id: str) -> Body:  # noqa: A002
        """Make an entry inactive."""
        return self.edit(entity, id, {"Active": False})

    def activate(self, entity: str, id: str) -> Body:  # noqa: A002
        """Make an entry active again, under its old name."""
        body = self._company.read(entity, id)
        field = "DisplayName" if "DisplayName" in body else "Name"
        name = str(body[field]).removesuffix(GONE)
        return self.edit(entity, id, {"Active": True, field: name})

    def close_books(self, date: str) -> Body:
        """Close the books up to a day."""
        if not times.is_date(date):
            raise UnknownActionError(f"{date!r} is no date: write yyyy-mm-dd")
        return self._accounting({"BookCloseDate": date})

    def open_books(self) -> Body:
        """Open the books again."""
        return self._accounting({"BookCloseDate": "0001-01-01"})

    def disconnect(self) -> Body:
        """Disconnect the app."""
        self._company.oauth.disconnect()
        return {}

    def suspend(self) -> Body:
        """Let the subscription lapse."""
        self._company.books.subscription = "suspended"
        return {}

    def resume(self) -> Body:
        """Pay the subscription."""
        self._company.books.subscription = "active"
        return {}

    def _accounting(self, change: Body) -> Body:
        return self.edit("Preferences", "1", {"AccountingInfoPrefs": change})
