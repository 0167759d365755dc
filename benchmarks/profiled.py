"""Stand before a function's handler and profile it while the folder for the profiles is there."""

from __future__ import annotations

import cProfile
import os
import time
from pathlib import Path
from typing import Any

from sandbox.cloud.worker import load

_HANDLER = load(os.environ["PROFILED_CODE"], os.environ["PROFILED_HANDLER"])
_FOLDER = Path(os.environ["PROFILES"])
# CPU of the whole process: waiting for the network is not in it, the profiler itself is.
_PROFILER = cProfile.Profile(time.process_time)


def lambda_handler(event: Any, context: Any) -> Any:
    """Call the real handler."""
    if not _FOLDER.is_dir():
        return _HANDLER(event, context)
    answer = _PROFILER.runcall(_HANDLER, event, context)
    _PROFILER.dump_stats(_FOLDER / f"{os.getpid()}.profile")
    return answer
