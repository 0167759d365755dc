"""The resources: their keys, page sizes, filters, sorts and verbs."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.servicetrade import filters as by
from sandbox.servicetrade.filters import Filter
from sandbox.servicetrade.options import STATUSES

READ = frozenset({"GET"})
WRITE = frozenset({"GET", "POST", "PUT"})
ALL = frozenset({"GET", "POST", "PUT", "DELETE"})

INVOICE_TYPES = ("invoice", "vendorbill", "external", "unknown")
JOB_STATUSES = (
    "new",
    "scheduled",
    "canceled",
    "bidding",
    "completed",
    "pending_invoice",
    "sending_invoice",
    "invoiced",
    "closed",
)


@dataclass(frozen=True)
class Kind:
    """One resource as its path names it."""

    name: str
    plural: str
    default_limit: int = 2000
    max_limit: int = 2000
    verbs: frozenset[str] = READ
    filters: Mapping[str, Filter] = field(default_factory=dict)
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Enumerated values of a parameter."""
    sorts: tuple[str, ...] = ("id",)
    writable: frozenset[str] = frozenset()
    required: tuple[str, ...] = ()
    ids_parameter: str | None = None
    """The parameter that lists ids of this very resource."""


_INVOICE = Kind(
    name="invoice",
    plural="invoices",
    verbs=WRITE,
    filters={
        "status": by.in_words("status"),
        "type": by.in_words("type"),
        "jobId": by.equals("jobId"),
        "customerId": by.equals("customerId"),
        "locationId": by.equals("locationId"),
        "contractId": by.equals("contractId"),
        "assignedUserId": by.equals("assignedUserId"),
        "invoiceRecurrenceId": by.equals("invoiceRecurrenceId"),
        "paid": by.flag("paid"),
        "partial": by.flag("partial"),
        "tag": by.tagged,
        "transactionDateAfter": by.since("transactionDate"),
        "transactionDateBefore": by.until("transactionDate"),
        **by.between_updates(),
    },
    words={"status": STATUSES, "type": INVOICE_TYPES},
    sorts=("name", "transactionDate"),
)

_JOB = Kind(
    name="job",
    plural="jobs",
    verbs=ALL,
    filters={
        "jobIds": by.in_ids("id"),
        "number": by.equals_text("number"),
        "status": by.job_status,
        "isInvoiced": by.invoiced,
        "type": by.in_words("type"),
        "locationId": by.in_ids("locationId"),
        "vendorId": by.in_ids("vendorId"),
        "customerId": by.in_ids("customerId"),
        "ownerId": by.equals("ownerId"),
        "salesId": by.equals("salesId"),
        "officeIds": by.in_ids("assignedOfficeId"),
        "completedOnBegin": by.since("completedOn"),
        "completedOnEnd": by.until("completedOn"),
        "scheduleDateFrom": by.since("scheduledDate"),
        "scheduleDateTo": by.until("scheduledDate"),
        "tag": by.tagged,
        **by.between_updates(),
    },
    words={"status": (*JOB_STATUSES, "all", "*")},
    sorts=("id", "number", "name", "scheduledDate"),
    writable=frozenset(
        {
            *("name", "customName", "type", "status", "substatus", "customerPo", "description"),
            *("locationId", "vendorId", "customerId", "ownerId", "salesId", "contractId"),
            *("assignedOfficeId", "scheduledDate", "tags", "visibility"),
        }
    ),
    required=("locationId", "vendorId", "type"),
    ids_parameter="jobIds",
)

_COMPANY = Kind(
    name="company",
    plural="companies",
    default_limit=2000,
    verbs=WRITE,
    filters={
        "name": by.contains_text("name"),
        "status": by.in_words("status"),
        "isCustomer": by.flag("customer"),
        "isVendor": by.flag("vendor"),
        "tag": by.tagged,
        **by.between_updates(),
    },
    words={"status": ("active", "pending", "inactive", "on_hold")},
    sorts=("name",),
    writable=frozenset({"name", "status", "refNumber", "address", "phoneNumber", "externalIds"}),
    required=("name",),
)

_LOCATION = Kind(
    name="location",
    plural="locations",
    default_limit=10,
    max_limit=5000,
    verbs=WRITE,
    filters={
        "name": by.contains_text("name"),
        "status": by.in_words("status"),
        "companyId": by.in_ids("companyId"),
        "isVendor": by.flag("isVendor"),
        "tag": by.tagged,
        **by.between_updates(),
    },
    sorts=("name",),
    writable=frozenset(
        {
            *("name", "status", "refNumber", "address", "phoneNumber", "email", "taxable"),
            *("companyId", "taxGroupId", "externalIds", "lat", "lon"),
        }
    ),
    required=("name", "companyId"),
)

_KINDS = (
    _INVOICE,
    _JOB,
    _COMPANY,
    _LOCATION,
    Kind(
        name="user",
        plural="users",
        filters={
            "isTech": by.flag("isTech"),
            "status": by.in_words("status"),
            **by.between_updates(),
        },
        sorts=("name",),
    ),
    Kind(
        name="comment",
        plural="comments",
        default_limit=100,
        verbs=ALL,
        filters={"entityType": by.equals("entityType"), "entityId": by.equals("entityId")},
        writable=frozenset({"entityId", "entityType", "content", "visibility", "pinned"}),
        required=("entityId", "entityType", "content"),
    ),
    Kind(
        name="clock",
        plural="events",
        filters={
            "userId": by.equals("userId"),
            "userIds": by.in_ids("userId"),
            "jobId": by.equals("jobId"),
            "appointmentId": by.equals("appointmentId"),
            "activity": by.in_words("activity"),
            "source": by.in_words("source"),
            "startTime": by.since("eventTime"),
            "endTime": by.until("eventTime"),
            "openClockEvents": by.flag("open"),
        },
        sorts=("eventTime",),
    ),
    Kind(
        name="jobitem",
        plural="jobItems",
        verbs=ALL,
        filters={"jobId": by.equals("jobId"), **by.between_updates()},
        writable=frozenset({"jobId", "name", "description", "quantity", "cost", "usedOn", "price"}),
        required=("jobId",),
    ),
    Kind(
        name="tag",
        plural="tags",
        verbs=ALL,
        filters={"name": by.contains_text("name")},
        sorts=("name",),
        writable=frozenset({"name", "entityId", "entityType"}),
        required=("name",),
    ),
    Kind(
        name="webhook",
        plural="webhooks",
        verbs=ALL,
        writable=frozenset({"hookUrl", "enabled", "includeChangesets", "entityEvents"}),
        required=("hookUrl",),
    ),
    Kind(name="paymentterms", plural="paymentTerms", sorts=("name",)),
    Kind(name="taxgroup", plural="taxGroups", sorts=("name",)),
    Kind(name="contract", plural="contracts", sorts=("name",)),
    Kind(name="libitem", plural="libItems", sorts=("name",)),
    Kind(name="serviceline", plural="serviceLines", sorts=("name",)),
)

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in _KINDS}

# How a comment, a tag or a webhook names the resource that it belongs to.
ENTITY_TYPES: Mapping[str, int] = {
    "job": 3,
    "user": 4,
    "company": 5,
    "location": 11,
    "jobitem": 23,
}
