"""Somebody at a terminal: the operator's command as people type it, against a running stack."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.integration.conftest import Rig
from tests.integration.searching import KIND
from tests.integration.terminal import Terminal
from tests.searched import SEARCHES

UNDATED: dict[str, Any] = {"transactionDate": None}
ADDRESS = re.compile(r"https?://\S+")


class Operator:
    """Somebody at a terminal."""

    def __init__(self, rig: Rig, folder: Path) -> None:
        self.rig = rig
        self._stack = ["--stack-file", str(rig.cloud.stack_file(folder / "stack.json"))]
        self._environment = {
            name: value for name, value in os.environ.items() if not name.startswith("AWS_")
        } | {"COLUMNS": "160", "TERM": "dumb"}
        self._terminal = Terminal(folder, self._environment)

    def start(self, *words: str) -> "subprocess.Popen[str]":
        """Start a command from nothing, to talk with while it runs."""
        return subprocess.Popen(  # noqa: S603  (our own command)
            [sys.executable, "-m", "invoicesync_cli", *words, *self._stack],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self._environment,
        )

    def run(self, *words: str, typed: str = "") -> tuple[int, str, str]:
        """Run a command to its end: its exit code, what it said, and what it complained of."""
        ended = self._terminal.type(*words, *self._stack, typed=typed)
        assert "Traceback" not in ended.complained, ended.complained
        said = ended.said + ended.complained
        for canary in self.rig.canaries():
            assert canary not in said
        SEARCHES.note(KIND, "commands", [said])
        return ended.code, ended.said, ended.complained

    def json(self, *words: str, exit_code: int = 0, typed: str = "") -> Any:
        """Run a command for programs."""
        code, said, complained = self.run(*words, "--json", typed=typed)
        assert code == exit_code, (said, complained)
        return json.loads(said)

    def refused(self, *words: str, typed: str = "") -> str:
        """Run a command that cannot do what it is asked for; return the one line that says why."""
        code, said, complained = self.run(*words, typed=typed)
        assert (code, said) == (2, ""), (code, said, complained)
        line = complained.strip().splitlines()[-1]
        assert line.startswith("invoicesync: ")
        return line


def address_of(screen: Any) -> str:
    """Read what the command shows until there is an address in it."""
    for line in screen:
        if found := ADDRESS.search(line):
            return found[0]
    raise AssertionError("no address was shown")
