"""Addresses of documents: copied from the customer, or flattened when they were edited."""

from sandbox.quickbooks.books import Books, check_length, cleared
from sandbox.quickbooks.wire import Body

_LINES = ("Line1", "Line2", "Line3", "Line4", "Line5")
_LONGEST_LINE = 500
_LONGEST_POSTAL_CODE = 30
_LONGEST_CITY = 255
_OWN = {"Id", "Lat", "Long"}


def check(address: Body) -> None:
    """Refuse parts that are too long."""
    for name in _LINES:
        check_length(name, address.get(name), _LONGEST_LINE)
    check_length("City", address.get("City"), _LONGEST_CITY)
    check_length("PostalCode", address.get("PostalCode"), _LONGEST_POSTAL_CODE)


def of_list(books: Books, address: Body, old: Body | None) -> Body:
    """Return an address of a customer or vendor, with the id that the service gives it."""
    check(address)
    if old and is_same(address, old):
        return old
    parts = _parts(address)
    coordinates = {"Lat": address.get("Lat", "INVALID"), "Long": address.get("Long", "INVALID")}
    return {"Id": books.store.next_id("address"), **parts, **coordinates}


def is_same(address: Body, other: Body | None) -> bool:
    """Say whether two addresses have the same parts, whatever their ids."""
    return other is not None and _parts(address) == _parts(other)


def _parts(address: Body) -> Body:
    return {name: value for name, value in cleared(address).items() if name not in _OWN}


def of_document(books: Books, address: Body, default: Body | None) -> Body:
    """Return an address of a document; one that differs from the customer's comes back as lines."""
    check(address)
    if default and is_same(address, default):
        return default
    parts = _parts(address)
    kept = flat(parts) if books.options.flatten_edited_addresses else parts
    return {"Id": books.store.next_id("address"), **kept, "Lat": "INVALID", "Long": "INVALID"}


def flat(parts: Body) -> Body:
    """Write city, state and postal code as one more line."""
    lines = [str(parts[name]) for name in _LINES if parts.get(name)]
    town = str(parts.get("City", ""))
    region = "  ".join(
        str(parts[name]) for name in ("CountrySubDivisionCode", "PostalCode") if parts.get(name)
    )
    if last := ", ".join(each for each in (town, region) if each):
        lines.append(last)
    if parts.get("Country"):
        lines.append(str(parts["Country"]))
    if len(lines) > len(_LINES):
        lines[len(_LINES) - 1 :] = [", ".join(lines[len(_LINES) - 1 :])]
    return dict(zip(_LINES, lines, strict=False))
