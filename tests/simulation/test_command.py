"""What the command adds up, tells, keeps and ends with."""

import json
import os
import random
import statistics
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.simulation.ablation.removal import removed
from tests.simulation.ablation.table import DEFENCES
from tests.simulation.command import BEGIN, END, MOST_SHRUNK, ROOT, main
from tests.simulation.figures import Figures, Histogram
from tests.simulation.plan import CLASSES
from tests.simulation.playing import Played, compared, play, played, replay
from tests.simulation.report import Report
from tests.simulation.violations import Violation

QUIET = Report(
    seed=1,
    off=(),
    trace="a",
    violations=(),
    calls=700,
    kills=8,
    unknown=1,
    invoices=27,
    writes=40,
    held=2,
    hours=12.0,
    settled_seconds=900.4,
    counts={"kill": 8, "throttled": 2, "table_throttled": 3},
)
BROKEN = replace(QUIET, seed=2, violations=(Violation("duplicate", "two of [one]", 3.0),))
ALL_OFF = CLASSES
CAUGHT_AT_ONCE = "intent before send"
"""A defence that seed 1 misses."""


@pytest.fixture
def to(tmp_path: Path) -> list[str]:
    """Keep what a run writes out of the repository."""
    kept, summary = tmp_path / "regressions", tmp_path / "build" / "summary.json"
    return ["--regressions", str(kept), "--summary", str(summary)]


class Told:
    """Reports that are told instead of played, and perhaps Ctrl-C after them."""

    def __init__(self, *reports: Report, then: type[BaseException] | None = None) -> None:
        self._reports, self._then = reports, then

    def __call__(self, *_: object) -> Iterator[Played]:
        for report in self._reports:
            yield report, report.seed == 1
        if self._then:
            raise self._then


@pytest.mark.parametrize("number", [1, 2, 7, 100, 1001])
def test_a_histogram_has_the_median_of_the_values_it_did_not_keep(number: int) -> None:
    chance = random.Random(number)
    values = [chance.randint(0, 50) for _ in range(number)]
    histogram = Histogram()
    for value in values:
        histogram.add(value)

    assert histogram.median == statistics.median(values)
    assert (histogram.most, histogram.total) == (max(values), sum(values))


def test_an_empty_histogram_is_all_nought() -> None:
    assert (Histogram().median, Histogram().most, Histogram().total) == (0, 0, 0)


def test_figures_add_up_in_any_order_of_arrival() -> None:
    reports = [replace(QUIET, seed=seed, calls=seed * 100) for seed in range(1, 8)] + [BROKEN]
    reports += [replace(QUIET, seed=seed, counts={name: 1}) for seed, name in ((8, "x"), (9, "y"))]
    there, back = Figures(), Figures()
    for report in reports:
        there.add(report)
    for report in reversed(reports):
        back.add(report)

    assert there.summary(2.0) == back.summary(2.0)
    assert list(there.lines(2.0)) == list(back.lines(2.0))


def test_the_last_line_has_the_totals(to: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    source = Told(*(replace(QUIET, seed=seed) for seed in range(1, 201)))

    assert main(["--seeds", "200", *to], source) == 0

    *_, twice, violations, totals = capsys.readouterr().out.splitlines()
    assert twice == "played twice: 1 seed, 0 with another trace"
    assert violations == "violations: 0"
    assert totals.startswith(
        "200 seeds, 0 with violations, 140,000 port calls, 1,600 kills, 200 unknown outcomes, "
        "5,400 invoices, 1,000 throttles, 100.0 simulated days in "
    )
    assert totals.endswith("seeds a second")


def test_a_violation_is_told_with_a_command_to_paste_and_ends_in_1(
    to: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    found = replace(BROKEN, off=("kill", "pause"))

    assert main(["--seeds", "2", *to], Told(QUIET, found)) == 1

    out = capsys.readouterr().out
    assert "seed 2: duplicate x1\n" in out
    assert "duplicate: two of [one]\n" in out
    assert "again: .venv/bin/python -m tests.simulation --seed 2 --log --off kill pause\n" in out


def test_a_summary_is_left_for_machines(to: list[str], tmp_path: Path) -> None:
    main(["--seeds", "2", *to], Told(QUIET, BROKEN))

    summary = json.loads((tmp_path / "build" / "summary.json").read_text(encoding="utf-8"))
    assert summary["seeds"] == 2
    assert summary["seeds_with_violations"] == [2]
    assert summary["violations"] == {"duplicate": 1}
    assert summary["per_seed"]["port calls"] == {"median": 700, "most": 700, "total": 1400}
    assert summary["throttles"] == 10


def test_interrupted_it_tells_the_totals_so_far(
    to: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--seeds", "9", *to], Told(QUIET, then=KeyboardInterrupt)) == 130

    *_, totals, last = capsys.readouterr().out.splitlines()
    assert totals.startswith("1 seed, 0 with violations, 700 port calls")
    assert last == "interrupted: 1 of 9 seeds were played"


def test_interrupted_after_a_violation_it_still_ends_in_1(to: list[str]) -> None:
    assert main(["--seeds", "9", *to], Told(BROKEN, then=KeyboardInterrupt)) == 1


def test_a_seed_that_takes_another_course_when_played_again_is_a_violation() -> None:
    assert compared(QUIET, QUIET) is QUIET

    (violation,) = compared(QUIET, replace(QUIET, trace="b")).violations
    assert violation.kind == "trace_differs"
    assert replay(1, kind="trace_differs").endswith("-m tests.simulation --seed 1")


def test_every_hundredth_seed_is_played_twice() -> None:
    first = list(played(41, 2, (), 1))

    assert [(report.seed, twice) for report, twice in first] == [(41, True), (42, False)]
    assert first[0][0] == play((41, ()))


def test_what_is_found_is_shrunk_and_kept(
    to: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with removed(DEFENCES[CAUGHT_AT_ONCE].replacements):
        assert main(["--seeds", "1", "--shrink", *to]) == 1
        (path,) = (tmp_path / "regressions").glob("*-1.json")
        kept = json.loads(path.read_text(encoding="utf-8"))
        again = play((kept["seed"], tuple(kept["off"])))

    assert path.stem in {f"{violation.kind}-1" for violation in again.violations}
    assert len(kept["off"]) > 10
    assert play((kept["seed"], tuple(kept["off"]))).violations == ()
    assert f"kept as {path.name} with {len(kept['off'])} classes" in capsys.readouterr().out


def test_without_being_asked_nothing_is_kept(to: list[str], tmp_path: Path) -> None:
    main(["--seeds", "2", *to], Told(QUIET, BROKEN))

    assert not (tmp_path / "regressions").exists()


def test_a_kind_that_comes_often_is_shrunk_a_few_times_only(
    capsys: pytest.CaptureFixture[str], to: list[str]
) -> None:
    many = [replace(BROKEN, seed=seed, off=ALL_OFF) for seed in range(1, MOST_SHRUNK + 3)]

    main(["--seeds", str(len(many)), "--shrink", *to], Told(*many))

    assert capsys.readouterr().out.count("kept as duplicate-") == MOST_SHRUNK


def test_figures_go_between_the_marks_of_a_page_when_asked(to: list[str], tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"# Page\n\n{BEGIN}\nold\n{END}\n\nAfter.\n", encoding="utf-8")

    main(["--seeds", "1", "--write-page", str(page), *to], Told(QUIET))

    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"# Page\n\n{BEGIN}\nSeeds 1 to 1, workers: 1.\n")
    assert text.endswith(f"{END}\n\nAfter.\n")
    assert "| port calls | 700.0 | 700 | 700 |" in text
    assert "old" not in text


def test_a_run_cut_short_leaves_the_page_as_it_is(to: list[str], tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    cut = Told(QUIET, then=KeyboardInterrupt)

    main(["--seeds", "2", "--write-page", str(page), *to], cut)

    assert not page.exists()


@pytest.mark.parametrize("arguments", [["--seeds", "0"], ["--workers", "-1"]])
def test_too_few_is_an_error_that_says_what_to_do(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(arguments, Told())
    assert f"{arguments[1]} is too few: say 1 or more" in capsys.readouterr().err


@pytest.mark.parametrize("hashes", ["1", "2"])
def test_another_process_takes_the_same_course(hashes: str) -> None:
    say = "from tests.simulation.playing import play; print(play((3, ())).trace)"

    told = subprocess.run(  # noqa: S603 - our own interpreter and a constant
        [sys.executable, "-c", say],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": hashes},
        capture_output=True,
        text=True,
        check=True,
    )

    assert told.stdout.strip() == play((3, ())).trace
