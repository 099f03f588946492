"""Parsing by workers if dbt runs in a thread of a program, whose process cannot be forked."""

from __future__ import annotations

import os
import pickle
import socket
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.dbt.template import PYTHON
from tests.dbt.test_cold_parse import make_many
from tests.dbt.test_dbt_parity import Step, run_both
from tests.dbt.test_parallel_parse import (
    DIVIDED,
    LOUD,
    OF_MAKE_MANY,
    PARSE,
    PARTS,
    SAYING,
    STARTED,
    THREADED,
    WORKERS,
    beside_dbt,
)
from tests.projects.parsed import PRIVATE
from tests.running import wait_for_the_end_of


def test_a_schema_file_in_parts(tmp_path: Path) -> None:
    assert beside_dbt(tmp_path, [*DIVIDED, LOUD], PARTS, both=THREADED) == [OF_MAKE_MANY + 1]


def test_what_is_said_and_what_fails(tmp_path: Path) -> None:
    said: list[Step] = [
        *(["write", f"models/many/said_{n}.sql", text] for n, text in enumerate(SAYING)),
        ["write", "models/many/started.sql", STARTED],
    ]
    broken: Step = ["write", "models/many/broken.sql", "{{ no_such_macro() }} {% if %}"]
    steps = [*said, LOUD, [*PARSE, "--warn-error"], broken, PARSE]
    taken = beside_dbt(tmp_path, steps, both=THREADED)
    assert taken[0] > 40


def test_workers_that_die_leave_it_to_dbt(tmp_path: Path) -> None:
    variables = {**THREADED, **WORKERS, "TEST_KILL_WORKERS": "1"}
    [(vanilla, ours)] = run_both(tmp_path, [PARSE], make=make_many, variables=(THREADED, variables))
    warned = [line for line in ours["stdout"] if "leaves this to dbt" in line]
    assert len(warned) == 1
    assert "WorkerDiedError: a worker ended before its work was done" in warned[0]
    assert ours["parsed_by_workers"] == 0
    assert ours["artifacts"] == vanilla["artifacts"]


# A program with a second thread. It runs {before}, has dbt parse, and prints the number of files
# that workers parsed and the number of server processes that it started.
PROGRAM = """
import os, subprocess, sys, threading
import dbt_flatmanifest
from dbt.cli.main import dbtRunner
from flatmanifest.dbt.workers import forkserver, parse_project

parse_project.LEAST_FILES = parse_project.LEAST_WEIGHT = 0
threading.Thread(target=threading.Event().wait, daemon=True).start()
taken, started = [], []
original, popen = parse_project.apply, subprocess.Popen
parse_project.apply = lambda *each: (taken.append(each), original(*each))

class Recorded(popen):
    def __init__(self, command, *more, **named):
        super().__init__(command, *more, **named)
        if "worker_server" in str(command):
            started.append(self)

subprocess.Popen = Recorded
{before}
result = dbtRunner().invoke(["parse", "--no-partial-parse", "--log-level", "debug"])
print("TAKEN", len(taken), "SUCCESS", result.success)
assert all(process.returncode is not None for process in started)
print("STARTED", len(started))
"""


def run(project: Path, before: str = "", after: str = "", **variables: str) -> str:
    environment = {**os.environ, **PRIVATE, **WORKERS, "FLATMANIFEST": "1", **variables}
    done = subprocess.run(
        [PYTHON, "-c", PROGRAM.replace("{before}", before) + after],
        cwd=project,
        env={**environment, "DBT_PROFILES_DIR": str(project)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("forkserver") / "project"
    make_many(directory)
    return directory


def test_a_program_with_a_thread_has_workers_too(project: Path) -> None:
    said = run(project)
    assert "TAKEN 0" not in said
    assert "SUCCESS True" in said
    assert "STARTED 1" in said


OTHER_CODE = """
import dbt.parser.base
original_update = dbt.parser.base.ConfiguredParser.update_parsed_node_config
def update(*arguments, **named):
    return original_update(*arguments, **named)
dbt.parser.base.ConfiguredParser.update_parsed_node_config = update
"""
OTHER_FUNCTION = """
import dbt.utils, dbt.parser.models
dbt.parser.models.deepcopy = lambda value: value
"""
UNPICKLABLE = """
import dbt.config.runtime
load = dbt.config.runtime.RuntimeConfig.load_dependencies
import dbt.parser.manifest
init = dbt.parser.manifest.ManifestLoader.__init__
def changed(self, root_project, *more, **named):
    init(self, root_project, *more, **named)
    root_project.of_the_program = threading.Lock()
dbt.parser.manifest.ManifestLoader.__init__ = changed
"""


@pytest.mark.parametrize(
    ("before", "reason"),
    [
        (OTHER_CODE, "dbt.parser.base is not as it was written"),
        (OTHER_FUNCTION, "dbt.parser.models is not as it was written"),
        (UNPICKLABLE, "cannot pickle '_thread.lock' object"),
    ],
)
def test_what_another_process_would_not_have_is_parsed_in_this(
    project: Path, before: str, reason: str
) -> None:
    said = run(project, before)
    assert "TAKEN 0 SUCCESS True" in said, said
    assert f"flatmanifest: dbt parses in one process ({reason}" in said
    assert "leaves this to dbt" not in said


FAILING = """
import pathlib
python = pathlib.Path("python-that-fails").absolute()
python.write_text("#!/bin/false")
python.chmod(0o700)
sys.executable = str(python)
"""
SLOW = "forkserver.SECONDS_TO_ANSWER = 0.01"
MISSING = 'sys.executable = "/nowhere/python"'


@pytest.mark.parametrize("before", [FAILING, SLOW, MISSING])
def test_a_server_that_does_not_come_is_told_of_once(project: Path, before: str) -> None:
    said = run(project, before)
    assert "TAKEN 0 SUCCESS True" in said
    warned = [line for line in said.splitlines() if "leaves this to dbt" in line]
    assert len(warned) == 1
    assert "FLATMANIFEST=0 turns it off" in warned[0]


def test_a_program_with_python_in_it_is_not_started(project: Path) -> None:
    said = run(project, 'sys.executable = "/bin/uwsgi"')
    assert "TAKEN 0 SUCCESS True" in said
    assert "STARTED 0" in said
    assert "dbt parses in one process (/bin/uwsgi is not known to be Python)" in said


NAMED_LOCKS = """
def looking(*each):
    maps = open(f"/proc/{started[0].pid}/maps").read().splitlines()
    locks.extend(line.endswith("(deleted)") for line in maps if "/sem." in line)
    applied(*each)

applied, parse_project.apply, locks = parse_project.apply, looking, []
"""


def test_nothing_is_left_of_a_server_that_is_killed(project: Path) -> None:
    """The locks of a killed server have no names in the file system."""
    said = run(project, NAMED_LOCKS, "print('LOCKS', {*locks})")
    assert "LOCKS {True}" in said


def test_small_projects_are_parsed_in_one_process(project: Path) -> None:
    said = run(project, "parse_project.LEAST_FILES = 500")
    assert "TAKEN 0 SUCCESS True" in said
    assert "STARTED 0" in said


def test_one_worker_starts_no_server(project: Path) -> None:
    said = run(project, FLATMANIFEST_PARSE_WORKERS="1")
    assert "STARTED 0" in said


def test_the_server_ends_with_the_process_that_started_it(project: Path) -> None:
    """The server reads the end of its socket, even if the other process was killed."""
    before = """
from flatmanifest.dbt.workers.forkserver import Forkserver
print("SERVER", Forkserver("duckdb").process.pid, flush=True)
os.kill(os.getpid(), 9)
"""
    process = subprocess.run(
        [PYTHON, "-c", PROGRAM.replace("{before}", before)],
        cwd=project,
        env={**os.environ, **PRIVATE, **WORKERS, "FLATMANIFEST": "1"},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    wait_for_the_end_of(int(process.stdout.split()[1]), seconds=60)


def test_messages_come_whole() -> None:
    from flatmanifest.dbt.workers import forkserver

    ours, theirs = socket.socketpair()
    message = os.urandom(5_000_000)
    read, written = os.pipe()
    sender = threading.Thread(target=forkserver.send, args=(ours, message, [read]))
    sender.start()
    received, descriptors = forkserver.receive(theirs)
    sender.join()
    assert received == message
    os.write(written, b"x")
    assert os.read(descriptors[0], 1) == b"x"
    forkserver.send(ours, b"one")
    forkserver.send(ours, b"two")
    assert [forkserver.receive(theirs)[0] for _ in range(2)] == [b"one", b"two"]
    ours.sendall(forkserver.LENGTH.pack(10) + b"cut")
    ours.close()
    assert forkserver.receive(theirs) == (b"", [])
    assert forkserver.receive(theirs) == (b"", [])
    theirs.close()
    for each in (read, written, *descriptors):
        os.close(each)


def test_a_manifest_is_pickled_with_its_lookups() -> None:
    from dbt.contracts.graph.manifest import Manifest

    from flatmanifest.dbt.workers import forkserver

    manifest: Any = Manifest()
    manifest.rebuild_ref_lookup()
    manifest.fixtures["of nobody"] = "fixture"  # dbt omits fixtures that no test uses
    told: Any = pickle.loads(forkserver.pickled([manifest, manifest]))
    assert told[0] is told[1]
    kept, given = vars(told[0]), vars(manifest)
    assert kept.keys() == given.keys()
    assert type(kept["_ref_lookup"]) is type(given["_ref_lookup"])
    assert kept["fixtures"] == given["fixtures"]
    assert kept["_lock"] is not given["_lock"]
