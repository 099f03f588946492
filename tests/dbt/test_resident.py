"""The resident dbt: a copy of a template is what a new process would be. docs/resident.md.

Whole processes of the installed program; each pytest worker starts one template for most tests.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.dbt.residents import PROGRAM, Place, is_gone, is_resident
from tests.dbt.test_places import MAY_MOUNT, UNSHARE
from tests.running import run_program

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SHOWING = Path(__file__).with_name("shown_state.py")
MODE = "FLATMANIFEST_RESIDENT"
FILES = {
    "dbt_project.yml": "name: p\nversion: '1.0'\nprofile: p\n",
    "profiles.yml": "p: {target: t, outputs: {t: {type: duckdb, path: 'p.duckdb'}}}",
    "models/one.sql": "select 1 as id",
    "models/two.sql": "select * from {{ ref('one') }}",
}


def make_project(directory: Path) -> Path:
    (directory / "models").mkdir(parents=True)
    for name, text in FILES.items():
        (directory / name).write_text(text)
    return directory


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A place with a template that a command has started."""
    directory = tmp_path_factory.mktemp("resident")
    found = Place(directory / "run")
    done = run(found, make_project(directory / "project"), "parse")
    assert done.returncode == 0, done.stderr
    assert "no process has dbt loaded yet" in done.stderr
    found.await_templates(1)
    yield found
    found.stop()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(tmp_path / "project")


def run(
    place: Place, project: Path, *arguments: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PROGRAM, "dbt", *arguments],
        cwd=project,
        env=place.environment(**variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_command_runs_in_a_copy(place: Place, project: Path) -> None:
    before = place.status()[0]
    done = run(place, project, "build")
    assert done.returncode == 0, done.stdout + done.stderr
    assert is_resident(done.stderr), done.stderr
    assert "Completed successfully" in done.stdout
    assert not (project / "p.duckdb.wal").exists()  # a process that ends closes its database
    after = place.status()[0]
    assert after["pid"] == before["pid"]
    assert after["commands"] > before["commands"]


def test_exit_codes_are_those_of_dbt(place: Place, project: Path) -> None:
    assert run(place, project, "ls", "--select", "one").returncode == 0
    (project / "models" / "two.sql").write_text("select nonsense from {{ ref('one') }}")
    failed = run(place, project, "run")
    assert failed.returncode == 1
    assert is_resident(failed.stderr), failed.stderr
    wrong = run(place, project, "run", "--no-such-option")
    assert wrong.returncode == 2
    assert is_resident(wrong.stderr), wrong.stderr


def test_the_command_is_recorded_for_the_front_door(place: Place, project: Path) -> None:
    time.sleep(0.05)  # a file that has just changed may be changing still: nothing is recorded then
    first = run(place, project, "ls")
    assert is_resident(first.stderr), first.stderr
    second = run(place, project, "ls")
    assert "dbt runs" not in second.stderr, first.stderr + second.stderr
    assert second.stdout.splitlines()[-2:] == ["p.one", "p.two"]
    # What the template has read is a dependency of the copy's command, too.
    (project / "models" / "two.sql").write_text("select 2 as id")
    third = run(place, project, "ls")
    assert "dbt runs" in third.stderr


# Compares what a program sees in a copy with what it sees in a new process.


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    directory = tmp_path_factory.mktemp("shown")
    plugins = directory / "plugins"
    plugins.mkdir()
    shutil.copy(SHOWING, plugins / "dbt_shown_state.py")
    (plugins / "__pycache__").mkdir()  # a new name in the directory would be a change
    place = Place(directory / "run")
    project = make_project(directory / "project")
    number = 0

    def show(mode: str, prefix: tuple[str, ...] = (), **options: Any) -> Any:
        nonlocal number
        number += 1
        file = directory / f"{number}.json"
        variables = {"SHOWN": "", "FLATMANIFEST_RESIDENT": mode, **options.pop("env", {})}
        environment = place.environment(PYTHONPATH=str(plugins), **variables)
        link = directory / "shown.json"  # one name, so that the environments are equal
        link.unlink(missing_ok=True)
        environment["SHOWN"] = str(link)
        # A new parse, so that both ways do the same.
        shutil.rmtree(project / "target", ignore_errors=True)
        done = subprocess.run(
            [*prefix, PROGRAM, "dbt", "parse"],
            cwd=project,
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            **{"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, **options},
        )
        link.rename(file)
        return json.loads(file.read_text()), is_resident(done.stderr), done.stderr

    # PYTHONPATH has a template of its own.
    show("1")
    place.await_templates(1, PYTHONPATH=str(plugins))
    yield show
    place.stop()


def compare_states(new: Any, copied: Any) -> None:
    new, _, _ = new
    copied, is_of_template, said = copied
    assert is_of_template, said
    for each in (new, copied):
        variables = each["same"]["environ"]
        each["same"]["environ"] = [pair for pair in variables if pair[0] != MODE]
    for what, value in new["same"].items():
        assert copied["same"][what] == value, what
    assert {*new["modules"]} - {*copied["modules"]} == set()
    for shown in (new, copied):
        started = datetime.fromisoformat(shown["started"]).replace(tzinfo=timezone.utc)
        assert 0 <= shown["now"] - started.timestamp() < 30


def test_the_state_of_a_plain_process(shown: Any) -> None:
    compare_states(shown("0"), shown("1"))


def test_two_copies_share_no_random_state(shown: Any) -> None:
    (one, _, _), (other, _, _) = shown("1"), shown("1")
    for what, value in one["different"].items():
        assert other["different"][what] != value, what


def test_limits_and_mask(shown: Any) -> None:
    prefix = ("sh", "-c", 'umask 027; ulimit -S -n 500; ulimit -S -c 0; exec "$@"', "sh")
    compare_states(shown("0", prefix), shown("1", prefix))


def test_one_processor(shown: Any) -> None:
    prefix = ("taskset", "-c", str(min(os.sched_getaffinity(0))))
    compare_states(shown("0", prefix), shown("1", prefix))


def test_ignored_and_blocked_signals(shown: Any) -> None:
    code = (
        "import os, signal, sys\n"
        "for each in (signal.SIGINT, signal.SIGHUP, signal.SIGUSR1):\n"
        "    signal.signal(each, signal.SIG_IGN)\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2})\n"
        "os.execv(sys.argv[1], sys.argv[1:])\n"
    )
    prefix = (sys.executable, "-c", code)
    compare_states(shown("0", prefix), shown("1", prefix))


def test_closed_streams(shown: Any) -> None:
    prefix = ("sh", "-c", 'exec "$@" <&- >&-', "sh")
    compare_states(shown("0", prefix), shown("1", prefix))


def test_more_descriptors(shown: Any, tmp_path: Path) -> None:
    prefix = ("sh", "-c", f'exec "$@" 3>{tmp_path}/three 9<{SHOWING}', "sh")
    compare_states(shown("0", prefix), shown("1", prefix))


def test_pipes_and_a_terminal(shown: Any) -> None:
    def with_terminal(mode: str) -> Any:
        ours, theirs = os.openpty()
        try:
            return shown(mode, stdin=theirs, stdout=theirs)
        finally:
            os.close(ours)
            os.close(theirs)

    compare_states(with_terminal("0"), with_terminal("1"))
    compare_states(
        shown("0", stdin=subprocess.PIPE, stdout=subprocess.PIPE),
        shown("1", stdin=subprocess.PIPE, stdout=subprocess.PIPE),
    )


def test_variables_and_time_zone(shown: Any) -> None:
    env = {"TZ": "Asia/Tokyo", "SOMETHING": "a=b\nc", "DBT_PROFILE": "p", "EMPTY": ""}
    compare_states(shown("0", env=env), shown("1", env=env))


def test_another_directory(shown: Any) -> None:
    prefix = ("sh", "-c", 'cd models; exec "$@" --project-dir .. --profiles-dir ..', "sh")
    compare_states(shown("0", prefix), shown("1", prefix))


REFUSED = [
    ({"PYTHONFAULTHANDLER": "1"}, ["ls"], "PYTHONFAULTHANDLER"),
    ({"COVERAGE_PROCESS_START": "x"}, ["ls"], "COVERAGE_PROCESS_START"),
    ({"PYTHONPATH": "somewhere"}, ["ls"], "relative path"),
    ({"NETWORKX_FALLBACK_TO_NX": "1"}, ["ls"], "NETWORKX_FALLBACK_TO_NX"),
    ({"FLATMANIFEST_RESIDENT": "yes"}, ["ls"], "neither auto, 0 nor 1"),
    ({}, ["init", "--help"], "`init` always starts Python"),
    ({}, ["--macro-debugging", "ls"], "`--macro-debugging` always starts Python"),
    ({"LC_ALL": "C"}, ["ls"], "no process has dbt loaded yet"),
    ({"PYTHONHASHSEED": "5"}, ["ls"], "no process has dbt loaded yet"),
]


@pytest.mark.parametrize(("variables", "arguments", "reason"), REFUSED, ids=lambda each: str(each))
def test_python_starts_where_a_copy_could_differ(
    place: Place, project: Path, variables: dict[str, str], arguments: list[str], reason: str
) -> None:
    other = {"FLATMANIFEST_RESIDENT_IDLE": "0", **variables}  # a template that ends at once
    done = first_reason(place, project, arguments, other)
    assert reason in done, done


def first_reason(
    place: Place,
    project: Path,
    arguments: list[str],
    variables: dict[str, str],
    program: Sequence[str | Path] = (PROGRAM,),
) -> str:
    """The line that says why Python starts; the command is ended, because dbt is not waited for."""
    with subprocess.Popen(
        [*program, "dbt", *arguments],
        cwd=project,
        env=place.environment(**variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        said = ""
        for line in process.stderr:
            said += line
            if "Python starts" in line:
                break
        process.kill()
    return said


@pytest.mark.parametrize("how", ["ulimit -v 8000000", "ulimit -n 999", "renice -n 1 -p $$"])
def test_what_a_copy_cannot_take_on_has_a_template_of_its_own(
    place: Place, project: Path, how: str
) -> None:
    limited: list[str | Path] = ["sh", "-c", f'{how} >&2; exec "$@"', "sh", PROGRAM]
    said = first_reason(
        place, project, ["ls"], {"FLATMANIFEST_RESIDENT_IDLE": "0"}, program=limited
    )
    assert "no process has dbt loaded yet" in said


def test_auto_is_for_people(place: Place, project: Path) -> None:
    """Standard input or output is a terminal, and CI is not set."""
    variables = {"FLATMANIFEST_RESIDENT": "auto", "CI": ""}
    plain = run(place, project, "ls", **variables)
    assert "Python starts" not in plain.stderr  # not asked for
    for ci, more in (("", 1), ("true", 0)):
        ours, theirs = os.openpty()
        before = place.status()[0]["commands"]
        subprocess.run(
            [PROGRAM, "dbt", "compile"],
            cwd=project,
            env=place.environment(**{**variables, "CI": ci}),
            stdin=theirs,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
        )
        os.close(ours)
        os.close(theirs)
        assert place.status()[0]["commands"] == before + more, ci


# Directories and sockets that are not one's own are refused, and dbt runs.


def reason_in(tmp_path: Path, project: Path, **variables: str) -> str:
    runtime = tmp_path / "runtime"
    runtime.mkdir(mode=0o700, exist_ok=True)
    place = Place(tmp_path / "unused")
    return first_reason(place, project, ["ls"], {"XDG_RUNTIME_DIR": str(runtime), **variables})


def test_a_directory_that_others_may_enter(tmp_path: Path, project: Path) -> None:
    place = tmp_path / "runtime" / "flatmanifest-resident"
    place.mkdir(parents=True)
    place.chmod(0o755)
    assert f"others may enter {place}: chmod 700 it" in reason_in(tmp_path, project)


def test_a_place_that_is_a_link(tmp_path: Path, project: Path) -> None:
    (tmp_path / "runtime").mkdir(mode=0o700)
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / "runtime" / "flatmanifest-resident").symlink_to(tmp_path / "elsewhere")
    assert "is not a directory: remove it" in reason_in(tmp_path, project)


def test_a_place_that_is_a_file(tmp_path: Path, project: Path) -> None:
    (tmp_path / "runtime").mkdir(mode=0o700)
    (tmp_path / "runtime" / "flatmanifest-resident").touch()
    assert "is not a directory: remove it" in reason_in(tmp_path, project)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_a_directory_of_somebody_else(tmp_path: Path, project: Path) -> None:
    place = tmp_path / "runtime" / "flatmanifest-resident"
    place.mkdir(parents=True, mode=0o700)
    os.chown(place, 65534, 65534)
    assert f"{place} belongs to user 65534: remove it" in reason_in(tmp_path, project)


def test_no_directory_at_all(tmp_path: Path, project: Path) -> None:
    said = reason_in(tmp_path, project, XDG_RUNTIME_DIR="", XDG_CACHE_HOME="", HOME="")
    assert "there is no directory for sockets: set XDG_RUNTIME_DIR or HOME" in said


def test_the_cache_directory_without_a_runtime_directory(tmp_path: Path, project: Path) -> None:
    said = reason_in(tmp_path, project, XDG_RUNTIME_DIR="", XDG_CACHE_HOME=f"{tmp_path}/c")
    assert "no process has dbt loaded yet" in said
    assert (tmp_path / "c" / "flatmanifest-resident").stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(not MAY_MOUNT, reason="needs mounts, as root may make them")
@pytest.mark.parametrize("inodes", [1, 2], ids=["no directory", "no file"])
def test_a_full_file_system(tmp_path: Path, project: Path, inodes: int) -> None:
    """No template can be there, and the command runs."""
    place = Place(tmp_path / "run")
    mount = f'mount -t tmpfs -o mode=700,nr_inodes={inodes} tmpfs "{place.directory}"'
    done = subprocess.run(
        [UNSHARE, "-m", "sh", "-c", f'{mount} && exec "$@"', "sh", PROGRAM, "dbt", "ls"],
        cwd=project,
        env=place.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-2:] == ["p.one", "p.two"]
    reason = "No space left on device" if inodes == 1 else "no process has dbt loaded yet"
    said = [line for line in done.stderr.splitlines() if "Python starts" in line]
    assert len(said) == 1, done.stderr
    assert reason in said[0]
    assert "Traceback" not in done.stderr


def test_a_socket_where_nobody_listens(tmp_path: Path, project: Path) -> None:
    """A killed template leaves its socket; the next one takes its place."""
    place = Place(tmp_path / "run")
    assert run(place, project, "ls").returncode == 0
    killed = place.await_templates(1)[0]["pid"]
    os.kill(killed, signal.SIGKILL)
    place.await_templates(0)
    done = run(place, project, "ls", "--select", "one")
    done = run(place, project, "compile")
    assert done.returncode == 0
    assert "no process has dbt loaded yet" in done.stderr
    assert place.await_templates(1)[0]["pid"] != killed
    assert is_resident(run(place, project, "compile").stderr)
    place.stop()


# A template ends by itself, and a change of the packages is never overlooked.


@pytest.fixture
def own(tmp_path: Path, project: Path) -> Iterator[Any]:
    place = Place(tmp_path / "run")

    def start(**variables: str) -> Place:
        assert run(place, project, "parse", **variables).returncode == 0
        place.await_templates(1, **variables)
        return place

    yield start
    place.stop()


def test_an_adapter_that_is_swapped(own: Any, project: Path) -> None:
    """The copy imports another adapter, and the template loads it for the next command."""
    pytest.importorskip("dbt.adapters.postgres")
    place = own()
    profiles = project / "profiles.yml"
    of_duckdb = profiles.read_text()
    of_postgres = "type: postgres, host: h, user: u, password: p, port: 5432, dbname: d, schema: s"
    for text, adapter in (
        (of_duckdb.replace("type: duckdb, path: 'p.duckdb'", of_postgres), "postgres"),
        (of_duckdb, "duckdb"),
    ):
        profiles.write_text(text)
        done = run(place, project, "parse", "--no-partial-parse")
        assert done.returncode == 0, done.stdout
        assert is_resident(done.stderr), done.stderr
        assert f"Registered adapter: {adapter}=" in done.stdout
        until = time.monotonic() + 30
        # The import of some DuckDBs starts threads: then each copy imports it.
        while "postgres" not in place.status()[0]["adapters"]:
            assert time.monotonic() < until, place.status()
            time.sleep(0.05)


def test_after_a_time_without_commands(own: Any) -> None:
    place = own(FLATMANIFEST_RESIDENT_IDLE="1")
    place.await_templates(0)


def test_when_a_loaded_module_has_changed(own: Any, tmp_path: Path, project: Path) -> None:
    modules = tmp_path / "modules"
    (modules / "dbt").mkdir(parents=True)
    plugins = modules / "dbt_added.py"
    plugins.write_text("plugins = []\n")
    place = own(PYTHONPATH=str(modules))
    assert is_resident(run(place, project, "compile", PYTHONPATH=str(modules)).stderr)
    (modules / "another.py").write_text("")  # the directory on the path has changed
    done = run(place, project, "compile", PYTHONPATH=str(modules))
    assert done.returncode == 0
    assert "modules has changed" in done.stderr
    place.await_templates(1, PYTHONPATH=str(modules))
    assert is_resident(run(place, project, "compile", PYTHONPATH=str(modules)).stderr)


def test_when_its_socket_is_gone(own: Any) -> None:
    place = own()
    process = place.status()[0]["pid"]
    shutil.rmtree(place.directory / "flatmanifest-resident")
    until = time.monotonic() + 30
    while not is_gone(process):
        assert time.monotonic() < until
        time.sleep(0.1)


def test_it_ends_when_it_is_stopped(own: Any) -> None:
    place = own()
    place.stop()
    assert place.status() == []


def test_a_change_before_an_adapter_is_loaded_is_not_forgotten(tmp_path: Path) -> None:
    """The state of the files is noted again when a command has used another adapter."""
    modules = tmp_path / "modules"
    modules.mkdir()
    program = f"""
import sys
sys.path.insert(0, {str(modules)!r})
from flatmanifest.dbt.resident.imports import Imports, NotServingError
imports = Imports()
imports.load("")
assert imports.changed_file() is None
open({str(modules / "another.py")!r}, "w").close()
imports.adapters.add("duckdb")  # as if its import started no thread
imports.load_adapter = lambda adapter: None
try:
    imports.add_adapter("duckdb")
except NotServingError as error:
    print(error)
"""
    time.sleep(0.05)  # a directory that is as new as the process counts as changing
    done = run_program([sys.executable, "-c", program])
    assert done.stdout == f"{modules} has just changed\n"
