"""QuickBooks' own report, asked of the simulator at the reconciler's pace."""

from datetime import UTC, date, datetime
from decimal import Decimal

from invoicesync.domain.bridge import Sum
from invoicesync.domain.sales_report import read_sales
from invoicesync.services.load.paced import PacedBooks, Paces
from invoicesync.state.pace import Pace
from sandbox.quickbooks.people import People
from tests.fakes.world import World

PACE = Pace("reconciler", per_minute=60, burst=2)


def test_invoices_are_in_the_report_of_their_day_and_voided_ones_are_not_counted() -> None:
    world = World()
    people = People(world.company)
    customer = str(next(world.company.objects("Customer"))["Id"])
    people.type_invoice(customer, "1", 100)
    people.void("Invoice", people.type_invoice(customer, "2", 50)["Id"])
    books = PacedBooks(
        world.client(), world.realm, world.refresher, Paces(requests=PACE, batches=PACE)
    )
    today = datetime.fromtimestamp(world.clock.now(), UTC).date()

    assert read_sales(books.transaction_list(today.replace(day=1), today)) == Sum(1, Decimal(107))
    assert read_sales(books.transaction_list(date(2020, 1, 1), date(2020, 1, 31))) == Sum()
    assert books.calls == 2
