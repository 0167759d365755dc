"""A valid invoice as ServiceTrade sends it, with its job and a mapping that fits, to vary."""

import json
from copy import deepcopy
from decimal import Decimal
from typing import Any

from invoicesync.domain.mapping import Mapping, parse_mapping
from invoicesync.domain.source import Source, parse_source

NOON = 1_796_140_800 + 17 * 3600
"""2026-12-02, 9:00 in UTC: the 2nd in Pittsburgh (4:00) and in Sacramento (1:00)."""
ADDRESS = {"street": "1 Test Way", "city": "Pittsburgh", "state": "PA", "postalCode": "15201"}
OFFICE = {
    "street": "9 Mill Street",
    "city": "Pittsburgh",
    "state": "PA",
    "postalCode": "15203",
}

MAPPING: dict[str, Any] = {
    "go_live": "2026-11-01",
    "mode": "auto",
    "timezone": "America/New_York",
    "timezones": {"by_office": {"Sacramento": "America/Los_Angeles"}},
    "dispatch": {"exclude_tags": ["do-not-sync"]},
    "customers": {"names": {"Keystone Foods": "Keystone Foods, Inc."}},
    "items": {
        "by_code": {"LAB": "Labor", "TRIP": "Trip Charge", "DISC": "Discount"},
        "by_name": {"Lift rental": "Equipment Rental"},
        "by_type": {"part": "Materials"},
        "by_service_line": {"Refrigeration": "Refrigeration Work"},
    },
    "departments": {"required": True, "by_office": {"Pittsburgh": "West"}},
    "classes": {"by_service_line": {"HVAC": "Mechanical", "Refrigeration": "Cold"}},
    "terms": {"Net 30": "Net 30 days"},
    "tax": {
        "rules": [
            {"state": "PA", "taxable": True, "code": "TAX", "rate_percent": [6, 8]},
            {"state": "CA", "taxable": True, "code": "TAX", "rate_percent": ["7.25", "11.25"]},
            {"taxable": False, "code": "NON"},
        ]
    },
}


def an_item(**changes: Any) -> dict[str, Any]:
    item = {
        "id": 2_100_000_000_000_201,
        "uri": "https://app.servicetrade.com/api/invoiceitem/2100000000000201",
        "description": "Labor",
        "quantity": 4,
        "price": 120,
        "subtotal": 480,
        "taxGroup": None,
        "taxRate": 7,
        "taxRateDetails": [],
        "taxAmount": Decimal("33.6"),
        "totalPrice": Decimal("513.6"),
        "orderIndex": 0,
        "libItem": {
            "id": 77,
            "name": "Labor",
            "type": "labor",
            "code": "LAB",
            "isGeneric": False,
            "externalIds": {},
        },
        "serviceLine": {"id": 3, "name": "HVAC", "trade": "Mechanical", "abbr": "HVAC"},
        "jobItem": {"id": 88, "description": "Labor", "cost": 60, "usedOn": NOON - 86_400},
        "serviceRequest": None,
    }
    return item | changes


def an_invoice(**changes: Any) -> dict[str, Any]:
    """Make an invoice of one line of labor, taxed at 7 %."""
    invoice = {
        "id": 2_100_000_000_000_101,
        "uri": "https://app.servicetrade.com/api/invoice/2100000000000101",
        "name": "Quarterly filter service",
        "type": "invoice",
        "status": "pending_accounting",
        "substatus": None,
        "invoiceNumber": "10482",
        "refNumber": "R-10482",
        "subtotal": 480,
        "taxAmount": Decimal("33.6"),
        "totalPrice": Decimal("513.6"),
        "totalPaidAmount": None,
        "paid": False,
        "sent": False,
        "partial": False,
        "customerPo": "77",
        "notes": "Thank you.",
        "tags": [{"id": 5, "name": "quarterly"}],
        "transactionDate": NOON,
        "dueDate": NOON + 30 * 86_400,
        "created": NOON + 10,
        "updated": NOON + 20,
        "customer": {"id": 7, "name": "Keystone Foods", "status": "active", "externalIds": {}},
        "vendor": {"id": 1, "name": "Three Rivers Mechanical", "status": "active"},
        "location": {
            "id": 15,
            "name": "Store 3",
            "refNumber": "L-3",
            "address": ADDRESS,
            "taxable": True,
            "externalIds": [],
        },
        "job": {"id": 50, "number": 9001, "name": "Inspection Job #9001"},
        "assignedOffice": {"id": 2, "name": "Pittsburgh", "address": OFFICE},
        "paymentTerms": {"id": 4, "name": "Net 30"},
        "items": [an_item()],
    }
    return deepcopy(invoice | changes)


def a_job(**changes: Any) -> dict[str, Any]:
    job = {
        "id": 50,
        "number": 9001,
        "refNumber": "J-9001",
        "name": "Inspection Job #9001",
        "type": "inspection",
        "status": "completed",
        "completedOn": NOON - 2 * 86_400,
        "customerPo": "J-77",
        "customer": {"id": 7, "name": "Keystone Foods", "status": "active"},
        "location": {"id": 15, "name": "Store 3"},
        "sales": {"id": 9, "name": "Jo Park"},
    }
    return deepcopy(job | changes)


def a_source(job: Any = None, **changes: Any) -> Source:
    """Read an invoice with these changes and its job, by default a closed one."""
    return parse_source(an_invoice(**changes), a_job() if job is None else job)


def a_mapping(**changes: Any) -> Mapping:
    """Read the mapping with these parts changed setting by setting."""
    plain = deepcopy(MAPPING)
    for part, settings in changes.items():
        if isinstance(settings, dict) and isinstance(plain.get(part), dict):
            plain[part] |= settings
        else:
            plain[part] = settings
    # JSON is YAML too.
    return parse_mapping(json.dumps(plain))


def of_lines(*items: dict[str, Any], tax: str = "0") -> dict[str, Any]:
    """Give the changes that make an invoice of these lines add up."""
    subtotal = sum((Decimal(str(item["subtotal"])) for item in items), Decimal(0))
    return {
        "items": list(items),
        "subtotal": subtotal,
        "taxAmount": Decimal(tax),
        "totalPrice": subtotal + Decimal(tax),
    }
