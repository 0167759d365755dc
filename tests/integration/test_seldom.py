"""What seldom happens, through the real functions: big invoices, lost answers, stray letters."""

from typing import Any

from invoicesync.adapters.aws.runtime import SystemClock
from invoicesync.adapters.aws.table import DynamoTable
from invoicesync.bootstrap.shared import COMPANY
from invoicesync.domain.ids import ServiceTradeId
from invoicesync.services.sweep import SWEEP
from invoicesync.state import keys
from invoicesync.state.realm import Realm
from tests.integration.conftest import Rig


def test_an_invoice_too_big_for_the_queue_goes_by_way_of_the_bucket(rig: Rig) -> None:
    line: dict[str, Any] = {
        "description": "x" * 4000,
        "quantity": "1",
        "price": "1",
        "libItem": {"name": "Labor", "code": "LAB", "type": "labor"},
        "serviceLine": "HVAC",
        "taxRate": "0",
        "taxAmount": "0",
    }
    invoice = rig.invoice(items=[line] * 150)

    rig.look_at(invoice)
    drained = rig.drain()

    assert (drained.returned, drained.errors) == (0, ())
    [body] = rig.live(invoice)
    assert len(body["Line"]) == 151
    kept = rig.cloud.client("s3").list_objects_v2(Bucket=rig.cloud.ref("Bucket"), Prefix="claims/")
    assert kept["KeyCount"] >= 1


def test_a_lost_answer_is_settled_from_the_journal_when_the_lease_is_over(rig: Rig) -> None:
    invoice = rig.invoice()
    rig.look_at(invoice)
    rig.fail("request_lost", "POST *batch")
    assert rig.drain().returned == 1
    assert rig.live(invoice) == []

    # Nobody waits six minutes here: the lease is made to end now.
    key = keys.ledger(ServiceTradeId(invoice))
    rig.cloud.client("dynamodb").update_item(
        TableName=rig.cloud.ref("StateTable"),
        Key={"pk": {"S": key.pk}, "sk": {"S": key.sk}},
        UpdateExpression="SET lease_until = :now",
        ExpressionAttributeValues={":now": {"N": "0"}},
    )
    rig.look_at(invoice)
    rig.drain()

    assert len(rig.live(invoice)) == 1


def test_a_letter_without_a_reason_is_given_one(rig: Rig) -> None:
    client, table = rig.cloud.client("dynamodb"), rig.cloud.ref("StateTable")
    client.delete_item(TableName=table, Key={"pk": {"S": SWEEP.pk}, "sk": {"S": SWEEP.sk}})
    queue = rig.cloud.ref("InvoiceDLQ")
    rig.cloud.client("sqs").send_message(QueueUrl=queue, MessageBody="stray")

    rig.tick()

    # Its copy was looked at too, and stays out of sight for a while.
    asked = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    told = rig.cloud.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=asked)
    assert sum(map(int, told["Attributes"].values())) == 1
    assert '"UnexplainedDeadLetters":[1.0]' in rig.log("ExtractorFunction")


def test_a_pause_switches_the_loader_off_at_the_next_tick_and_its_end_on(rig: Rig) -> None:
    table = DynamoTable(rig.cloud.client("dynamodb"), rig.cloud.ref("StateTable"), SystemClock())
    realm = Realm(table, SystemClock(), COMPANY)
    realm.pause(paused=True)
    off = rig.tick()
    realm.pause(paused=False)
    on = rig.tick()

    assert (off["loader_on"], on["loader_on"]) == (False, True)
