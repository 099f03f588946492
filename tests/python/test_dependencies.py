"""Recording the reads of a process in Python, and checking the record in native code.

Each recording runs in a separate process, because recording replaces parts of ``os``.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from flatmanifest._native import environment_digest
from flatmanifest.dbt.dependencies import record
from tests.running import run_program

PRELUDE = """
import json, os, sys
from flatmanifest.dbt.dependencies import environment, files
from flatmanifest.dbt.dependencies.recording import DependencyRecorder
recorder = DependencyRecorder()
recorder.start()
"""
ENDING = """
recorder.stop()
accesses, lookups = recorder.accesses, recorder.lookups
print(json.dumps({
    "read": sorted(accesses.read), "listed": sorted(accesses.listed),
    "probed": sorted(accesses.probed), "written": sorted(accesses.written),
    "reached": accesses.reached, "names": sorted(lookups.names), "is_all": lookups.is_all,
}))
"""


# Returns why a command cannot be recorded; None if it can.
REFUSAL = """
from flatmanifest.dbt.dependencies import NotRecordedError
def refusal(dependencies=lambda: recorder.dependencies([], [], "/nowhere", set())):
    try:
        dependencies()
    except NotRecordedError as error:
        return str(error)
"""


def recorded(directory: Path, code: str, **variables: str) -> dict[str, Any]:
    """Return the records of a program that runs in a directory."""
    done = run_program([sys.executable, "-c", PRELUDE + code + ENDING], directory, variables)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize(
    "code",
    [
        "open('a.yml').read()",
        "os.close(os.open('a.yml', os.O_RDONLY))",
        "import pathlib; pathlib.Path('a.yml').read_text()",
        "import io; io.open('a.yml').close()",
    ],
)
def test_what_is_opened_is_read(tmp_path: Path, code: str) -> None:
    (tmp_path / "a.yml").write_text("a")
    assert recorded(tmp_path, code)["read"] == [str(tmp_path / "a.yml")]


def test_what_is_absent_is_read_too(tmp_path: Path) -> None:
    found = recorded(tmp_path, "try: open('none.yml')\nexcept OSError: pass")
    assert found["read"] == [str(tmp_path / "none.yml")]


@pytest.mark.parametrize(
    "code",
    [
        "os.path.exists('a')",
        "os.path.isdir('a')",
        "os.access('a', os.R_OK)",
        "import pathlib; pathlib.Path('a').exists()",
        "import pathlib; pathlib.Path('a').is_file()",
        "os.path.lexists('a')",
        "try: os.stat('a')\nexcept OSError: pass",
    ],
)
def test_a_look_at_what_exists_is_a_probe(tmp_path: Path, code: str) -> None:
    assert str(tmp_path / "a") in recorded(tmp_path, code)["probed"]
    (tmp_path / "a").mkdir()
    assert str(tmp_path / "a") in recorded(tmp_path, code)["probed"]


@pytest.mark.parametrize(
    "code",
    [
        "os.listdir()",
        "list(os.scandir('.'))",
        "list(os.walk('.'))",
        "import pathlib; list(pathlib.Path('.').iterdir())",
        "import glob; glob.glob('*.sql')",
    ],
)
def test_what_is_listed(tmp_path: Path, code: str) -> None:
    listed = {os.path.normpath(path) for path in recorded(tmp_path, code)["listed"]}
    assert listed == {str(tmp_path)}


def test_what_is_written_is_no_dependency(tmp_path: Path) -> None:
    code = "open('a', 'w').close(); os.mkdir('b'); os.rename('a', 'c'); open('d', 'a').close()"
    found = recorded(tmp_path, code)
    assert found["read"] == []
    assert found["written"] == [str(tmp_path / name) for name in "abcd"]


def test_what_a_command_makes_for_itself_is_left_out(tmp_path: Path) -> None:
    """Workers hand back their results in files that are removed at the end of the parse."""
    code = """
from flatmanifest.dbt.workers.pool import Workers
class Source:
    def start(self, queue, pipes, directory):
        (directory / "0.fman").write_text("")
        (directory / "0.fman").read_text()
        open("read").close()
        return []
    def kill(self, processes):
        pass
Workers(1, 1, Source()).stop()
"""
    (tmp_path / "read").touch()
    assert recorded(tmp_path, code)["read"] == [str(tmp_path / "read")]


def test_pythons_own_files_are_left_out(tmp_path: Path) -> None:
    found = recorded(tmp_path, "import email.mime.text, pytest; open('/proc/self/stat').close()")
    assert found["read"] == []


def test_an_own_directory_on_pythons_path_is_a_dependency(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("")
    found = recorded(tmp_path, "import mine", PYTHONPATH=str(tmp_path))
    assert str(tmp_path / "mine.py") in found["read"]


@pytest.mark.parametrize(
    "code",
    [
        "os.environ.get('A')",
        "os.getenv('A')",
        "'A' in os.environ",
        "os.environ.setdefault('A', 'x')",
        "os.environ.pop('A', None)",
        "environment.WatchedCopy(environment.plain_environment()).get('A')",
        "'A' in environment.WatchedCopy({})",
    ],
)
def test_a_variable_that_is_looked_up(tmp_path: Path, code: str) -> None:
    found = recorded(tmp_path, code)
    assert "A" in found["names"]
    assert not found["is_all"]


@pytest.mark.parametrize(
    "code",
    [
        "list(os.environ)",
        "dict(os.environ)",
        "os.environ.copy()",
        "[name for name, value in os.environ.items()]",
        "len(os.environ)",
        "{**os.environ}",
        "list(environment.WatchedCopy({}).items())",
        "{**environment.WatchedCopy({})}",
    ],
)
def test_iterating_over_all_variables_depends_on_all(tmp_path: Path, code: str) -> None:
    assert recorded(tmp_path, code)["is_all"]


def test_a_copy_of_the_environment_is_pickled_as_a_dict(tmp_path: Path) -> None:
    code = """
import pickle
copied = pickle.loads(pickle.dumps(environment.WatchedCopy({"A": "b"})))
assert type(copied) is dict and copied == {"A": "b"}
"""
    assert not recorded(tmp_path, code)["is_all"]


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("import subprocess; subprocess.run(['true'])", "a subprocess"),
        ("os.system('true')", "a subprocess"),
        ("import socket; socket.socket().connect_ex(('127.0.0.1', 9))", "the network"),
    ],
)
def test_what_reaches_beyond_files(tmp_path: Path, code: str, what: str) -> None:
    assert list(recorded(tmp_path, code)["reached"]) == [what]


def test_the_machines_name_is_no_dependency(tmp_path: Path) -> None:
    assert recorded(tmp_path, "import platform; platform.processor()")["reached"] == {}


def test_os_is_as_it_was_afterwards(tmp_path: Path) -> None:
    code = """
recorder.stop()
import posix, shutil
assert os.stat is posix.stat and os.lstat is posix.lstat and os.access is posix.access
assert os.stat in os.supports_follow_symlinks
assert type(os.environ) is os._Environ
open("a", "w").close()
shutil.copy2("a", "b")
"""
    assert recorded(tmp_path, code)["read"] == []


def test_what_changes_meanwhile_is_not_recorded(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("a")
    code = """
open("a.yml").close(); os.path.exists("b.yml")
import time; recorder.started_ns = time.time_ns() + 10**9
here = os.getcwd()
assert refusal() is None, refusal()
files.unwatch()  # from here on, writes count as those of another process
open("b.yml", "w").close()
assert refusal() == here + "/b.yml has changed while dbt was running", refusal()
os.remove("b.yml")
open("a.yml", "w").close()
assert refusal() == here + "/a.yml has changed while dbt was running", refusal()
"""
    recorded(tmp_path, REFUSAL + code)


def test_what_has_just_changed_is_not_recorded(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("a")
    code = """
open("a.yml").close()
recorder.started_ns = os.stat("a.yml").st_mtime_ns
assert "has just changed" in refusal()
"""
    recorded(tmp_path, REFUSAL + code)


def test_all_that_was_recorded_is_depended_on(tmp_path: Path) -> None:
    for name in ("a.yml", "listed/b.sql", "models/c.sql", "site-packages/d.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("a")
    code = """
import time; recorder.started_ns = time.time_ns() + 10**9
open("a.yml").close(); os.listdir("listed"); os.path.exists("none.yml"); os.getenv("A")
open("models/c.sql").close(); open("target.json", "w").close()
here = os.getcwd()
def found():
    return recorder.dependencies([here + "/models"], [], "/nowhere", {"OF_THE_MANIFEST"})
known = found()
files_known = {use: {path for path in paths if path.startswith(here)} for use, paths in
               known.files.items()}
assert files_known["read"] == {here + "/models", here + "/a.yml"}, files_known
assert files_known["listed"] == {here + "/listed"}, files_known
assert files_known["probed"] == {here + "/none.yml"}, files_known
assert files_known["alone"] == {here + "/site-packages"}, files_known
assert {"A", "OF_THE_MANIFEST"} <= {*known.variables}, known.variables
recorder.values = {"run_started_at": "profiles.yml"}
assert refusal(found) == "profiles.yml uses run_started_at", refusal(found)
"""
    recorded(tmp_path, REFUSAL + code, PYTHONPATH=str(tmp_path / "site-packages"))


def test_a_package_that_comes_meanwhile_is_not_recorded(tmp_path: Path) -> None:
    (tmp_path / "packages").mkdir()
    os.utime(tmp_path / "packages", (0, 0))
    code = """
import time
time.sleep(0.05)
open("packages/added.py", "w").close()
assert "packages has just changed" in refusal()
"""
    recorded(tmp_path, REFUSAL + code, PYTHONPATH=str(tmp_path / "packages"))


def taken(directory: Path) -> record.Dependencies:
    (directory / "a.yml").write_text("a")
    (directory / "models").mkdir()
    files = {
        record.READ: [str(directory / "a.yml")],
        record.LISTED: [str(directory / "models")],
        record.PROBED: [str(directory / "none")],
        record.ALONE: [str(directory)],
    }
    return record.taken(files, ["A"], {"A": "1", "OTHER": "2"})


def test_dependencies_are_checked_by_native_code(tmp_path: Path) -> None:
    dependencies = taken(tmp_path)
    assert dependencies.changed({"A": "1", "OTHER": "3"}) is None
    assert dependencies.changed({"A": "2"}) == "an environment variable has changed"
    assert dependencies.changed({}) == "an environment variable has changed"
    time.sleep(0.02)  # a file's time is the last tick of the system's clock, at most 10 ms old
    (tmp_path / "models" / "b.sql").write_text("")
    assert dependencies.changed({"A": "1"}) == f"{tmp_path / 'models'} has changed"


def test_dependencies_survive_a_file(tmp_path: Path) -> None:
    dependencies = taken(tmp_path)
    again = record.restored(json.loads(json.dumps(dependencies.fields())))
    assert again.fields() == dependencies.fields()
    assert again.changed({"A": "1"}) is None


def test_a_value_without_a_source_is_named(tmp_path: Path) -> None:
    dependencies = taken(tmp_path)
    dependencies.values = {"run_started_at": "profiles.yml"}
    assert dependencies.changed({"A": "1"}) == "profiles.yml uses run_started_at"


def test_all_variables_but_a_shells() -> None:
    salt = "0" * 16
    before = environment_digest(
        {b"A": b"1", b"PWD": b"/a", b"FLATMANIFEST_EXPLAIN": b"1"}, None, salt
    )
    assert before == environment_digest({b"A": b"1", b"OLDPWD": b"/"}, None, salt)
    assert before != environment_digest({b"A": b"2"}, None, salt)


def test_a_variable_may_be_in_any_encoding() -> None:
    files: dict[str, list[str]] = {record.READ: []}
    odd = os.fsdecode(b"\xff\xfe")
    for names in (None, ["A"]):
        dependencies = record.taken(files, names, {"A": odd})
        assert dependencies.changed({"A": odd}) is None
        assert dependencies.is_environment({"A": odd})
        assert not dependencies.is_environment({"A": "other"})
