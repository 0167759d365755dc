"""Audit the past that was planted, link what can be linked, and hold both against the plan."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from invoicesync.adapters.aws.bucket import S3Bucket
from invoicesync.adapters.aws.runtime import SystemClock, SystemRandom
from invoicesync.adapters.aws.secrets import SecretsManagerSecret
from invoicesync.adapters.aws.table import DynamoTable
from invoicesync.adapters.quickbooks.client import QuickBooksClient
from invoicesync.adapters.quickbooks.population import QuickBooksInvoices
from invoicesync.adapters.servicetrade.credentials import read_credentials
from invoicesync.adapters.servicetrade.source import ServiceTradeSource
from invoicesync.domain.comparison import Comparison, Field, Finding, Kind, Window
from invoicesync.services.adopt import Adopt, Link, pairs_of
from invoicesync.services.audit import Audit, Audited, BooksReading, SourceReading, rules_of
from invoicesync.services.extract.reader import Reader
from invoicesync.services.looking import Alone, ReadOnlyBooks
from invoicesync.state.actions import Actions
from invoicesync.state.mappings import Mappings
from invoicesync.state.tokens import current_tokens

if TYPE_CHECKING:
    from sandbox.demo.past import Past
    from sandbox.demo.stage import Stage

_SECONDS = 600.0
_KINDS = (Kind.MISSING, Kind.DOUBLE, Kind.DIFFERING, Kind.FOREIGN)


@dataclass(slots=True)
class Looked:
    """What came of it, as figures; ``faults`` says what was not as planted."""

    first: str = ""
    last: str = ""
    found: dict[str, tuple[int, Decimal]] = field(default_factory=dict)
    """How many of each, and by how much QuickBooks holds more."""
    linked: int = 0
    linked_total: Decimal = Decimal()
    faults: list[str] = field(default_factory=list)

    def figures(self) -> dict[str, Any]:
        """Put it as build/demo/summary.json has it."""
        return {
            "from": self.first,
            "to": self.last,
            "found": {
                name: {"count": count, "difference": f"{money:.2f}"}
                for name, (count, money) in self.found.items()
            },
            "linked": self.linked,
            "linked_total": f"{self.linked_total:.2f}",
        }


class _Patience:
    """Time enough."""

    def remaining_seconds(self) -> float:
        """Say so."""
        return _SECONDS


def look_back(stage: Stage, past: Past) -> Looked:
    """Audit, adopt, and adopt again for nothing."""
    clock, random = SystemClock(), SystemRandom()
    table = DynamoTable(stage.cloud.client("dynamodb"), stage.cloud.ref("StateTable"), clock)
    audited = _audit(stage, past, table, clock)(Window(past.first, past.last))
    actions = Actions(table, clock, random)
    adopt = Adopt(table=table, clock=clock, random=random, actions=actions)
    pairs = pairs_of(audited.comparison)
    adoptions = adopt(pairs, actor="the demo")
    again = adopt(pairs, actor="the demo")
    looked = Looked(past.first.isoformat(), past.last.isoformat())
    for kind in _KINDS:
        findings = audited.comparison.of(kind)
        excess = sum(each.excess_cents for each in findings)
        looked.found[kind.value] = (len(findings), Decimal(excess).scaleb(-2))
    estimates = sum(job.estimate or 0 for job in audited.unbilled)
    looked.found["unbilled"] = (len(audited.unbilled), -Decimal(estimates).scaleb(-2))
    linked = [each for each in adoptions if each.link is Link.LINKED]
    looked.linked = len(linked)
    looked.linked_total = Decimal(sum(each.source.total for each in linked)).scaleb(-2)
    looked.faults += faults_of(past, audited)
    if {int(each.source.id): str(each.books.id) for each in linked} != past.pairs:
        looked.faults.append("adopt did not link exactly the pairs that were planted")
    if {each.link for each in again} != {Link.KNOWN}:
        looked.faults.append("adopt linked something a second time")
    return looked


def faults_of(past: Past, audited: Audited) -> list[str]:
    """Say where the audit found something else than was planted."""
    comparison = audited.comparison
    differing = {
        field_: {
            int(one.sources[0].id)
            for one in comparison.of(Kind.DIFFERING)
            if one.differs_in(field_)
        }
        for field_ in Field
    }
    matched = {int(one.sources[0].id) for one in comparison.of(Kind.MATCHED)}
    found: dict[str, tuple[object, object]] = {
        "missing": (_sources(comparison, Kind.MISSING), past.missing),
        "double": (_sources(comparison, Kind.DOUBLE), past.double),
        "of another total": (differing[Field.AMOUNT], past.other_total),
        "of another date": (differing[Field.DATE], past.late),
        "of another customer, location or tax": (
            differing[Field.CUSTOMER] | differing[Field.DEPARTMENT] | differing[Field.TAX],
            set[int](),
        ),
        "equal": (matched, past.pairs.keys() - past.late),
        "foreign": (
            {str(one.id) for each in comparison.of(Kind.FOREIGN) for one in each.books},
            past.foreign,
        ),
        "unbilled": ({int(job.id) for job in audited.unbilled}, past.unbilled),
    }
    wrong = [
        f"of the past the audit found {there}, {what}, where {planted} was planted"
        for what, (there, planted) in found.items()
        if there != planted
    ]
    usual = {*_KINDS, Kind.MATCHED, Kind.OUTSIDE}
    return wrong + [
        f"of the past the audit found something {each.kind.value}: {_named(each)}"
        for each in comparison.findings
        if each.kind not in usual
    ]


def _sources(comparison: Comparison, kind: Kind) -> set[int]:
    return {int(each.sources[0].id) for each in comparison.of(kind)}


def _named(finding: Finding) -> str:
    numbers = [one.number for one in finding.sources] + [one.number for one in finding.books]
    return ", ".join(numbers)


def _audit(stage: Stage, past: Past, table: DynamoTable, clock: SystemClock) -> Audit:
    cloud, manager = stage.cloud, stage.cloud.client("secretsmanager")
    tokens = current_tokens(SecretsManagerSecret(manager, cloud.ref("QuickBooksTokenSecret")))
    theirs = SecretsManagerSecret(manager, cloud.ref("ServiceTradeSecret"))
    bucket = S3Bucket(cloud.client("s3"), cloud.ref("Bucket"))
    mapping = Mappings(table, bucket, clock).current().mapping
    client = QuickBooksClient(
        base_url=stage.quickbooks.url,
        realm_id=tokens.realm_id,
        access_token=lambda: tokens.access_token,
        evidence=_Unkept(),
    )
    source = ServiceTradeSource(
        f"{stage.servicetrade.url}/api", credentials=lambda: read_credentials(theirs), clock=clock
    )
    reader = Reader(
        source=source, clock=clock, random=SystemRandom(), deadline=_Patience(), margin_seconds=0
    )
    lifted = mapping.model_copy(update={"go_live": past.first})
    shelf = QuickBooksInvoices(ReadOnlyBooks(client, Alone(clock)))
    return Audit(
        source=SourceReading(reader=reader, mapping=lifted, clock=clock),
        books=BooksReading(books=shelf, clock=clock),
        rules=rules_of(mapping, closed_through=None, settle_seconds=0),
        jobs=source,
    )


class _Unkept:
    """Keeps no evidence: nothing of this is refused."""

    def keep(self, name: str, record: object) -> str:
        """Let it go."""
        del name, record
        return ""
