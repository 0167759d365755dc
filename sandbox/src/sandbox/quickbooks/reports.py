"""Reports that reconciliation reads: rows of text in columns, totals in a summary."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from sandbox.quickbooks import refusals, times
from sandbox.quickbooks.company import Company
from sandbox.quickbooks.store import Record
from sandbox.quickbooks.wire import ZERO, Body, mapping

_LISTED = ("Invoice", "SalesReceipt", "CreditMemo", "Payment", "Estimate", "Bill", "Purchase")
_TITLES = {
    "Invoice": "Invoice",
    "SalesReceipt": "Sales Receipt",
    "CreditMemo": "Credit Memo",
    "Payment": "Payment",
    "Estimate": "Estimate",
    "Bill": "Bill",
    "Purchase": "Expense",
}
_REDUCES = ("CreditMemo", "Payment")


@dataclass(frozen=True, slots=True)
class _Period:
    start: str
    end: str

    def holds(self, day: str) -> bool:
        return self.start <= day <= self.end


def run(company: Company, name: str, query: Mapping[str, str]) -> Body:
    """Make a report, or refuse a name that is not known."""
    kinds = {
        "TransactionList": _transaction_list,
        "CustomerSales": _customer_sales,
        "AgedReceivableDetail": _aged_receivables,
    }
    make = kinds.get(name)
    if make is None:
        raise refusals.unsupported(f"report {name}")
    today = company.books.today()
    period = _Period(query.get("start_date", today[:8] + "01"), query.get("end_date", today))
    for day in (period.start, period.end):
        if not times.is_date(day):
            raise refusals.invalid_date("start_date", day)
    columns, rows = make(company, period, query)
    header = {
        "Time": times.stamp(int(company.clock())),
        "ReportName": name,
        "ReportBasis": "Accrual",
        "StartPeriod": period.start,
        "EndPeriod": period.end,
        "Currency": "USD",
        "Option": [{"Name": "NoReportData", "Value": "false" if rows else "true"}],
    }
    listed = [{"ColTitle": title, "ColType": kind} for title, kind in columns]
    return {"Header": header, "Columns": {"Column": listed}, "Rows": {"Row": rows} if rows else {}}


type _Table = tuple[list[tuple[str, str]], list[Body]]


def _records(company: Company, period: _Period, kinds: tuple[str, ...]) -> list[Record]:
    found = [
        record
        for entity in kinds
        for record in company.books.store.live(entity)
        if period.holds(str(record.body["TxnDate"]))
    ]
    return sorted(found, key=lambda each: (str(each.body["TxnDate"]), int(each.identity)))


def _signed(record: Record, amount: Decimal) -> Decimal:
    return -amount if record.entity in _REDUCES else amount


def _cell(value: object, identity: str | None = None) -> Body:
    text = f"{value:.2f}" if isinstance(value, Decimal) else str(value)
    return {"value": text} if identity is None else {"value": text, "id": identity}


def _who(record: Record) -> tuple[str, str]:
    reference = mapping(record.body.get("CustomerRef") or record.body.get("VendorRef"))
    return str(reference.get("name", "")), str(reference.get("value", ""))


def _transaction_list(company: Company, period: _Period, query: Mapping[str, str]) -> _Table:
    columns = [
        ("Date", "tx_date"),
        ("Transaction Type", "txn_type"),
        ("Num", "doc_num"),
        ("Posting", "is_no_post"),
        ("Name", "name"),
        ("Memo/Description", "memo"),
        ("Account", "account_name"),
        ("Amount", "subt_nat_amount"),
    ]
    kinds = tuple(
        each for each in _LISTED if query.get("transaction_type", each).lower() == each.lower()
    )
    rows: list[Body] = []
    for record in _records(company, period, kinds):
        body, (name, identity) = record.body, _who(record)
        cells = [
            _cell(body["TxnDate"]),
            _cell(_TITLES[record.entity], record.identity),
            _cell(body.get("DocNumber", "")),
            _cell("No" if record.entity == "Estimate" else "Yes"),
            _cell(name, identity),
            _cell(body.get("PrivateNote", "")),
            _cell("Accounts Receivable (A/R)"),
            _cell(_signed(record, body["TotalAmt"])),
        ]
        rows.append({"ColData": cells, "type": "Data"})
    return columns, rows


def _customer_sales(company: Company, period: _Period, _: Mapping[str, str]) -> _Table:
    sums: defaultdict[tuple[str, str], Decimal] = defaultdict(lambda: ZERO)
    for record in _records(company, period, ("Invoice", "SalesReceipt", "CreditMemo")):
        net = record.body["TotalAmt"] - record.body["TxnTaxDetail"]["TotalTax"]
        sums[_who(record)] += _signed(record, net)
    rows: list[Body] = [
        {"ColData": [_cell(name, identity), _cell(amount)], "type": "Data"}
        for (name, identity), amount in sorted(sums.items())
    ]
    if rows:
        total = sum(sums.values(), ZERO)
        rows.append(
            {
                "Summary": {"ColData": [_cell("TOTAL"), _cell(total)]},
                "type": "Section",
                "group": "GrandTotal",
            }
        )
    return [("", "Customer"), ("Total", "Money")], rows


def _aged_receivables(company: Company, period: _Period, _: Mapping[str, str]) -> _Table:
    columns = [
        ("Date", "tx_date"),
        ("Transaction Type", "txn_type"),
        ("Num", "doc_num"),
        ("Customer", "cust_name"),
        ("Due Date", "due_date"),
        ("Amount", "subt_amount"),
        ("Open Balance", "subt_open_bal"),
    ]
    rows: list[Body] = []
    for record in _records(company, _Period("", period.end), ("Invoice", "CreditMemo")):
        body, (name, identity) = record.body, _who(record)
        if body["Balance"]:
            cells = [
                _cell(body["TxnDate"]),
                _cell(_TITLES[record.entity], record.identity),
                _cell(body.get("DocNumber", "")),
                _cell(name, identity),
                _cell(body.get("DueDate", "")),
                _cell(_signed(record, body["TotalAmt"])),
                _cell(_signed(record, body["Balance"])),
            ]
            rows.append({"ColData": cells, "type": "Data"})
    return columns, rows
