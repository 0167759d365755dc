"""Write a row as the JSON object that the API shows, with what it embeds as that is now."""

from collections.abc import Callable, Mapping

from sandbox.servicetrade.options import Options
from sandbox.servicetrade.store import Row, Store
from sandbox.servicetrade.stubs import OF_A_JOB, Shown, Stubs
from sandbox.servicetrade.wire import decimal_of, map_on_the_wire, number_on_the_wire, text_of

# Nothing but the row itself is in these, so an edit of another row leaves their text right.
_LEAVES = frozenset({"invoice", "comment", "clock", "webhook", "jobitem"})
_TEXTS_KEPT = 5_000


class Renderer:
    """Renders rows and keeps the text of each until something in it may have changed."""

    def __init__(self, store: Store, options: Options) -> None:
        self._store = store
        self._options = options
        self._stubs = Stubs(store, options)
        self.uri = self._stubs.uri
        self._texts: dict[tuple[str, int], tuple[Row, str]] = {}
        self._writers: Mapping[str, Callable[[Row], Shown]] = {
            "invoice": self._invoice,
            "job": self._job,
            "company": self._company,
            "location": self._location,
            "user": self._user,
            "comment": self._comment,
            "clock": self._clock_event,
            "jobitem": self._job_item,
            "webhook": self._as_kept("hookUrl", "enabled", "confirmed", "includeChangesets"),
            "tag": self._as_kept("name"),
            "paymentterms": self._as_kept("name", "orderIndex"),
            "taxgroup": self._tax_group,
            "contract": self._as_kept("name"),
            "libitem": self._library_item,
            "serviceline": self._service_line,
        }

    def forget(self, kind: str, before: Row | None = None, after: Row | None = None) -> None:
        """Drop the texts that a change of a row of ``kind`` makes wrong."""
        if kind in _LEAVES:
            return
        # Jobs open and close all day, and no other row shows it.
        if kind == "job" and before and after and all(before[k] == after[k] for k in OF_A_JOB):
            return
        self._texts.clear()

    def text(self, kind: str, row: Row) -> str:
        """Return the JSON text of a row."""
        key = (kind, int(row["id"]))
        kept = self._texts.get(key)
        # A version of a row is one object for good, so identity says whether the text is of it.
        if kept is not None and kept[0] is row:
            return kept[1]
        text = text_of(self.shown(kind, row))
        if len(self._texts) >= _TEXTS_KEPT:
            self._texts.clear()
        self._texts[key] = (row, text)
        return text

    def shown(self, kind: str, row: Row) -> Shown:
        """Return what the API shows of a row."""
        return self._writers[kind](row)

    def _as_kept(self, *keys: str) -> Callable[[Row], Shown]:
        def write(row: Row) -> Shown:
            kind = row["kind"]
            shown: Shown = {"id": row["id"], "uri": self._stubs.uri(kind, row["id"])}
            shown |= {key: row.get(key) for key in keys}
            if kind == "webhook":
                shown["entityEvents"] = row.get("entityEvents")
            return shown

        return write

    def _invoice(self, row: Row) -> Shown:
        options, stub = self._options, self._stubs.stub
        shown: Shown = {"id": row["id"], "uri": self._stubs.uri("invoice", row["id"])}
        shown |= {
            key: row[key]
            for key in (
                *("name", "type", "status", "substatus", "invoiceNumber", "refNumber"),
                *("paid", "sent", "partial", "customerPo", "notes", "visibility"),
                *("transactionDate", "dueDate", "created", "updated", "terms"),
            )
        }
        for key in ("subtotal", "taxAmount", "totalPrice", "totalPaidAmount"):
            shown[key] = number_on_the_wire(row[key], options)
        shown["customer"] = stub("company", row["customerId"], "status", "externalIds")
        shown["vendor"] = stub("company", row["vendorId"], "status")
        shown["location"] = self._stubs.place(row["locationId"])
        shown["job"] = self._stubs.job(row["jobId"])
        shown["assignedUser"] = stub("user", row["assignedUserId"], "status", "email")
        shown["assignedOffice"] = self._stubs.place(row["assignedOfficeId"])
        shown["contract"] = stub("contract", row["contractId"])
        shown["paymentTerms"] = stub("paymentterms", row["paymentTermsId"])
        shown["tags"] = self._stubs.tags(row)
        shown["items"] = [self.item(item) for item in row["items"]]
        return shown

    def item(self, item: Row) -> Shown:
        """Return what the API shows of an invoice's line."""
        options = self._options
        rate = item["taxRate"]
        if rate is not None and options.tax_rate == "fraction":
            rate = rate.scaleb(-2)
        shown: Shown = {"id": item["id"], "uri": self._stubs.uri("invoiceitem", item["id"])}
        shown |= {"description": item["description"], "orderIndex": item["orderIndex"]}
        for key in ("quantity", "price", "subtotal", "taxAmount", "totalPrice"):
            shown[key] = number_on_the_wire(item[key], options)
        shown["taxRate"] = number_on_the_wire(rate, options)
        shown["taxRateDetails"] = []
        for key, kind in (
            ("taxGroup", "taxgroup"),
            ("libItem", "libitem"),
            ("serviceLine", "serviceline"),
        ):
            row = self._store.get(kind, item[f"{key}Id"])
            shown[key] = None if row is None else self._writers[kind](row)
        shown["jobItem"] = self._inline_job_item(item["jobItem"])
        shown["serviceRequest"] = item["serviceRequest"]
        return shown

    def _inline_job_item(self, job_item: Row | None) -> Shown | None:
        if job_item is None:
            return None
        return {**job_item, "cost": number_on_the_wire(job_item["cost"], self._options)}

    def _job(self, row: Row) -> Shown:
        hidden = {"kind", "vendorId", "customerId", "locationId", "ownerId", "salesId"}
        hidden |= {"assignedOfficeId", "contractId", "tags", "externalIds", "estimatedPrice"}
        shown: Shown = {"uri": self._stubs.uri("job", row["id"])}
        shown |= {key: value for key, value in row.items() if key not in hidden}
        shown["displayStatus"] = str(row["status"]).replace("_", " ").title()
        shown["estimatedPrice"] = number_on_the_wire(row["estimatedPrice"], self._options)
        shown["vendor"] = self._stubs.stub("company", row["vendorId"], "status")
        shown["customer"] = self._stubs.stub("company", row["customerId"], "status", "externalIds")
        shown["location"] = self._stubs.place(row["locationId"])
        shown["owner"] = self._stubs.stub("user", row["ownerId"], "status", "email")
        shown["sales"] = self._stubs.stub("user", row["salesId"], "status", "email")
        office = self._stubs.place(row["assignedOfficeId"])
        shown["assignedOffice"] = office
        shown["offices"] = [] if office is None else [office]
        shown["contract"] = self._stubs.stub("contract", row["contractId"])
        shown["tags"] = self._stubs.tags(row)
        shown["externalIds"] = map_on_the_wire(row["externalIds"], self._options)
        return shown

    def _company(self, row: Row) -> Shown:
        shown: Shown = {
            "uri": self._stubs.uri("company", row["id"]),
            **row,
            "tags": self._stubs.tags(row),
        }
        shown["externalIds"] = map_on_the_wire(row["externalIds"], self._options)
        del shown["kind"]
        return shown

    def _location(self, row: Row) -> Shown:
        place = self._stubs.place(row["id"])
        shown: Shown = {} if place is None else place
        shown["externalIds"] = map_on_the_wire(row["externalIds"], self._options)
        for key in ("created", "updated", "generalManager", "storeNumber", "geocodeQuality"):
            shown[key] = row.get(key)
        tax_group = self._store.get("taxgroup", row["taxGroupId"])
        shown["taxGroup"] = None if tax_group is None else self._tax_group(tax_group)
        shown["company"] = self._stubs.stub("company", row["companyId"], "status")
        shown |= {"offices": [], "brand": None, "remitToAddress": None, "remitToSource": None}
        shown["tags"] = self._stubs.tags(row)
        return shown

    def _user(self, row: Row) -> Shown:
        hidden = {"kind", "password", "permissions", "companyId", "externalIds"}
        shown: Shown = {"uri": self._stubs.uri("user", row["id"])}
        shown |= {key: value for key, value in row.items() if key not in hidden}
        shown["company"] = self._stubs.stub("company", row["companyId"], "status")
        shown["externalIds"] = map_on_the_wire(row["externalIds"], self._options)
        return shown

    def _comment(self, row: Row) -> Shown:
        shown = self._as_kept("content", "created", "updated", "visibility", "pinned")(row)
        shown["author"] = self._stubs.stub("user", row["authorId"])
        shown["entity"] = {"id": row["entityId"], "type": row["entityType"]}
        return shown

    def _clock_event(self, row: Row) -> Shown:
        keys = ("eventTime", "activity", "source", "eventType", "lat", "lon", "created", "updated")
        shown = self._as_kept(*keys)(row)
        shown["user"] = self._stubs.stub("user", row["userId"])
        shown["job"] = self._stubs.job(row["jobId"])
        appointment = row["appointmentId"]
        shown["appointment"] = None if appointment is None else {"id": appointment}
        return shown

    def _job_item(self, row: Row) -> Shown:
        shown = self._as_kept("name", "description", "usedOn", "orderIndex", "created")(row)
        for key in ("quantity", "cost"):
            shown[key] = number_on_the_wire(decimal_of(row[key]), self._options)
        shown["libItem"] = self._stubs.stub("libitem", row["libItemId"], "type", "code")
        shown["source"] = {"type": "user", "userId": None}
        return shown

    def _tax_group(self, row: Row) -> Shown:
        shown = self._as_kept("name", "code", "state")(row)
        shown["rate"] = number_on_the_wire(row["rate"], self._options)
        return shown

    def _library_item(self, row: Row) -> Shown:
        shown = self._as_kept("name", "type", "code", "isGeneric")(row)
        shown["externalIds"] = map_on_the_wire(row["externalIds"], self._options)
        return shown

    def _service_line(self, row: Row) -> Shown:
        keys = ("id", "name", "trade", "abbr", "icon")
        return {key: row.get(key) for key in keys}
