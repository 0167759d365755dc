"""The preferences and the company sheet that a company is born with."""

from sandbox.quickbooks.options import Options
from sandbox.quickbooks.wire import Body

HOME_CURRENCY = {"value": "USD", "name": "United States Dollar"}


def preferences(options: Options) -> Body:
    """Return the Preferences entity of a new company."""
    accounting: Body = {
        "UseAccountNumbers": False,
        "TrackDepartments": options.departments,
        "ClassTrackingPerTxn": options.class_per_transaction,
        "ClassTrackingPerTxnLine": options.class_per_line,
        "FirstMonthOfFiscalYear": "January",
        "TaxYearMonth": "January",
        "CustomerTerminology": "Customers",
        "DepartmentTerminology": "Location",
    }
    if options.book_close_date:
        accounting["BookCloseDate"] = options.book_close_date
    return {
        "AccountingInfoPrefs": accounting,
        "ProductAndServicesPrefs": {
            "ForSales": True,
            "ForPurchase": True,
            "QuantityWithPriceAndRate": True,
            "QuantityOnHand": True,
        },
        "SalesFormsPrefs": _sales_forms(options),
        "VendorAndPurchasesPrefs": {"TrackingByCustomer": True, "BillableExpenseTracking": True},
        "TimeTrackingPrefs": {
            "UseServices": True,
            "BillCustomers": True,
            "ShowBillRateToAll": False,
            "WorkWeekStartDate": "Monday",
            "MarkTimeEntriesBillable": True,
        },
        "TaxPrefs": _tax(options),
        "CurrencyPrefs": {
            "MultiCurrencyEnabled": options.multicurrency,
            "HomeCurrency": {"value": "USD"},
        },
        "ReportPrefs": {"ReportBasis": "Accrual", "CalcAgingReportFromTxnDate": False},
        "OtherPrefs": {
            "NameValue": [
                {
                    "Name": "SalesFormsPrefs.DefaultDueDays",
                    "Value": str(options.default_due_days),
                },
                {
                    "Name": "WarnDuplicateInvoiceNumber",
                    "Value": str(options.warn_duplicate_number).lower(),
                },
            ]
        },
    }


def _tax(options: Options) -> Body:
    tax: Body = {"UsingSalesTax": options.uses_sales_tax}
    if options.country == "US":
        tax["PartnerTaxEnabled"] = options.automated_tax
    return tax


def _sales_forms(options: Options) -> Body:
    return {
        "CustomField": _custom_fields(options),
        "CustomTxnNumbers": options.custom_numbers,
        "AllowDeposit": True,
        "AllowDiscount": options.discounts,
        "AllowEstimates": True,
        "ETransactionEnabledStatus": "NotApplicable",
        "ETransactionPaymentEnabled": False,
        "IPNSupportEnabled": False,
        "AllowServiceDate": True,
        "AllowShipping": True,
        "AutoApplyCredit": options.auto_apply_credit,
        "AutoApplyPayments": False,
        "UsingPriceLevels": False,
        "DefaultCustomerMessage": "",
    }


def _custom_fields(options: Options) -> list[Body]:
    """Tell which fields are used in one group, and what people call them in another."""
    if not options.custom_fields:
        return []
    prefix = "SalesFormsPrefs"
    used = [
        {"Name": f"{prefix}.UseSalesCustom{identity}", "Type": "BooleanType", "BooleanValue": True}
        for identity, _ in options.custom_fields
    ]
    named = [
        {"Name": f"{prefix}.SalesCustomName{identity}", "Type": "StringType", "StringValue": name}
        for identity, name in options.custom_fields
    ]
    return [{"CustomField": used}, {"CustomField": named}]


def company_information(options: Options) -> Body:
    """Return the CompanyInfo entity of a new company."""
    address = {
        "Id": "1",
        "Line1": "400 Grant Street",
        "City": "Pittsburgh",
        "CountrySubDivisionCode": "PA",
        "PostalCode": "15219",
        "Country": "USA",
    }
    return {
        "CompanyName": "Simulated Company",
        "LegalName": "Simulated Company",
        "CompanyAddr": address,
        "CustomerCommunicationAddr": address,
        "LegalAddr": address,
        "CompanyStartDate": "2015-01-01",
        "FiscalYearStartMonth": "January",
        "Country": options.country,
        "Email": {"Address": "office@example.com"},
        "WebAddr": {},
        "SupportedLanguages": "en",
        "DefaultTimeZone": "America/Los_Angeles",
        "NameValue": [
            {"Name": "NeoEnabled", "Value": "true"},
            {"Name": "SubscriptionStatus", "Value": "PAID"},
            {"Name": "OfferingSku", "Value": "QuickBooks Online Plus"},
        ],
    }
