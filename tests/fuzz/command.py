"""What `make fuzz` does: throw inputs, tell how many, and how to see a failure again."""

import argparse
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from random import Random

from tests.fuzz import quickbooks, servicetrade, walking

type Target = Callable[[Random], None]

TARGETS: dict[str, tuple[Target, int]] = {
    "answers": (quickbooks.answers, 38),
    "addresses": (servicetrade.addresses, 20),
    "pages": (servicetrade.pages, 20),
    "sources": (servicetrade.sources, 10),
    "messages": (servicetrade.messages, 8),
    "mappings": (servicetrade.mappings, 2),
    "bodies": (walking.bodies, 1),
    "walks": (walking.walks, 1),
}
"""Every target with its share of a hundred inputs: slow ones get fewer."""

_PIECE = 500


def throw(name: str, number: int) -> None:
    """Throw one input; the same number is the same input for ever."""
    TARGETS[name][0](Random(f"{name} {number}"))


def main(arguments: Sequence[str]) -> int:
    """Throw what was asked for and answer with the exit code."""
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1, help="the number of the first input")
    parser.add_argument("--targets", nargs="*", choices=list(TARGETS))
    asked = parser.parse_args(arguments)
    failures, thrown, began = 0, 0, time.monotonic()
    for name in asked.targets or TARGETS:
        count = asked.inputs * TARGETS[name][1] // 100
        started = time.monotonic()
        failed = _throw_all(name, asked.seed, count)
        spent = time.monotonic() - started
        told = f"{name:<10} {count:>9,} inputs  {failed} failures  {spent:6.1f} s"
        sys.stdout.write(f"\r{told}\n")
        failures, thrown = failures + failed, thrown + count
    seconds = time.monotonic() - began
    sys.stdout.write(f"{thrown:,} inputs, {failures} failures, {seconds:.1f} s\n")
    return 1 if failures else 0


def _throw_all(name: str, first: int, count: int) -> int:
    failed = 0
    for done in range(count):
        if done % _PIECE == 0 and sys.stdout.isatty():
            sys.stdout.write(f"\r{name:<10} {done:>9,} of {count:,}")
            sys.stdout.flush()
        try:
            throw(name, first + done)
        except Exception:  # noqa: BLE001 - whatever comes out is the finding
            failed += 1
            if failed <= 3:
                sys.stdout.write(f"\n{traceback.format_exc(limit=-3)}")
                one = -(-100 // TARGETS[name][1])
                again = f"make fuzz TARGETS={name} SEED={first + done} INPUTS={one}"
                sys.stdout.write(f"again: {again}\n")
    return failed
