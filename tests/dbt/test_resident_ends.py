"""Signals, terminals and killed processes: a copy of a template ends as a new process would."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import random
import select
import shutil
import signal
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.dbt.residents import PROGRAM, Place, children_of, is_gone, is_resident, state_of
from tests.dbt.test_resident import make_project, run

# Nobody waits for its end. It takes no memory that grows.
ENDLESS = """{{ config(materialized='table') }}
select count(*) as n from range(100000000000000) where range % 7 = 3
"""
KILLS = int(os.environ.get("FLATMANIFEST_RESIDENT_KILLS", "4"))
COMMANDS = int(os.environ.get("FLATMANIFEST_RESIDENT_COMMANDS", "24"))
CALLERS = 8
PATIENCE = 30.0
WINDOW = struct.pack("4H", 24, 60, 0, 0)  # lines, columns
DBT = (str(PROGRAM), "dbt")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    directory = tmp_path_factory.mktemp("resident")
    found = Place(directory / "run")
    start(found, directory / "project")
    yield found
    found.stop()


def start(place: Place, project: Path) -> int:
    """Start a template; return its process."""
    done = run(place, make_project(project), "parse")
    assert done.returncode == 0, done.stderr
    return int(place.await_templates(1)[0]["pid"])


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(tmp_path / "project")


def awaited(condition: Callable[[], Any], what: str) -> Any:
    until = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < until, what
        time.sleep(0.02)
    return found


class Terminal:
    """A command in a terminal of its own, as a shell starts it."""

    def __init__(self, place: Place, project: Path, *command: str, **variables: str) -> None:
        self.process, self.ours = pty.fork()
        if self.process == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, WINDOW)
            os.chdir(project)
            os.execve(command[0], command, place.environment(**variables))  # noqa: S606
        self.output = b""

    def read_until(self, text: str) -> None:
        until = time.monotonic() + PATIENCE
        while text.encode() not in self.output:
            assert time.monotonic() < until, (text, self.output)
            self.read_for_a_moment()

    def read_for_a_moment(self) -> None:
        if select.select([self.ours], [], [], 0.05)[0]:
            with contextlib.suppress(OSError):  # all programs have closed the terminal
                self.output += os.read(self.ours, 65536)

    def _read_the_rest(self) -> None:
        with contextlib.suppress(OSError):
            while select.select([self.ours], [], [], 0)[0]:
                self.output += os.read(self.ours, 65536)

    def type(self, key: bytes) -> None:
        os.write(self.ours, key)

    def end(self) -> int:
        """The wait status; the rest of the output is read."""
        until = time.monotonic() + PATIENCE
        while True:
            self.read_for_a_moment()
            ended, status = os.waitpid(self.process, os.WNOHANG)
            if ended:
                self._read_the_rest()
                os.close(self.ours)
                return status
            assert time.monotonic() < until, self.output
            time.sleep(0.02)


def interrupt(terminal: Terminal, copy: int) -> None:
    """Press Ctrl-C until the copy has ended: once cancels, twice kills."""
    until = time.monotonic() + PATIENCE
    while not is_gone(copy):
        assert time.monotonic() < until, terminal.output
        terminal.type(b"\x03")
        for _ in range(20):
            terminal.read_for_a_moment()


def endless(project: Path) -> Path:
    (project / "models" / "two.sql").write_text(ENDLESS)
    return project


def copies(place: Place) -> list[int]:
    """The processes in which commands run."""
    found: list[int] = []
    for template in place.status():
        found += children_of(template["pid"])
    time.sleep(0.1)  # the copy that has answered about the status ends
    return [each for each in found if not is_gone(each)]


@pytest.mark.parametrize("mode", ["0", "1"])
def test_ctrl_c_cancels_a_query(place: Place, project: Path, mode: str) -> None:
    """The outcome is the same in both ways: dbt cancels the query, and says so."""
    terminal = Terminal(place, endless(project), *DBT, "run", FLATMANIFEST_RESIDENT=mode)
    terminal.read_until("2 of 2 START")
    time.sleep(0.3)
    terminal.type(b"\x03")
    status = terminal.end()
    said = terminal.output.decode(errors="replace")
    assert ("Python starts" not in said) == (mode == "1") or mode == "0"
    assert os.WIFEXITED(status), (status, said)
    assert os.WEXITSTATUS(status) != 0
    assert "cancel" in said.lower() or "Exited because of keyboard interrupt" in said, said


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGQUIT, signal.SIGHUP, signal.SIGUSR1])
def test_the_front_door_ends_by_the_signal(
    place: Place, project: Path, number: signal.Signals
) -> None:
    process = popen(place, endless(project), "run")
    (copy,) = awaited(lambda: copies(place), "the copy")
    process.send_signal(number)
    assert process.wait(PATIENCE) == -number
    assert is_gone(copy)


def popen(place: Place, project: Path, *arguments: str, **options: Any) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [PROGRAM, "dbt", *arguments],
        cwd=project,
        env=place.environment(),
        **{
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.DEVNULL,
            "stderr": subprocess.DEVNULL,
            **options,
        },
    )


def test_ctrl_z_and_fg(place: Place, project: Path) -> None:
    """In a shell with job control: both processes stop, and go on together."""
    shell = Terminal(place, endless(project), "/bin/bash", "--norc", "-i", PS1="ready> ")
    shell.read_until("ready> ")
    shell.type(f"{PROGRAM} dbt run\n".encode())
    shell.read_until("2 of 2 START")
    (copy,) = copies(place)
    shell.type(b"\x1a")
    shell.read_until("Stopped")
    awaited(lambda: state_of(copy) == "T", "the copy stops")
    shell.type(b"fg\n")
    awaited(lambda: state_of(copy) in {"R", "S"}, "the copy goes on")
    interrupt(shell, copy)
    shell.type(b"exit\n")
    shell.end()


def test_a_hang_up_of_the_terminal_ends_both(place: Place, project: Path) -> None:
    terminal = Terminal(place, endless(project), *DBT, "run")
    terminal.read_until("2 of 2 START")
    (copy,) = copies(place)
    os.close(terminal.ours)
    _, status = os.waitpid(terminal.process, 0)
    assert os.WIFSIGNALED(status)
    assert os.WTERMSIG(status) == signal.SIGHUP
    awaited(lambda: is_gone(copy), "the copy ends")


def test_the_size_of_the_window_is_that_of_the_terminal(place: Place, project: Path) -> None:
    lines = {}
    for mode in ("0", "1"):
        terminal = Terminal(place, project, *DBT, "run", "--help", FLATMANIFEST_RESIDENT=mode)
        assert terminal.end() == 0
        lines[mode] = terminal.output.partition(b"Usage")[2]
    assert lines["0"] == lines["1"]


def test_a_closed_pipe(place: Place, project: Path) -> None:
    """A reader that goes away early gets the same from both ways."""
    ends = []
    for mode in ("0", "1"):
        done = subprocess.run(
            ["/bin/bash", "-c", f"{PROGRAM} dbt compile | head -c 1; echo ${{PIPESTATUS[0]}}"],
            cwd=project,
            env=place.environment(FLATMANIFEST_RESIDENT=mode),
            capture_output=True,
            text=True,
            check=True,
        )
        ends.append(done.stdout)
    assert ends[0] == ends[1]


def test_a_killed_front_door_ends_its_copy(place: Place, project: Path) -> None:
    process = popen(place, endless(project), "run")
    (copy,) = awaited(lambda: copies(place), "the copy")
    process.kill()
    process.wait()
    awaited(lambda: is_gone(copy), "the copy ends")


def test_a_killed_copy_ends_the_front_door(place: Place, project: Path) -> None:
    process = popen(place, endless(project), "run")
    (copy,) = awaited(lambda: copies(place), "the copy")
    os.kill(copy, signal.SIGKILL)
    assert process.wait(PATIENCE) == -signal.SIGKILL


# A killed template loses no command.


@pytest.fixture
def own(tmp_path: Path) -> Iterator[tuple[Place, int]]:
    place = Place(tmp_path / "run")
    yield place, start(place, tmp_path / "first")
    place.stop()


def test_a_killed_template_loses_no_command(own: tuple[Place, int], project: Path) -> None:
    place, template = own
    process = popen(place, project, "build", stderr=subprocess.PIPE)
    awaited(lambda: children_of(template), "the copy")
    os.kill(template, signal.SIGKILL)
    _, said = process.communicate()
    assert process.returncode == 0, said


def test_the_exit_code_is_told_after_a_killed_template(
    own: tuple[Place, int], project: Path
) -> None:
    place, template = own
    (project / "models" / "two.sql").write_text("select nothing from {{ ref('one') }}")
    process = popen(place, project, "run")
    awaited(lambda: children_of(template), "the copy")
    time.sleep(0.1)
    os.kill(template, signal.SIGKILL)
    assert process.wait(PATIENCE) == 1


def test_a_killed_template_and_copy(own: tuple[Place, int], project: Path) -> None:
    place, template = own
    process = popen(place, endless(project), "run", stderr=subprocess.PIPE)
    (copy,) = awaited(lambda: copies(place), "the copy")
    awaited(lambda: (project / "logs" / "dbt.log").exists(), "the command begins")
    os.kill(template, signal.SIGKILL)
    os.kill(copy, signal.SIGKILL)
    _, said = process.communicate()
    assert process.returncode == 70
    assert b"were killed; the command has ended, with an unknown status" in said


def test_a_template_killed_at_random_moments(
    own: tuple[Place, int], project: Path, tmp_path: Path
) -> None:
    place, _ = own
    choice = random.Random(len(str(tmp_path)))
    for number in range(KILLS):
        templates = place.status()
        shutil.rmtree(project / "target", ignore_errors=True)
        process = popen(place, project, "compile")
        time.sleep(choice.random() * 0.6)
        if templates:
            with contextlib.suppress(ProcessLookupError):
                os.kill(templates[0]["pid"], signal.SIGKILL)
        assert process.wait(PATIENCE) == 0, number
        assert (project / "target" / "manifest.json").exists()
        if number % 2:
            assert run(place, project, "compile").returncode == 0
            place.await_templates(1)


def test_many_callers_at_once(place: Place, tmp_path: Path) -> None:
    """Nobody gets the output of another, and nothing is left behind."""
    before = place.status()[0]
    projects = [make_project(tmp_path / str(each)) for each in range(CALLERS)]
    problems: list[str] = []

    def call(number: int) -> None:
        for turn in range(COMMANDS // CALLERS):
            word = f"caller_{number}_{turn}"
            model = projects[number] / "models" / "one.sql"
            model.write_text(f"select '{word}' as id")
            done = run(place, projects[number], "compile", "--select", "one", "--quiet")
            words = [each for each in done.stdout.split("'") if each.startswith("caller_")]
            if done.returncode != 0 or words != [word] or not is_resident(done.stderr):
                problems.append(f"{word}: {done}")

    threads = [threading.Thread(target=call, args=(number,)) for number in range(CALLERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems, problems[0]
    after = place.status()[0]
    assert after["pid"] == before["pid"]
    assert after["commands"] - before["commands"] == COMMANDS // CALLERS * CALLERS
    assert after["running"] == 0
    assert after["memory_kb"] - before["memory_kb"] <= 1024 * max(COMMANDS // 1000, 1)
    # The status is served by a copy, which may not have ended yet.
    awaited(lambda: not children_of(after["pid"]), "no process is left")
    assert len(os.listdir(f"/proc/{after['pid']}/fd")) <= 12
