"""What a requestid protects, and what each switch makes of the parts nobody knows."""

from typing import Any

from sandbox.quickbooks.clock import VirtualClock
from sandbox.quickbooks.company import Company
from sandbox.quickbooks.requestids import Deleted
from sandbox.quickbooks.store import Snapshot
from tests.unit.sandbox.quickbooks.world import Client, Open, invoice, refused


def create(company: Company, key: str | None, **fields: Any) -> Snapshot:
    made = company.write("create", "Invoice", invoice(**fields), key=key)
    assert isinstance(made, Snapshot)
    return made


def test_a_repeated_request_is_answered_without_being_done_again(company: Company) -> None:
    first = create(company, "k", DocNumber="A")
    again = create(company, "k", DocNumber="A")

    assert again.body == first.body
    assert len(list(company.objects("Invoice"))) == 1
    assert company.requestids.replays == 1


def test_without_a_requestid_everything_is_done_again(company: Company) -> None:
    for key in (None, ""):
        create(company, key)
        create(company, key)

    assert len(list(company.objects("Invoice"))) == 4


def test_a_repeat_answers_as_the_first_did_even_if_the_object_has_moved_on(
    company: Company,
) -> None:
    first = create(company, "k")
    company.void("Invoice", first.identity)

    assert create(company, "k").body["SyncToken"] == "0"


def test_a_repeat_answers_even_for_what_was_deleted_since(company: Company) -> None:
    first = create(company, "k")
    company.delete("Invoice", first.identity)

    assert create(company, "k").identity == first.identity
    assert list(company.objects("Invoice")) == []


def test_updates_voids_and_deletes_are_protected_too(company: Company) -> None:
    made = create(company, None)
    token = {"Id": made.identity, "SyncToken": "0"}

    for _ in range(2):
        company.write("void", "Invoice", token, key="v")
    for _ in range(2):
        gone = company.write("delete", "Invoice", {**token, "SyncToken": "1"}, key="d")
        assert gone == Deleted("Invoice", made.identity)


def test_a_refusal_is_remembered_or_not(opened: Open) -> None:
    for replays, refusals in ((True, 2), (False, 1)):
        company = opened(requestid_replays_faults=replays)
        create(company, None, DocNumber="A")
        with refused("6140"):
            create(company, "k", DocNumber="A")
        company.delete("Invoice", "1")

        if refusals == 2:
            with refused("6140"):
                create(company, "k", DocNumber="A")
        else:
            assert create(company, "k", DocNumber="A").body["DocNumber"] == "A"


def test_another_body_under_the_same_requestid(opened: Open) -> None:
    company = opened(requestid_mismatch="replay")
    create(company, "k", DocNumber="A")
    assert create(company, "k", DocNumber="B").body["DocNumber"] == "A"

    for code in ("6000", "600"):
        company = opened(requestid_mismatch=code)
        create(company, "k", DocNumber="A")
        with refused(code):
            create(company, "k", DocNumber="B")
        assert create(company, "k", DocNumber="A").body["DocNumber"] == "A"


def test_a_requestid_is_forgotten_after_its_time(opened: Open) -> None:
    company = opened(requestid_retention_seconds=100)
    assert isinstance(company.clock, VirtualClock)
    create(company, "k")
    company.clock.advance(99)
    create(company, "k")
    assert len(list(company.objects("Invoice"))) == 1

    company.clock.advance(1)
    create(company, "k")

    assert len(list(company.objects("Invoice"))) == 2


def test_lists_do_not_honour_it_unless_told_to(opened: Open) -> None:
    body = {"DisplayName": "Acme"}
    company = opened()
    company.write("create", "Customer", body, key="k")
    with refused("6240"):
        company.write("create", "Customer", body, key="k")

    company = opened(name_lists_honour_requestid=True)
    first = company.write("create", "Customer", body, key="k")
    assert company.write("create", "Customer", body, key="k") == first


def test_more_than_fifty_characters_are_refused(company: Company) -> None:
    create(company, "k" * 50)
    with refused("6000", "request_id"):
        create(company, "k" * 51)


def test_over_http_the_second_answer_has_the_same_id(client: Client) -> None:
    answers = [client.post("invoice?requestid=r-1", invoice(DocNumber="A")) for _ in range(2)]

    assert [each.status_code for each in answers] == [200, 200]
    assert answers[0].json()["Invoice"]["Id"] == answers[1].json()["Invoice"]["Id"]
