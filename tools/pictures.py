"""Draw the terminal pictures of the README: the command's own screens, of the demo's invoices.

What is in the lists comes from the demo's ServiceTrade account and mapping, at a fixed moment, so
that the same code draws the same bytes. Only ages, lags, calls and runs are made up.
"""

import io
import json
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

from rich.console import Console

from invoicesync.domain.ids import ServiceTradeId
from invoicesync.domain.lags import Lags
from invoicesync.domain.mapping import parse_mapping
from invoicesync.domain.shown import shown
from invoicesync.domain.source import parse_source
from invoicesync.domain.verdict import Verdict, judge
from invoicesync.ports import Spent
from invoicesync.services.foresight import Foreseen
from invoicesync.state.entry import Entry, State
from invoicesync.state.pace import Usage
from invoicesync.state.reports import Reconciled
from invoicesync_cli import held, preview, status
from invoicesync_cli.screen import Screen
from invoicesync_cli.survey import Depth, Open, Survey, total
from sandbox.demo.company import build
from sandbox.demo.stage import MAPPING

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
NOW = 1_796_137_200
"""A Tuesday at nine in the morning in Pittsburgh."""
SIZE = 60
WIDTH = 118
HOUR = 3600
CREATED, OF_A_REASON, REASONS = 6, 2, 4

type Look = tuple[ServiceTradeId, dict[str, str], Verdict]


def main() -> None:
    """Draw every picture anew."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, drawn in pictures().items():
        (FOLDER / f"{name}.svg").write_text(drawn, encoding="utf-8")


def pictures() -> dict[str, str]:
    """Draw `status`, `held` and `preview`."""
    looks = list(_looks())
    entries = list(_held(looks))
    return {
        "status": _drawn(
            "status", lambda console: status.show(console, "invoicesync", _survey(entries))
        ),
        "held": _drawn("held", lambda on: held.show(on, entries, NOW)),
        "preview": _drawn("preview", lambda on: preview.show(on, _foreseen(looks))),
    }


def _looks() -> Iterator[Look]:
    """Judge every invoice of the demo."""
    world = build(lambda: float(NOW), size=SIZE)
    text = re.sub(r"(?m)^go_live:.*$", f"go_live: {world.go_live}", MAPPING.read_text("utf-8"))
    mapping = parse_mapping(text)
    for invoice in world.invoices():
        job = invoice.get("job") or {}
        jobs = world.account.show("job", job["id"]) if job.get("id") else None
        source = parse_source(_sent(invoice), None if jobs is None else _sent(jobs))
        verdict = judge(source, mapping, is_loaded=False)
        if source.unreadable:
            continue  # true of the demo too, but nothing to look at
        yield ServiceTradeId(int(invoice["id"])), shown(source, verdict.document), verdict


def _sent(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row as it comes over the wire, where money is no float."""
    read: dict[str, Any] = json.loads(json.dumps(row), parse_float=Decimal)
    return read


def _held(looks: list[Look]) -> Iterator[Entry]:
    """Choose a few of the held ones, of several reasons."""
    ill = sorted(
        (look for look in looks if look[2].problems), key=lambda look: look[2].problems[0].code
    )
    groups = [list(rows) for _, rows in groupby(ill, key=lambda look: look[2].problems[0].code)]
    few = [look for rows in groups[-REASONS:] for look in rows[:OF_A_REASON]]
    for number, (invoice_id, known, verdict) in enumerate(few, start=1):
        yield Entry(
            invoice_id,
            state=State.HELD,
            open_since=NOW - number * 7 * HOUR,
            reason=verdict.problems[0].code.value,
            problems=tuple(problem.plain() for problem in verdict.problems),
            shown=known,
        )


def _foreseen(looks: list[Look]) -> list[Foreseen]:
    """Choose a few that would go, and one of each reason that would not."""
    good = [look for look in looks if look[2].document and not look[2].problems][:CREATED]
    created = [Foreseen(invoice_id, known, "created") for invoice_id, known, _ in good]
    ill = {look[2].problems[0].code: look for look in looks if look[2].problems}
    some = [ill[code] for code in sorted(ill)[-REASONS:]]
    return created + [
        Foreseen(invoice_id, known, "held", verdict.problems) for invoice_id, known, verdict in some
    ]


def _survey(entries: list[Entry]) -> Survey:
    by_reason = {
        reason: (len(rows), total(rows))
        for reason, group in groupby(entries, key=lambda entry: entry.reason)
        for rows in [list(group)]
    }
    oldest = max(NOW - entry.open_since for entry in entries)
    nothing = Open(0, Decimal(0), 0.0, {})
    queued = Open(2, Decimal("1717.20"), 95.0, {"": (2, Decimal("1717.20"))})
    counts = ((12, 2), (9, 0), (31, 7))
    runs = [
        {
            "at": NOW - 120 - 300 * number,
            "kind": "live",
            "reason": "complete",
            "actor": "schedule",
            "counts": {"rows": rows, "enqueued": enqueued},
        }
        for number, (rows, enqueued) in enumerate(counts)
    ]
    return Survey(
        at=NOW,
        watermark=NOW - 180,
        scanned_at=NOW - 120,
        is_scanning=False,
        mapping_serial=3,
        open={
            **dict.fromkeys(State, nothing),
            State.QUEUED: queued,
            State.HELD: Open(len(entries), total(entries), oldest, by_reason),
        },
        queue=Depth(2, 0, 0),
        dead_letters=Depth(len(entries), 0, 0),
        paused=False,
        breaker_opened_at=0,
        breaker_reason="",
        usage=Usage(share=1.0, requests=1204, reads=310),
        token_days=92.0,
        spent=Spent(calls=412, milliseconds=21_300, least_left_ms=57_900),
        arrived=Reconciled("2026-10", 31, NOW - 7 * HOUR, 412, 0, 0, 0, "", Lags(398, 540, 4380)),
        runs=tuple(runs),  # type: ignore[arg-type]  # plain values all of them
    )


def _drawn(name: str, draw: Callable[[Console], None]) -> str:
    console = Screen(record=True, width=WIDTH, file=io.StringIO(), color_system="truecolor")
    draw(console)
    return console.export_svg(title=f"invoicesync {name}")


if __name__ == "__main__":
    main()
