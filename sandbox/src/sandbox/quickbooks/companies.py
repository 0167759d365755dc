"""Companies to begin with: an empty one, and a landscaping business with some history."""

from collections.abc import Callable

from sandbox.quickbooks.company import Company
from sandbox.quickbooks.options import Options
from sandbox.quickbooks.wire import Body

_ACCOUNTS = (
    ("Undeposited Funds", "Other Current Asset"),
    ("Checking", "Bank"),
    ("Landscaping Services", "Income"),
    ("Design income", "Income"),
    ("Pest Control Services", "Income"),
    ("Sales of Product Income", "Income"),
    ("Discounts given", "Income"),
    ("Cost of Goods Sold", "Cost of Goods Sold"),
    ("Inventory Asset", "Other Current Asset"),
    ("Accounts Receivable (A/R)", "Accounts Receivable"),
    ("Accounts Payable (A/P)", "Accounts Payable"),
)
_TERMS = (("Due on receipt", 0), ("Net 15", 15), ("Net 30", 30), ("Net 60", 60))
_ITEMS = (
    ("Services", "Landscaping Services", "0", False),
    ("Hours", "Landscaping Services", "0", False),
    ("Concrete", "Sales of Product Income", "0", True),
    ("Design", "Design income", "75", False),
    ("Rock Fountain", "Sales of Product Income", "275", True),
    ("Gardening", "Landscaping Services", "0", False),
    ("Lighting", "Sales of Product Income", "15", True),
    ("Pest Control", "Pest Control Services", "35", False),
    ("Sod", "Sales of Product Income", "10", True),
    ("Trimming", "Landscaping Services", "35", False),
    ("Pump", "Sales of Product Income", "15", True),
)
_CUSTOMERS = (
    ("Amy's Bird Sanctuary", "12 Heron Way", "Bayshore", "94326", True),
    ("Harbor Kite Works", "7 Pier Road", "Half Moon Bay", "94213", False),
    ("Cedar & Sons Nursery", "88 Orchard Street", "Middlefield", "94482", True),
    ("Juniper Dental Group", "1500 Elm Avenue", "Palo Alto", "94303", True),
    ("Maya Okafor", "31 Canyon Drive", "Menlo Park", "94304", True),
)


def empty(clock: Callable[[], float], options: Options | None = None) -> Company:
    """Open a company that has nothing but its preferences."""
    return Company(clock=clock, options=options)


def sample(clock: Callable[[], float], options: Options | None = None) -> Company:
    """Open a small landscaping business in California, like the one every new account can try."""
    company = Company(clock=clock, options=options or Options(custom_fields=(("1", "Crew #"),)))
    rename = {"Id": "1", "SyncToken": "0", "sparse": True, "CompanyName": "Larkspur Landscaping"}
    company.update("CompanyInfo", rename)
    accounts = {
        name: company.create("Account", {"Name": name, "AccountType": kind})["Id"]
        for name, kind in _ACCOUNTS
    }
    for name, days in _TERMS:
        company.create("Term", {"Name": name, "DueDays": days})
    for name in ("Cash", "Check", "Visa"):
        company.create("PaymentMethod", {"Name": name})
    _taxes(company)
    for name, account, price, taxable in _ITEMS:
        income = {"value": accounts[account]}
        item: Body = {"Name": name, "Type": "Service", "IncomeAccountRef": income}
        company.create("Item", {**item, "UnitPrice": price, "Taxable": taxable})
    for name in ("Bayshore", "Middlefield"):
        company.create("Department", {"Name": name})
    for name in ("Residential", "Commercial"):
        company.create("Class", {"Name": name})
    _customers(company)
    company.create("Vendor", {"DisplayName": "Granite Supply House"})
    company.create("Employee", {"GivenName": "Ines", "FamilyName": "Marlow"})
    _history(company)
    return company


def _taxes(company: Company) -> None:
    store = company.books.store
    store.insert("TaxAgency", {"DisplayName": "Board of Equalization", "TaxTrackedOnSales": True})
    tax_rate = {"Name": "California", "Active": True, "RateValue": 8, "AgencyRef": {"value": "1"}}
    made = store.insert("TaxRate", tax_rate)
    for identity, name in (("TAX", "Taxable"), ("NON", "Non-taxable")):
        body = {"Name": name, "Active": True, "Taxable": identity == "TAX", "TaxGroup": False}
        store.reserve("TaxCode", identity)
        store.insert("TaxCode", body)
    details = [
        {"TaxRateRef": {"value": made.identity}, "TaxTypeApplicable": "TaxOnAmount", "TaxOrder": 0}
    ]
    store.reserve("TaxCode", "2")
    code = store.insert(
        "TaxCode",
        {
            "Name": "California",
            "Active": True,
            "Taxable": True,
            "TaxGroup": True,
            "SalesTaxRateList": {"TaxRateDetail": details},
            "PurchaseTaxRateList": {"TaxRateDetail": []},
        },
    )
    token = company.read("Preferences", "1")["SyncToken"]
    prefs = {"TaxPrefs": {"TaxGroupCodeRef": {"value": code.identity}}}
    company.update("Preferences", {"Id": "1", "SyncToken": token, "sparse": True, **prefs})


def _customers(company: Company) -> None:
    for name, street, city, postal_code, taxable in _CUSTOMERS:
        address = {
            "Line1": street,
            "City": city,
            "CountrySubDivisionCode": "CA",
            "PostalCode": postal_code,
        }
        body: Body = {
            "DisplayName": name,
            "CompanyName": name,
            "BillAddr": address,
            "ShipAddr": address,
        }
        if not taxable:
            body |= {"Taxable": False, "TaxExemptionReasonId": "9"}
        company.create("Customer", body)
    company.create(
        "Customer", {"DisplayName": "North Wing", "Job": True, "ParentRef": {"value": "4"}}
    )


def _history(company: Company) -> None:
    for number, customer, item, amount in (
        ("1001", "1", "1", "100.00"),
        ("1002", "2", "4", "337.50"),
        ("1003", "3", "5", "275.00"),
        ("1004", "4", "10", "70.00"),
    ):
        line = {
            "Amount": amount,
            "DetailType": "SalesItemLineDetail",
            "SalesItemLineDetail": {"ItemRef": {"value": item}},
        }
        company.create(
            "Invoice", {"DocNumber": number, "CustomerRef": {"value": customer}, "Line": [line]}
        )
    link = {"TxnId": "2", "TxnType": "Invoice"}
    payment = {"CustomerRef": {"value": "2"}, "TotalAmt": "337.50"}
    company.create("Payment", {**payment, "Line": [{"Amount": "337.50", "LinkedTxn": [link]}]})
