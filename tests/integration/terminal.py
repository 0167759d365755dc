"""A terminal: every command is a process of its own, forked from one that has imported everything.

Importing takes a second and more, and the walks type some two hundred commands.
"""

import multiprocessing
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from invoicesync_cli.__main__ import app

SECONDS = 120
READ, WRITE = os.O_RDONLY, os.O_WRONLY | os.O_CREAT | os.O_TRUNC


@dataclass(frozen=True, slots=True)
class Ended:
    """What a command left: its exit code, what it said, and what it complained of."""

    code: int
    said: str
    complained: str


class Terminal:
    """Types commands, one after another."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._streams = [folder / name for name in ("typed", "said", "complained")]
        self._environment = dict(environment)
        self._processes = multiprocessing.get_context("forkserver")
        self._processes.set_forkserver_preload([__name__])

    def type(self, *words: str, typed: str = "") -> Ended:
        """Run a command to its end; ``typed`` is what it reads.

        Raises `TimeoutError` where it does not end.
        """
        read, said, complained = self._streams
        read.write_text(typed, encoding="utf-8")
        paths = [str(path) for path in self._streams]
        process = self._processes.Process(target=_run, args=(words, self._environment, paths))
        process.start()
        process.join(SECONDS)
        if (code := process.exitcode) is None:
            process.kill()
            raise TimeoutError(f"{' '.join(words)}: {complained.read_text(encoding='utf-8')}")
        process.close()
        return Ended(code, said.read_text(encoding="utf-8"), complained.read_text(encoding="utf-8"))


def _run(words: Sequence[str], environment: Mapping[str, str], streams: Sequence[str]) -> None:
    for number, (path, how) in enumerate(zip(streams, (READ, WRITE, WRITE), strict=True)):
        os.dup2(os.open(path, how), number)
    sys.stdin, sys.stdout, sys.stderr = (
        os.fdopen(number, mode, encoding="utf-8") for number, mode in enumerate(("r", "w", "w"))
    )
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["invoicesync", *words]
    app()
