"""tests/run_stages.py, which runs `make test`: its table, its time limit, interrupted runs."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.running import is_running

SCRIPT = Path(__file__).parents[1] / "run_stages.py"
MAKEFILE = """
good: ; @echo good ran
busy: ; @printf 'import time\\nwhile time.process_time() < 0.6: pass' | python3
bad: ; @echo kept > "$$TMPDIR/trace"; exit 3
never: ; @echo never ran
slow: ; @touch started; sleep 60
orphan: ; @setsid sleep 61 & echo $$! > orphan.pid
deaf: ; @sh -c 'trap "" INT TERM; echo $$$$ > deaf.pid; touch started; sleep 62; sleep 63'
place: ; @echo "$$TMPDIR" > place; touch "$$TMPDIR/file"
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "Makefile").write_text(MAKEFILE)
    return tmp_path


def start(project: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, SCRIPT, *arguments],
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run(project: Path, *arguments: str) -> tuple[int, str]:
    process = start(project, *arguments)
    output, _ = process.communicate(timeout=60)
    return process.returncode, output


def row(output: str, stage: str) -> tuple[float, float, str]:
    found = re.search(rf"^{stage} +([\d.]+) s +([\d.]+) s *(.*)$", output, re.MULTILINE)
    assert found is not None, output
    return float(found[1]), float(found[2]), found[3]


def await_file(path: Path) -> None:
    until = time.monotonic() + 30
    while not path.exists():
        assert time.monotonic() < until, path
        time.sleep(0.05)


def test_stages_that_pass_are_in_the_table(project: Path) -> None:
    status, output = run(project, "good", "busy")
    assert status == 0
    assert output.index("good ran") < output.index("== busy")
    assert row(output, "good")[2] == "passed"
    wall, processor, outcome = row(output, "busy")
    assert outcome == "passed"
    assert wall >= 0.5
    assert processor >= 0.5
    assert row(output, "total")[1] >= processor


def test_a_stage_that_fails_ends_the_run_and_is_named(project: Path) -> None:
    status, output = run(project, "good", "bad", "never")
    assert status == 1
    assert "never ran" not in output
    assert row(output, "good")[2] == "passed"
    assert row(output, "bad")[2] == "FAILED (status 2)"
    assert "bad failed; again by: make bad" in output
    assert (project / "build" / "failed" / "bad" / "trace").read_text() == "kept\n"


def test_a_stage_without_enough_time_left_is_left_out(project: Path) -> None:
    status, output = run(project, "--within", "30", "never=1000", "good=1")
    assert status == 0
    assert "never ran" not in output
    assert row(output, "never")[2].startswith("left out: needs 1000 s")
    assert row(output, "good")[2] == "passed"


def test_a_stage_is_stopped_when_the_time_is_up(project: Path) -> None:
    status, output = run(project, "--within", "2", "--patience", "1", "slow")
    assert status == 0
    wall, _, outcome = row(output, "slow")
    assert outcome == "left out: stopped, the time was up"
    assert wall < 30


def test_processes_that_a_stage_left_are_ended_and_named(project: Path) -> None:
    status, output = run(project, "orphan")
    assert status == 0
    assert re.search(r"ending a process that the stage left: \d+ sleep 61", output)
    assert not is_running(int((project / "orphan.pid").read_text()))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_run_says_where_it_was(project: Path, number: signal.Signals) -> None:
    process = start(project, "good", "slow", "never")
    await_file(project / "started")
    process.send_signal(number)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert row(output, "slow")[2] == "interrupted"
    assert f"interrupted by {number.name}" in output
    assert "never ran" not in output


def test_an_interrupted_run_ends_processes_that_ignore_signals(project: Path) -> None:
    process = start(project, "--patience", "0.2", "deaf")
    await_file(project / "started")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=120)
    assert process.returncode == 128 + signal.SIGINT
    assert not is_running(int((project / "deaf.pid").read_text()))


def test_temporary_files_are_removed(project: Path) -> None:
    status, _ = run(project, "place")
    assert status == 0
    assert not Path((project / "place").read_text().strip()).parent.exists()
    assert not (project / "build").exists()
