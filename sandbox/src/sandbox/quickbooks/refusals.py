"""What the service says when it will not do something, with its codes and words."""

from typing import Any

MADE_INACTIVE = (
    "Something you're trying to use has been made inactive. "
    "Check the fields with accounts, customers, items, vendors or employees."
)


class Refusal(Exception):  # noqa: N818  (the field's word: a refusal is an answer, not a failure of ours)
    """A fault as the business layer words it: code, message, detail, element."""

    def __init__(
        self,
        code: str,
        message: str,
        detail: str,
        *,
        element: str | None = None,
        kind: str = "ValidationFault",
        dated: bool = True,
    ) -> None:
        super().__init__(f"{code} {message}: {detail}")
        self.code = code
        self.message = message
        self.detail = detail
        self.element = element
        self.kind = kind
        self.dated = dated

    def fault(self, *, in_batch: bool = False) -> dict[str, Any]:
        """Return the ``Fault`` object; a batch spells out the empty element."""
        error: dict[str, Any] = {"Message": self.message, "Detail": self.detail, "code": self.code}
        if self.element is not None or in_batch:
            error["element"] = self.element or ""
        return {"Error": [error], "type": self.kind}


def missing(name: str) -> Refusal:
    """2020: a required parameter is not there."""
    return Refusal(
        "2020",
        "Required param missing, need to supply the required value for the API",
        f"Required parameter {name} is missing in the request",
        element=name,
    )


def invalid_id(value: object) -> Refusal:
    """2030: an id that is no number; this one carries no time."""
    detail = f"Id should be a valid number. Supplied value:{value}"
    return Refusal("2030", "Invalid ID", detail, element="Id", dated=False)


def invalid_length(element: str, length: int, longest: int) -> Refusal:
    """2050: a text that is too long."""
    detail = (
        "String length specified does not match the supported length. "
        f"Min:0 Max:{longest} supported. Supplied length:{length}"
    )
    message = "String length is either shorter or longer than supported by specification"
    return Refusal("2050", message, detail, element=element)


def invalid_date(element: str, value: object) -> Refusal:
    """2060: a date that is not yyyy-mm-dd."""
    detail = f"The date format is invalid. Supplied value:{value}"
    return Refusal("2060", "Invalid Date Format", detail, element=element)


def invalid_number(element: str, value: object) -> Refusal:
    """2080: a number that is none."""
    detail = f"{element} should be a valid number. Supplied value:{value}"
    return Refusal("2080", "Invalid Number Format", detail, element=element)


def invalid_boolean(element: str, value: object) -> Refusal:
    """2230: neither true nor false."""
    detail = f"{element} should be true or false. Supplied value:{value}"
    return Refusal("2230", "Invalid Boolean", detail, element=element)


def invalid_choice(element: str, value: object) -> Refusal:
    """2170: a word that is not in the list."""
    detail = f"Invalid Enumeration : {element} has no value {value}"
    return Refusal("2170", "Invalid Enumeration", detail, element=element)


def bad_reference(table: str, reference: str, element: str = "") -> Refusal:
    """2500: no object has this id."""
    detail = f"Invalid Reference Id : {table} element id {reference} not found"
    return Refusal("2500", "Invalid Reference Id", detail, element=element)


def inactive_reference(code: str) -> Refusal:
    """2500 or 610: the object is there, but has been made inactive."""
    if code == "610":
        return not_found()
    return Refusal("2500", "Invalid Reference Id", f"Invalid Reference Id : {MADE_INACTIVE}")


def not_found() -> Refusal:
    """610: wrong id, or deleted; the service words both alike, and answers 400."""
    return Refusal("610", "Object Not Found", f"Object Not Found : {MADE_INACTIVE}")


def stale(editor: str) -> Refusal:
    """5010: the SyncToken is not the current one."""
    detail = (
        f"Stale Object Error : You and {editor} were working on this at the same time. "
        f"{editor} finished before you did, so your work was not saved."
    )
    return Refusal("5010", "Stale Object Error", detail)


def business(detail: str) -> Refusal:
    """6000: a rule of business, told in free text."""
    return Refusal(
        "6000",
        "A business validation error has occurred while processing your request",
        f"Business Validation Error: {detail}",
    )


def unsupported(detail: str) -> Refusal:
    """500 as a code: an operation or a path that does not exist."""
    return Refusal("500", "Unsupported Operation", f"Operation {detail} is not supported.")


def from_code(code: str, detail: str = "asked for by the fault script") -> Refusal:
    """Make the refusal that a fault script names by its code."""
    known = {
        "610": not_found(),
        "2020": missing("Line"),
        "2050": invalid_length("DocNumber", 22, 21),
        "2500": bad_reference("Items", "0"),
        "5010": stale("Somebody Else"),
        "6140": duplicate_number("1", "Invoice", "1"),
        "6190": wrong_status("SUSPENDED"),
        "6200": closed_period(password=False),
        "6210": closed_period(password=True),
        "10000": Refusal(
            "10000",
            "An application error has occurred",
            f"System Failure Error: {detail}",
            kind="SystemFault",
        ),
    }
    return known.get(code) or Refusal(code, f"Error {code}", detail)


def duplicate_number(number: str, entity: str, identity: str) -> Refusal:
    """6140: the number is taken."""
    detail = (
        "Duplicate Document Number Error : You must specify a different number. This number has "
        f"already been used. DocNumber={number} is assigned to TxnType={entity} with "
        f"TxnId={identity}"
    )
    return Refusal("6140", "Duplicate Document Number Error", detail)


def duplicate_name(detail: str = "null") -> Refusal:
    """6240: a customer, vendor or employee of this name exists."""
    message = "Duplicate Name Exists Error"
    return Refusal("6240", message, f"The name supplied already exists. : {detail}")


def wrong_status(status: str) -> Refusal:
    """6190: the subscription has lapsed; the books can be read, not written."""
    detail = f"Invalid Company Status Error : The company is {status}"
    return Refusal("6190", "Invalid Company Status", detail)


def closed_period(*, password: bool) -> Refusal:
    """6200 or 6210: the books are closed on that date."""
    if password:
        message = "Account Period Closed Required Password Error"
        return Refusal(
            "6210", message, f"{message} : The account period has closed with a password"
        )
    message = "Account Period Closed, Cannot Update Through Services API"
    return Refusal(
        "6200",
        message,
        "The account period has closed and the account books cannot be "
        "updated through through the QBO Services API",
    )
