"""The report in a real browser: it renders, says nothing on the console, and axe finds no fault."""

import json
import re
import shutil
import subprocess
from importlib import resources
from pathlib import Path

import pytest

from invoicesync.domain.bridge import Cause
from invoicesync.services.report.page import write_page
from tests.unit.services.report.reports import a_report, a_step

AXE = resources.files("axe_core_python") / "axe.min.js"
BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
SAID = re.compile(r'<script id="said" type="application/json">(.*?)</script>', re.DOTALL)
# The page's own policy forbids scripts, axe among them: it is taken out of the copy.
POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')
LOOK = """
<script id="said" type="application/json"></script>
<script>
axe.run(document, {resultTypes: ["violations"]}).then(found => {
  document.getElementById("said").textContent = JSON.stringify({
    violations: found.violations.map(v => [v.id, v.nodes.map(n => n.html + n.failureSummary)]),
    checked: found.passes.map(each => each.id),
    dark: matchMedia("(prefers-color-scheme: dark)").matches,
    widths: [document.documentElement.scrollWidth, innerWidth],
  });
});
</script>
"""


@pytest.fixture(scope="module")
def browser() -> str:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip(f"no browser is installed: none of {', '.join(BROWSERS)}")
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_report_renders_without_a_word_and_without_a_fault(
    browser: str, scheme: str, tmp_path: Path
) -> None:
    report = a_report(
        a_step(Cause.HELD, -1, "-412.37"),
        a_step(Cause.DUPLICATE, 1, "350.00", "10510"),
    )
    text = POLICY.sub("", write_page(report))
    axe = f"<script>{AXE.read_text(encoding='utf-8')}</script>"
    page = tmp_path / "report.html"
    page.write_text(text.replace("</body>", f"{axe}{LOOK}</body>"), encoding="utf-8")

    done = subprocess.run(  # noqa: S603 - a browser of this machine, a page of ours
        [
            browser,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--enable-logging=stderr",
            "--virtual-time-budget=10000",
            "--window-size=390,800",
            f"--user-data-dir={tmp_path / 'profile'}",
            *(["--force-dark-mode"] if scheme == "dark" else []),
            "--dump-dom",
            page.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert [line for line in done.stderr.splitlines() if "CONSOLE" in line] == []
    found = SAID.search(done.stdout)
    assert found, done.stdout[-500:]
    said = json.loads(found[1])
    assert said["violations"] == []
    assert {"color-contrast", "heading-order", "svg-img-alt"} <= set(said["checked"])
    assert said["dark"] is (scheme == "dark")
    wide, window = said["widths"]
    assert wide <= window
