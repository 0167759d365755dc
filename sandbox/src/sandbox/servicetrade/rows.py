"""Complete what a seeder or a client gave of a row with what ServiceTrade fills in itself."""

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.servicetrade.store import Row, Store
from sandbox.servicetrade.wire import decimal_of

NO_ADDRESS = {"street": "", "city": "", "state": "", "postalCode": ""}

_COMPANY: Row = {
    "status": "active",
    "refNumber": "",
    "customer": True,
    "vendor": False,
    "partsVendor": False,
    "primeContractor": False,
    "managingAccount": None,
    "shareId": None,
    "address": NO_ADDRESS,
    "phoneNumber": "",
    "serviceLinesProvided": [],
    "logo": None,
    "defaultBrand": None,
    "tags": [],
    "externalIds": {},
}

_LOCATION: Row = {
    "companyId": None,
    "refNumber": "",
    "legacyId": None,
    "lat": None,
    "lon": None,
    "phoneNumber": "",
    "email": "",
    "primaryContact": None,
    "address": NO_ADDRESS,
    "taxable": True,
    "status": "active",
    "taxGroupId": None,
    "geocodeQuality": None,
    "generalManager": None,
    "storeNumber": None,
    "isVendor": False,
    "tags": [],
    "externalIds": {},
}

_JOB: Row = {
    "customName": None,
    "type": "service_call",
    "jobTypeWeight": 0,
    "status": "scheduled",
    "substatus": None,
    "displaySubstatus": None,
    "visibility": [],
    "sectionVisibilities": [],
    "customerPo": "",
    "description": "",
    "scheduledDate": None,
    "latestClockIn": None,
    "ivrOpen": False,
    "ivrActivity": None,
    "serviceLine": "",
    "estimatedPrice": None,
    "dueBy": None,
    "dueAfter": None,
    "completedOn": None,
    "vendorId": None,
    "customerId": None,
    "locationId": None,
    "ownerId": None,
    "salesId": None,
    "primaryContact": None,
    "assignedOfficeId": None,
    "contractId": None,
    "tags": [],
    "percentComplete": 0,
    "isProject": False,
    "budgeted": False,
    "appointments": [],
    "currentAppointment": None,
    "externalIds": {},
    "terms": None,
    "project": None,
}

_USER: Row = {
    "status": "active",
    "email": "",
    "avatar": {},
    "isTech": False,
    "isHelper": False,
    "isSales": False,
    "firstName": "",
    "lastName": "",
    "username": "",
    "phone": "",
    "timezone": "America/New_York",
    "companyId": None,
    "location": None,
    "account": None,
    "manager": None,
    "details": None,
    "activities": [],
    "serviceLines": [],
    "roles": [],
    "mfaRequired": False,
    "externalIds": {},
    "password": None,
    "permissions": [],
}

_DEFAULTS: Mapping[str, Row] = {
    "company": _COMPANY,
    "location": _LOCATION,
    "job": _JOB,
    "user": _USER,
    "comment": {"visibility": [], "pinned": False, "authorId": None},
    "clock": {
        "activity": "onsite",
        "source": "mobile",
        "eventType": "start",
        "open": False,
        "userId": None,
        "jobId": None,
        "appointmentId": None,
        "lat": None,
        "lon": None,
    },
    "jobitem": {
        "jobId": None,
        "name": "",
        "description": "",
        "quantity": 1,
        "cost": 0,
        "price": 0,
        "usedOn": None,
        "orderIndex": 0,
        "libItemId": None,
    },
    "tag": {},
    "webhook": {
        "enabled": True,
        "confirmed": True,
        "includeChangesets": False,
        "entityEvents": None,
    },
    "paymentterms": {"orderIndex": "0"},
    "taxgroup": {"code": "", "state": "", "rate": 0},
    "contract": {"customerId": None},
    "libitem": {"type": "part", "code": "", "isGeneric": False, "externalIds": {}},
    "serviceline": {"trade": "Mechanical", "abbr": "", "icon": ""},
}


def complete(kind: str, values: Mapping[str, Any], store: Store) -> Row:
    """Return the row that these values of ``kind`` make."""
    row: Row = {"kind": kind, **_DEFAULTS[kind], **values}
    finish = _FINISHERS.get(kind)
    if finish is not None:
        finish(row, store)
    row.setdefault("name", "")
    if "tags" in row:
        row["tags"] = tag_ids(row["tags"], store)
    return row


def tag_ids(tags: list[Any], store: Store) -> list[int]:
    """Return the ids of tags given by name or id; a name that is new makes a tag."""
    return [tag if isinstance(tag, int) else find_or_add("tag", tag, store) for tag in tags]


def find_or_add(kind: str, named: str | Mapping[str, Any], store: Store) -> int:
    """Return the id of the row with this name (and code, if given); add it if there is none."""
    wanted: Mapping[str, Any] = {"name": named} if isinstance(named, str) else named
    keys = [key for key in ("name", "code") if key in wanted]
    for row in store.rows(kind):
        if all(row.get(key) == wanted[key] for key in keys):
            return int(row["id"])
    row_id = int(wanted.get("id") or store.new_id())
    store.put(kind, complete(kind, {**wanted, "id": row_id}, store))
    return row_id


def _finish_job(row: Row, store: Store) -> None:
    location = store.get("location", row["locationId"])
    if row["customerId"] is None and location is not None:
        row["customerId"] = location["companyId"]
    if row["vendorId"] is None:
        row["vendorId"] = prime_contractor(store)
    row.setdefault("number", 9000 + store.count("job") + 1)
    row.setdefault("refNumber", str(row["number"]))
    kind_of_work = str(row["type"]).replace("_", " ").title()
    row.setdefault("name", f"{kind_of_work} Job #{row['number']}")
    if isinstance(row.get("contract"), str):
        row["contractId"] = find_or_add("contract", row.pop("contract"), store)
    if row["estimatedPrice"] is not None:
        row["estimatedPrice"] = decimal_of(row["estimatedPrice"])


def _finish_user(row: Row, store: Store) -> None:
    row.setdefault("name", f"{row['firstName']} {row['lastName']}".strip() or row["username"])
    if row["companyId"] is None:
        row["companyId"] = prime_contractor(store)


def _finish_tax_group(row: Row, _: Store) -> None:
    row["rate"] = decimal_of(row["rate"])


def _finish_webhook(row: Row, _: Store) -> None:
    row["name"] = row["hookUrl"]


_FINISHERS: Mapping[str, Callable[[Row, Store], None]] = {
    "job": _finish_job,
    "user": _finish_user,
    "taxgroup": _finish_tax_group,
    "webhook": _finish_webhook,
}


def prime_contractor(store: Store) -> int | None:
    """Return the company whose account this is."""
    return next((int(row["id"]) for row in store.rows("company") if row["primeContractor"]), None)
