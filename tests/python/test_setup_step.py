"""setup/step.sh: its messages about a long command, and its interruption."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

from tests.running import is_running

STEP = Path(__file__).parents[2] / "setup" / "step.sh"


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [STEP, *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_command_that_works_is_named_without_its_output() -> None:
    done = run("Saying hello", "echo", "hello")
    assert done.returncode == 0
    assert done.stdout.startswith("Saying hello\n  done in ")
    assert "hello\n  done" in done.stdout
    assert done.stdout.count("\n") == 2
    assert done.stderr == ""


def test_a_command_that_fails_shows_its_output_and_status() -> None:
    done = run("Failing", "sh", "-c", "echo the reason; exit 7")
    assert done.returncode == 7
    assert "the reason" in done.stderr
    assert "Failing: failed with status 7" in done.stderr


def test_a_long_command_is_followed_by_its_last_line() -> None:
    done = run("Waiting", "sh", "-c", "echo half done; sleep 2.5", STEP_SECONDS="1")
    assert done.returncode == 0
    assert " s: half done\n" in done.stdout


def test_an_interrupted_step_ends_its_command_and_leaves_no_file(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    script = f"echo $$ > {pid_file}.new; mv {pid_file}.new {pid_file}; exec sleep 60"
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    environment = os.environ | {"TMPDIR": str(temporary)}
    process = subprocess.Popen([STEP, "Waiting", "sh", "-c", script], env=environment)
    until = time.monotonic() + 30
    while not pid_file.exists():
        assert time.monotonic() < until
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 128 + signal.SIGTERM
    assert not is_running(int(pid_file.read_text()))
    assert list(temporary.iterdir()) == []
