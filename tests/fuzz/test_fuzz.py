"""The short form of `make fuzz`: 20,000 inputs in all, the same ones every time."""

import pytest

from tests.fuzz.command import TARGETS, main, throw

INPUTS = 20_000
PARTS = 4


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("target", TARGETS)
def test_no_input_breaks_a_reader_or_its_promise(target: str, part: int) -> None:
    share = INPUTS * TARGETS[target][1] // 100 // PARTS
    for number in range(part * share, (part + 1) * share):
        throw(target, number)


def test_the_targets_share_out_all_inputs() -> None:
    assert sum(share for _, share in TARGETS.values()) == 100


def test_a_run_tells_its_counts(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--inputs", "1000", "--seed", "7"]) == 0

    assert "1,000 inputs, 0 failures" in capsys.readouterr().out


def test_what_breaks_fails_the_run_and_is_told_with_how_to_see_it_again(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> None:
        raise RuntimeError("as broken as can be")

    monkeypatch.setitem(TARGETS, "pages", (broken, 10))

    assert main(["--inputs", "50", "--seed", "7", "--targets", "pages"]) == 1

    told = capsys.readouterr().out
    assert "as broken as can be" in told
    assert "make fuzz TARGETS=pages SEED=7 INPUTS=10" in told
