"""What is built holds what was locked, is the same again, and fits into Lambda."""

import hashlib
import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.containers import sam

LAYER = sam.BUILT.parent / "InvoiceSyncLayer"
REQUIREMENTS = sam.ROOT / "layers/invoicesync/requirements.txt"
LAMBDA_UNZIPPED_BYTES = 250 * 1024 * 1024


@pytest.fixture(autouse=True)
def built() -> None:
    if not LAYER.exists():
        pytest.skip("nothing was built: `make test-containers` builds and tests")


def digest(folder: Path) -> str:
    """Hash names, modes, times and bytes of a tree: what a zip of it is made of."""
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        told = path.lstat()
        kind = "/" if path.is_dir() else ""
        found.update(f"{path.relative_to(folder)}{kind} {told.st_mode} {told.st_mtime}\n".encode())
        if path.is_file():
            found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()


def test_two_builds_of_one_commit_are_the_same(tmp_path: Path) -> None:
    command = [sam.SAM, "build", "InvoiceSyncLayer", "--build-dir", str(tmp_path / "build")]
    done = subprocess.run(  # noqa: S603 - our own words
        [*map(str, command), "--cache-dir", str(tmp_path / "cache")],
        cwd=sam.ROOT,
        # `make` says which uv; where pytest was called by hand, it is the one that make fetched.
        env={"UV": str(sam.ROOT / ".tools/uv/bin/uv"), **os.environ, "SAM_CLI_TELEMETRY": "0"},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )

    assert done.returncode == 0, done.stderr[-4000:]
    assert digest(tmp_path / "build/InvoiceSyncLayer") == digest(LAYER)


def shipped() -> set[tuple[str, str]]:
    """Name the packages in the layer, with their versions."""
    return {
        (re.sub(r"[-_.]+", "-", found[1]).lower(), found[2])
        for path in (LAYER / "python").glob("*.dist-info")
        if (found := re.fullmatch(r"(.+)-([^-]+)\.dist-info", path.name))
    }


def test_the_layer_holds_exactly_what_is_locked_with_hashes() -> None:
    text = REQUIREMENTS.read_text(encoding="utf-8")
    locked = {
        (re.sub(r"[-_.]+", "-", name).lower(), version)
        for name, version in re.findall(r"^([A-Za-z0-9_.-]+)==([^\s;\\]+)", text, re.MULTILINE)
    }
    assert text.count("--hash=sha256:") > len(locked)
    assert shipped() <= locked
    # What is locked for other systems than Lambda's, or under a marker, stays out.
    assert {name for name, _ in locked - shipped()} <= {"tzdata", "colorama", "pywin32"}


def test_the_list_of_what_ships_names_what_ships() -> None:
    done = subprocess.run(
        ["make", "--no-print-directory", "sbom"],  # noqa: S607 - the user's own make
        cwd=sam.ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    listed = json.loads((sam.ROOT / "build/sbom.json").read_text(encoding="utf-8"))

    assert listed["bomFormat"] == "CycloneDX"
    named = {(each["name"], each["version"]) for each in listed["components"]}
    assert shipped() <= named
    assert all(each["purl"].startswith("pkg:pypi/") for each in listed["components"])


def test_the_layer_fits_and_holds_no_tests() -> None:
    files = [path for path in LAYER.rglob("*") if path.is_file()]

    assert sum(path.stat().st_size for path in files) < LAMBDA_UNZIPPED_BYTES
    assert (LAYER / "python/invoicesync/bootstrap/loader.py").exists()
    assert not [path for path in files if path.suffix in {".pyc", ".c"}]
    assert not [path for path in files if path.parts[len(LAYER.parts) + 1] in {"tests", "sandbox"}]
