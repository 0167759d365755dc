"""What the functions asked of AWS in the tests: the golden list that their roles are held to.

The local cloud writes down whose key signed which request. `make permissions` plays the tests and
writes `calls.json` anew; a test that sees a call which is not in it fails and says so.
"""

import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path

GOLDEN = Path(__file__).with_name("calls.json")
FOLDER = "COLLECT_AWS_CALLS"
"""Where to collect calls instead of comparing them; set by `make permissions`."""

type Calls = dict[str, dict[str, dict[str, list[str]]]]
"""Function, resource, action, and what the partition keys that it names begin with."""


# What no test with real functions brings about, and where it is shown with stand-ins instead.
UNSEEN: dict[str, dict[tuple[str, str], str]] = {
    "ExtractorFunction": {
        ("Bucket/claims/", "s3:GetObject"): "a scan that goes on: services/extract/test_resume.py",
        ("FinanceTopic", "sns:Publish"): "rows that nobody can read: services/extract/test_scan.py",
    },
    "LoaderFunction": {
        ("StateTable", "dynamodb:DeleteItem"): "refused names: services/load/test_references.py",
    },
    "AcknowledgerFunction": {
        ("OpsTopic", "sns:Publish"): "settings that are missing: functions/acknowledger/app.py",
    },
    "ReconcilerFunction": {
        ("OpsTopic", "sns:Publish"): "settings that are missing: functions/reconciler/app.py",
        ("TokenRefresherFunction", "lambda:InvokeFunction"): "a token that was refused at night",
    },
}

BOUND_TO_KEYS = {"TokenRefresherFunction"}
"""Functions whose role may write under some partition keys alone."""


def golden() -> Calls:
    """Read the list that is kept."""
    kept: Calls = json.loads(GOLDEN.read_text(encoding="utf-8"))
    return kept


def merged(files: Iterable[Path]) -> Calls:
    """Put together what local clouds wrote down."""
    found: dict[str, dict[str, dict[str, set[str]]]] = {}
    for path in files:
        for call in json.loads(path.read_text(encoding="utf-8")):
            actions = found.setdefault(call["caller"], {}).setdefault(call["resource"], {})
            actions.setdefault(call["action"], set()).update({call["keys"]} - {""})
    return {
        function: {
            resource: {action: sorted(keys) for action, keys in sorted(actions.items())}
            for resource, actions in sorted(resources.items())
        }
        for function, resources in sorted(found.items())
    }


def beyond(calls: Calls, known: Calls) -> list[str]:
    """Name every call that the list does not know.

    Which keys were asked for matters only where a role is bound to some of them.
    """
    found: list[str] = []
    for function, resources in calls.items():
        for resource, actions in resources.items():
            for action, keys in actions.items():
                there = known.get(function, {}).get(resource, {}).get(action)
                if there is None:
                    if (resource, action) not in UNSEEN.get(function, {}):
                        found.append(f"{function} called {action} on {resource}")
                elif function in BOUND_TO_KEYS and not set(keys) <= set(there):
                    found.append(f"{function} called {action} on {resource} {keys}")
    return found


def settle(written: Path) -> None:
    """Compare a local cloud's calls with the list, or collect them for a new one."""
    if folder := os.environ.get(FOLDER):
        kept = Path(folder)
        kept.mkdir(parents=True, exist_ok=True)
        (kept / f"{len(list(kept.iterdir()))}-{os.getpid()}.json").write_bytes(written.read_bytes())
        return
    strange = beyond(merged([written]), golden())
    assert not strange, f"not in calls.json (`make permissions`, then see template.yaml): {strange}"


if __name__ == "__main__":
    found = merged(sorted(Path(sys.argv[1]).glob("*.json")))
    GOLDEN.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
