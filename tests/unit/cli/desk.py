"""A desk in one process: the operator's, but for what it stands before."""

import json
from types import SimpleNamespace
from typing import Any

from invoicesync.services.looking import BehindLoaders, ReadOnlyBooks
from invoicesync.settings import REQUESTS_PER_MINUTE
from invoicesync.state.ledger import Ledger
from invoicesync_cli.answers import Answer
from invoicesync_cli.desk import Desk
from invoicesync_cli.screen import Screen
from tests.fakes import FakeSecret
from tests.fakes.world import World
from tests.unit.services.desk import ACTOR
from tests.unit.services.desk import Desk as UseCases


class DeskBefore(Desk):
    """A desk before a company in memory."""

    def __init__(self, world: World) -> None:
        """Put the parts of ``world`` where those of a stack would be made."""
        made = UseCases(world)
        outputs = SimpleNamespace(quickbooks_token_secret_arn="tokens")
        stack: Any = SimpleNamespace(name="test", outputs=outputs)
        super().__init__(stack)
        self.world, self.extraction, self.shown = world, made.extraction, made.shown
        self.__dict__ |= {
            "clock": world.clock,
            "random": world.random,
            "table": world.table,
            "bucket": world.bucket,
            "extractor": made.extraction,
            "ledger": Ledger(world.table),
            "realm": world.realm,
            "mappings": world.mappings,
            "books": ReadOnlyBooks(world.client(), BehindLoaders(world.realm, REQUESTS_PER_MINUTE)),
            "source": made.shown,
            "actor": ACTOR,
        }

    def secret(self, arn: str) -> Any:
        """Return the tokens."""
        assert arn == "tokens"
        token = {"realm_id": self.world.company.realm_id, "access_token": "a", "refresh_token": "r"}
        return FakeSecret(json.dumps(token))


def screen(answer: Answer) -> str:
    """Return what a person sees."""
    console = Screen(width=200)
    with console.capture() as captured:
        answer.show(console)
    return captured.get()
