"""Both simulators and the local cloud, wired together and ready for the first tick."""

from __future__ import annotations

import json
import re
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Self

from invoicesync.adapters.aws.bucket import S3Bucket
from invoicesync.adapters.aws.runtime import SystemClock
from invoicesync.adapters.aws.table import DynamoTable
from invoicesync.state.mappings import Mappings
from sandbox.cloud.local import LocalCloud
from sandbox.demo.bookkeeping import BATCHES_PER_MINUTE
from sandbox.http import LOOPBACK, Server
from sandbox.quickbooks.app import create_app as quickbooks_app
from sandbox.servicetrade import create_app as servicetrade_app

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from types import TracebackType

    from sandbox.quickbooks.company import Company
    from sandbox.servicetrade import Account

ROOT = Path(__file__).resolve().parents[4]
MAPPING = Path(__file__).with_name("mapping.yaml")

_GO_LIVE = re.compile(r"^go_live:.*$", re.MULTILINE)


class Stage:
    """Everything that the demo runs on; stopped as one, and nothing else is touched."""

    def __init__(
        self,
        account: Account,
        company: Company,
        *,
        folder: Path,
        root: Path = ROOT,
        servicetrade_port: int = 0,
        quickbooks_port: int = 0,
        parameters: Mapping[str, str] | None = None,
        listen: str = LOOPBACK,
    ) -> None:
        """Keep logs below ``folder``; ``root`` is the folder of the template."""
        self.account = account
        self.company = company
        self.servicetrade = Server(
            servicetrade_app(account, sleep=time.sleep), host=listen, port=servicetrade_port
        )
        self.quickbooks = Server(
            quickbooks_app(company, sleep=time.sleep), host=listen, port=quickbooks_port
        )
        self.cloud = LocalCloud(
            root / "template.yaml",
            logs=folder / "logs",
            environment={
                "SERVICETRADE_BASE_URL": f"{self.servicetrade.url}/api",
                "QUICKBOOKS_BASE_URL": self.quickbooks.url,
                "BATCHES_PER_MINUTE": str(BATCHES_PER_MINUTE),
            },
            parameters=parameters,
            listen=listen,
        )
        self._running = ExitStack()

    def start(self) -> Self:
        """Start it all, and store credentials for both sides."""
        with ExitStack() as starting:
            starting.enter_context(self.servicetrade)
            starting.enter_context(self.quickbooks)
            starting.enter_context(self.cloud)
            self._store_credentials()
            self._running = starting.pop_all()
        return self

    def stop(self) -> None:
        """Stop it all."""
        self._running.close()

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()

    def publish_mapping(self, go_live: date, text: str | None = None) -> int:
        """Put the demo's mapping in force from ``go_live`` on; return its serial."""
        written = text or MAPPING.read_text(encoding="utf-8")
        clock = SystemClock()
        mappings = Mappings(
            DynamoTable(self.cloud.client("dynamodb"), self.cloud.ref("StateTable"), clock),
            S3Bucket(self.cloud.client("s3"), self.cloud.ref("Bucket")),
            clock,
        )
        return mappings.publish(_GO_LIVE.sub(f"go_live: {go_live.isoformat()}", written)).serial

    def warm(self) -> None:
        """Start the functions' processes while nothing waits for them."""
        loaders = self.cloud.mapping("LoaderFunction").settings.concurrency
        self.cloud.functions.warm(
            {
                "ExtractorFunction": 1,
                "LoaderFunction": loaders,
                "AcknowledgerFunction": 1,
                "ReconcilerFunction": 1,
            }
        )

    def _store_credentials(self) -> None:
        login, authority = self.account.login, self.company.oauth
        tokens = authority.connect()
        secrets = {
            "ServiceTradeSecret": {"username": login.username, "password": login.password},
            "QuickBooksClientSecret": {
                "client_id": authority.client_id,
                "client_secret": authority.client_secret,
            },
            "QuickBooksTokenSecret": {
                "realm_id": self.company.realm_id,
                "access_token": tokens["access_token"],
                "refresh_token": tokens["refresh_token"],
                "obtained_at": int(time.time()),
                "expires_in": tokens["expires_in"],
                "refresh_expires_in": tokens["x_refresh_token_expires_in"],
            },
        }
        manager = self.cloud.client("secretsmanager")
        for name, value in secrets.items():
            manager.put_secret_value(SecretId=self.cloud.ref(name), SecretString=json.dumps(value))
