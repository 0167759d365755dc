"""Operators: they publish mappings, redrive, and connect QuickBooks again when mail asks them."""

import json
from functools import partial

from invoicesync.bootstrap.shared import COMPANY
from invoicesync.ports import Outgoing
from invoicesync.state.mappings import Mappings
from invoicesync.state.realm import Realm
from sandbox.quickbooks.company import Company
from sandbox.quickbooks.people import People
from tests.simulation.cloud import Cloud
from tests.simulation.functions import Functions, stored_tokens
from tests.simulation.people import mapping_text

PURGED_WHOLE = 0.3
"""How often it is the whole queue and not one message of it."""


class Operators:
    """People at the console and at the operator's command."""

    def __init__(
        self, cloud: Cloud, functions: Functions, company: Company, *, create_missing: bool
    ) -> None:
        self._cloud = cloud
        self._functions = functions
        self._company = company
        self._create_missing = create_missing
        self._serial = 0
        self._mails = 0
        self.reconnections = 0

    def publish(self) -> None:
        """Put the next mapping in force."""
        self._serial += 1
        mappings = Mappings(
            self._cloud.raw_table, self._cloud.raw_bucket, self._cloud.scheduler.clock
        )
        mappings.publish(mapping_text(self._serial, create_missing=self._create_missing))

    def redrive(self) -> None:
        """Send old messages again: all dead letters, and some that were loaded long ago."""
        queue, random = self._cloud.raw_queue, self._cloud.chances.random
        bodies = [letter.body for letter in self._cloud.raw_dead.messages]
        bodies += random.sample(queue.history, min(5, len(queue.history)))
        for body in bodies:
            json.loads(body)
            queue.send([Outgoing(body)])

    def purge(self) -> None:
        """Throw away one message or all that is queued, as the end of retention would."""
        queue, random = self._cloud.raw_queue, self._cloud.chances.random
        if random.random() < PURGED_WHOLE:
            queue.purge()
        elif ids := queue.ids:
            queue.purge(random.choice(ids))

    def ask_and_tick(self, invoice: int) -> None:
        """Ask for an invoice that was just mended, right before the schedule runs."""
        self._functions.by_id([invoice])
        self._cloud.scheduler.after(self._cloud.chances.uniform(0, 2), self._functions.tick)

    def ask_again(self, ids: list[int]) -> None:
        """Ask the extractor for some invoices by id."""
        if ids:
            self._functions.by_id(self._cloud.chances.random.sample(ids, min(5, len(ids))))

    def look_back(self) -> None:
        """Ask for a scan of the past."""
        now = int(self._cloud.scheduler.now)
        self._functions.backfill(f"b{now}", now - 86_400, now)

    def pause(self, seconds: float) -> None:
        """Stop all loading for a while."""
        clock = self._cloud.scheduler.clock
        realm = Realm(self._cloud.raw_table, clock, COMPANY)
        realm.pause(paused=True)
        self._cloud.scheduler.after(seconds, partial(realm.pause, paused=False))

    def suspend(self, seconds: float) -> None:
        """Let the subscription lapse for a while."""
        people = People(self._company)
        people.suspend()
        self._cloud.scheduler.after(seconds, people.resume)

    def disconnect(self) -> None:
        """Disconnect the app; the mail will say what is to be done."""
        self._company.oauth.disconnect()

    def read_mail(self) -> None:
        """Connect again if the mail says so."""
        mails = self._cloud.raw_ops.mails[self._mails :]
        self._mails += len(mails)
        if any("connected again" in mail.subject for mail in mails):
            self.reconnections += 1
            answer = self._company.oauth.connect()
            now = self._cloud.scheduler.now
            tokens = stored_tokens(self._company.realm_id, answer, now)
            self._cloud.raw_secret.put_current(tokens)
