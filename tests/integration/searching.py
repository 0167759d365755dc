"""Search everything that a stage left behind for what nobody may ever read there."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sandbox.cloud.local import LocalCloud
from tests.searched import SEARCHES, Search
from tests.unit.domain.invoices import ADDRESS, OFFICE

# Passwords and client secrets of the tests, and every token that QuickBooks' simulator ever gave.
SECRET = re.compile(r"canary-[a-z-]+-\d+|RT1-[0-9a-f]{16,}|eyJ[0-9a-f]{24,}|PHPSESSID=\w+")
# Names and addresses may lie where invoices lie. Logs are read by more people than that.
PERSONAL = re.compile(
    "|".join(map(re.escape, ("Keystone Foods", *ADDRESS.values(), *OFFICE.values())))
)


KIND = "secrets, and personal data in logs"


@dataclass
class Searched(Search):
    """How much was looked through, by kind of place, and what was found."""

    def look(self, place: str, name: str, text: str) -> None:
        """Search one text."""
        self.texts[place] += 1
        self.characters[place] += len(text)
        patterns = [SECRET, PERSONAL] if place == "logs" else [SECRET]
        for pattern in patterns:
            if found := pattern.search(text):
                around = text[max(0, found.start() - 60) : found.start()]
                self.hits.append(f"{place} {name}: {found[0][:12]}… after {around!r}")


def search(cloud: LocalCloud) -> Searched:
    """Look through logs, the table, the bucket, and every message that still lies in a queue."""
    searched = Searched()
    for path in sorted(cloud._logs.glob("*.log")):
        searched.look("logs", path.name, path.read_text(encoding="utf-8"))
    for item in _pages(cloud, "dynamodb", "scan", "Items", TableName=cloud.ref("StateTable")):
        searched.look("table", item["pk"]["S"], json.dumps(item))
    s3, bucket = cloud.client("s3"), cloud.ref("Bucket")
    for each in _pages(cloud, "s3", "list_objects_v2", "Contents", Bucket=bucket):
        body = s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read()
        searched.look("bucket", each["Key"], body.decode("utf-8", "replace"))
    sqs = cloud.client("sqs")
    for url in sqs.list_queues().get("QueueUrls", []):
        while messages := sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        ).get("Messages", []):
            for message in messages:
                told = [
                    message["Body"],
                    json.dumps(message.get("MessageAttributes", {}), default=str),
                ]
                searched.look("queues", url.rpartition("/")[2], "\n".join(told))
    SEARCHES.add(KIND, searched)
    return searched


def _pages(
    cloud: LocalCloud, service: str, operation: str, part: str, **asked: Any
) -> Iterator[Any]:
    for page in cloud.client(service).get_paginator(operation).paginate(**asked):
        yield from page.get(part, [])
