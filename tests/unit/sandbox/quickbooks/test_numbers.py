"""Who numbers an invoice, and when a number is refused."""

from sandbox.quickbooks.company import Company
from tests.unit.sandbox.quickbooks.world import Open, invoice, refused


def test_with_custom_numbers_an_omitted_number_stays_empty(company: Company) -> None:
    assert "DocNumber" not in company.create("Invoice", invoice())


def test_without_custom_numbers_the_last_one_is_continued(opened: Open) -> None:
    company = opened(custom_numbers=False)

    numbers = [company.create("Invoice", invoice())["DocNumber"] for _ in range(2)]

    assert numbers == ["1001", "1002"]


def test_a_prefixed_number_is_continued_with_its_prefix(opened: Open) -> None:
    company = opened(custom_numbers=False)
    company.create("Invoice", invoice(DocNumber="App_0999"))

    assert company.create("Invoice", invoice())["DocNumber"] == "App_1000"


def test_renumbering_does_not_move_the_sequence(opened: Open) -> None:
    company = opened(custom_numbers=False)
    made = company.create("Invoice", invoice())
    company.update(
        "Invoice", {"Id": made["Id"], "SyncToken": "0", "sparse": True, "DocNumber": "7000"}
    )

    assert company.create("Invoice", invoice())["DocNumber"] == "1002"


def test_automatic_numbering_can_be_asked_for(company: Company) -> None:
    assert company.create("Invoice", invoice(DocNumber="AUTO_GENERATE"))["DocNumber"] == "1001"
    assert company.create("Invoice", invoice(AutoDocNumber=True))["DocNumber"] == "1002"


def test_an_empty_number_stays_empty(opened: Open) -> None:
    made = opened(custom_numbers=False).create("Invoice", invoice(DocNumber=""))

    assert "DocNumber" not in made


def test_a_used_number_is_refused_with_the_id_of_its_user(company: Company) -> None:
    made = company.create("Invoice", invoice(DocNumber="A"))

    with refused("6140", f"TxnId={made['Id']}"):
        company.create("Invoice", invoice(DocNumber="A"))


def test_a_used_number_can_be_insisted_on(company: Company) -> None:
    company.create("Invoice", invoice(DocNumber="A"))

    made = company.create("Invoice", invoice(DocNumber="A"), allow_duplicate=True)

    assert made["DocNumber"] == "A"


def test_a_used_number_passes_where_the_warning_is_off(opened: Open) -> None:
    for options in ({"warn_duplicate_number": False}, {"custom_numbers": False}):
        company = opened(**options)
        for _ in range(2):
            company.create("Invoice", invoice(DocNumber="A"))

        assert len(list(company.objects("Invoice"))) == 2


def test_the_warning_may_hold_without_custom_numbers(opened: Open) -> None:
    company = opened(custom_numbers=False, warn_without_custom_numbers=True)
    company.create("Invoice", invoice(DocNumber="A"))

    with refused("6140"):
        company.create("Invoice", invoice(DocNumber="A"))


def test_another_kind_of_document_may_have_the_same_number(company: Company) -> None:
    company.create("Invoice", invoice(DocNumber="A"))

    assert company.create("Estimate", invoice(DocNumber="A"))["DocNumber"] == "A"


def test_an_update_to_a_used_number_is_refused(company: Company) -> None:
    company.create("Invoice", invoice(DocNumber="A"))
    other = company.create("Invoice", invoice(DocNumber="B"))
    change = {"Id": other["Id"], "SyncToken": "0", "sparse": True}

    with refused("6140"):
        company.update("Invoice", {**change, "DocNumber": "A"})

    assert company.update("Invoice", {**change, "DocNumber": "C"})["DocNumber"] == "C"
