"""The page of ``flatmanifest profile --html``, as a browser shows it."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from flatmanifest.profile import page
from flatmanifest.profile.comparison import Comparison, Side
from flatmanifest.profile.functions import Function
from flatmanifest.profile.report import Call, PhaseRow, Report, Serialized
from flatmanifest.profile.stacks import Stacks

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs chromium")

# Writes the browser's layout as text into the page, which --dump-dom prints.
PROBE = """
<script>
  const widths = [...document.querySelectorAll(".bar")].map(
    (bar) => [Number(bar.dataset.seconds), bar.getBoundingClientRect().width]);
  const boxes = [...document.querySelectorAll(".flame rect")];
  const seen = {
    widths,
    page: document.documentElement.scrollWidth <= window.innerWidth,
    rows: [...document.querySelectorAll(".functions tr")].length,
    boxes: boxes.map((box) => box.getBoundingClientRect().width),
    alarms: [...document.querySelectorAll(".double")].map((alarm) => alarm.innerText),
    text: document.body.innerText,
  };
  if (boxes.length > 2) {
    boxes[2].dispatchEvent(new MouseEvent("click", {bubbles: true}));
    seen.zoomed = boxes[2].getBoundingClientRect().width;
    document.querySelector(".flame").dispatchEvent(new MouseEvent("click"));
    seen.whole = boxes[2].getBoundingClientRect().width;
  }
  const probe = document.createElement("pre");
  probe.id = "probe";
  probe.textContent = JSON.stringify(seen);
  document.body.append(probe);
</script>
"""


def report(factor: float = 1.0) -> Report:
    phases = [
        PhaseRow(
            "imports", 2.0 * factor, 2, [Call("load_plugin", 1, 0.1)], 90_000_000, 120_000_000
        ),
        PhaseRow("write artifacts", 0.5 * factor, 1),
        PhaseRow("selection", 0.0, 1),
        PhaseRow("everything else", 1.0 * factor, 0),
    ]
    return Report(
        ["dbt", "ls", "--select", "<b>&amp;"],
        "2026-01-01T00:00:00+00:00",
        {"dbt-core": "1.11.0", "Python": "3.11"},
        3.5 * factor,
        phases=phases,
        serialized=[Serialized(True, "JSON", True, 2, 9_000_000, 0.2, "module:function")],  # noqa: FBT003
        double=["double serialization: </script><script>alert(1)</script>"],
        functions={"own": [Function("<lambda>", 3, 0.1, 0.2)]},
        peak=150_000_000,
    )


def seen(content: str, directory: Path, width: int = 1200) -> dict[str, object]:
    """Return what the browser shows of a page. The browser must log no error and load nothing."""
    file = directory / "page.html"
    file.write_text(content.replace("</body>", PROBE + "</body>"), encoding="utf-8")
    assert CHROMIUM is not None
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    options += [f"--window-size={width},1000", f"--user-data-dir={directory / 'browser'}"]
    options += ["--enable-logging=stderr", "--host-resolver-rules=MAP * ~NOTFOUND"]
    done = subprocess.run(
        [CHROMIUM, *options, "--dump-dom", file.as_uri()],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert "CONSOLE" not in done.stderr
    found = re.search(r'<pre id="probe">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found is not None, done.stdout[-2000:]
    document: dict[str, object] = json.loads(html.unescape(found[1]))
    return document


def check_bars(found: dict[str, object], seconds: list[float]) -> None:
    widths = found["widths"]
    assert isinstance(widths, list)
    assert [taken for taken, _ in widths] == seconds
    longest_seconds, longest = max(widths)
    assert longest > 100
    for taken, width in widths:
        assert width == pytest.approx(longest * taken / longest_seconds, abs=1)


def test_a_report(tmp_path: Path) -> None:
    stacks = Stacks({("a (a.py:1)", "b (b.so)"): 30, ("a (a.py:1)", "c <>&"): 10, ("d",): 40})
    content = page.of_report(report(), None, stacks)
    assert "http://www.w3.org/2000/svg" in content  # a namespace, not a link
    assert re.findall(r"(?:src|href)=[\"'](?!data:,|#)", content) == []
    found = seen(content, tmp_path)
    check_bars(found, [2.0, 0.5, 0.0, 1.0])
    text = found["text"]
    assert isinstance(text, str)
    for words in (
        "3.500 s",
        "150.0 MB",
        "<lambda>",
        "module:function",
        "57.1%",
        "dbt ls --select <b>&amp;",
    ):
        assert words in text
    assert found["alarms"] == ["double serialization: </script><script>alert(1)</script>"]
    assert found["rows"] == 2
    boxes = found["boxes"]
    assert isinstance(boxes, list)
    whole, first, inner = boxes[:3]
    assert first == pytest.approx(whole / 2, rel=0.01)
    assert inner == pytest.approx(whole * 3 / 8, rel=0.01)
    assert found["zoomed"] == pytest.approx(whole, rel=0.01)
    assert found["whole"] == pytest.approx(inner, rel=0.01)


def test_two_reports(tmp_path: Path) -> None:
    earlier = report(2.0)
    earlier.phases.append(PhaseRow("publish", 0.25, 1))
    found = seen(page.of_report(report(), earlier, None), tmp_path)
    check_bars(found, [2.0, 4.0, 0.5, 1.0, 0.0, 0.0, 1.0, 2.0, 0.0, 0.25])
    assert "before 7.000 s" in str(found["text"])


def test_a_failed_command(tmp_path: Path) -> None:
    failed = report()
    failed.exit_status, failed.error = 1, "KeyError: <x>"
    assert "exit status 1: KeyError: <x>" in str(
        seen(page.of_report(failed, None, None), tmp_path)["text"]
    )


def test_a_comparison(tmp_path: Path) -> None:
    sides = [
        Side("dbt alone", [], "0", [6.0, 6.2, 6.1], [200_000_000] * 3),
        Side("front door", [], "1", [0.01, 0.011, 0.012], [9_000_000] * 3),
    ]
    found = seen(page.of_comparison(Comparison(["dbt", "ls"], {"Python": "3"}, sides)), tmp_path)
    check_bars(found, [6.1, 0.011])
    assert "563.64x" in str(found["text"])


def test_a_page_fits_a_telephone(tmp_path: Path) -> None:
    stacks = Stacks({("a (a.py:1)", "b"): 30})
    found = seen(page.of_report(report(), report(2.0), stacks), tmp_path, width=500)
    assert found["page"]
