"""Tell where a function spends its CPU: the real handler under cProfile, in a process of its own.

    python -m benchmarks.hot_spots LoaderFunction [--invoices 600] [--lines 45]

The profiler's own work is in the numbers: compare shares, and take sums from `cpu_per_invoice`.
"""

from __future__ import annotations

import argparse
import pstats
import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.workload import workload

HERE = Path(__file__).resolve().parent


def profile(name: str, invoices: int) -> pstats.Stats:
    """Load so many invoices, and return what one function did meanwhile."""
    with TemporaryDirectory() as folder, workload() as running:
        profiles = Path(folder) / "profiles"
        function = running.cloud.functions.find(name)
        environment = {
            **function.environment,
            "PROFILED_CODE": str(function.code),
            "PROFILED_HANDLER": function.handler,
            "PROFILES": str(profiles),
        }
        running.cloud.functions.add(
            replace(function, code=HERE, handler="profiled.lambda_handler", environment=environment)
        )
        running.warm_up()
        profiles.mkdir()
        running.add(invoices)
        running.tick()
        running.load()
        return pstats.Stats(*[str(path) for path in profiles.iterdir()])


def main(arguments: list[str]) -> None:
    """Print the functions that cost the most, by their own time and by all that they call."""
    parser = argparse.ArgumentParser(description="Where a function spends its CPU.")
    parser.add_argument("function", choices=("ExtractorFunction", "LoaderFunction"))
    parser.add_argument("--invoices", type=int, default=600)
    parser.add_argument("--lines", type=int, default=45)
    asked = parser.parse_args(arguments)
    stats = profile(asked.function, asked.invoices)
    for order in ("tottime", "cumulative"):
        stats.sort_stats(order).print_stats(asked.lines)


if __name__ == "__main__":
    main(sys.argv[1:])
