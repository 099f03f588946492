"""Every file that dbt asks the system for is recorded as a dependency.

strace reports what dbt alone opens, lists and looks for. The dependency recorder reports what it
has seen of the same commands with the plugin, cold and warm. If a release of dbt reads files in a
new way, these tests fail. FLATMANIFEST_EVERY_READ=1 traces `run` too, and a project with few files.
"""

from __future__ import annotations

import copy
import json
import os
import re
import shutil
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.dbt.sides import ROOT
from tests.dbt.traced_reads import LISTED, PROBED, READ, Access, traced, why_not
from tests.projects import generate
from tests.projects.parsed import PRIVATE
from tests.running import run_program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

EVERY_READ = os.environ.get("FLATMANIFEST_EVERY_READ") == "1"
UNTRACED = why_not()
pytestmark = pytest.mark.skipif(UNTRACED is not None, reason=str(UNTRACED))

LS_AND_PARSE = [["ls", "--output", "json"], ["parse"]]
RUN_A_MODEL = [["run", "--select", "time_spine", "--threads", "1"]]
PACKAGE = {
    "dbt_project.yml": "name: extra\nversion: 1.0.0\n",
    "models/extra_model.sql": "select 1 as one",
    "macros/extra_macro.sql": "{% macro extra() %}1{% endmacro %}",
}


def write_all(directory: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def make_full(project: Path) -> dict[str, str]:
    """Make a project with every file that dbt looks for. Returns environment variables for dbt."""
    generate("small_everything", project, None)
    (project / "catalogs.yml").write_text("catalogs: []\n")
    write_all(
        project,
        {
            "packages.yml": "packages:\n  - local: packages/extra\n",
            "package-lock.yml": "packages:\n  - local: packages/extra\n    name: extra\n",
            "dependencies.yml": "projects: []\n",
            ".env": "FROM_A_FILE=1\n",
            ".dbtignore": "models/left_out\n",
            "models/left_out/ignored.sql": "select {{ nothing }}",
            ".user.yml": "id: 00000000-0000-0000-0000-000000000000\n",
        },
    )
    write_all(project / "packages" / "extra", PACKAGE)
    (project / "dbt_packages").mkdir()
    (project / "dbt_packages" / "extra").symlink_to("../packages/extra")
    settings = project / "dbt_project.yml"
    if has_vars_file():
        before, _, rest = settings.read_text().partition("\nvars:\n")
        own, _, after = rest.partition("\n\n")
        (project / "vars.yml").write_text(f"vars:\n{own}\n")
        settings.write_text(f"{before}\n{after}")
    return {}


def make_bare(project: Path) -> dict[str, str]:
    """Make a project with none of these files, and its profile in the user's home."""
    generate("chain", project, 3)
    write_all(project, {"dependencies.yml": "packages:\n  - local: packages/extra\n"})
    write_all(project / "packages" / "extra", PACKAGE)
    shutil.copytree(project / "packages" / "extra", project / "dbt_packages" / "extra")
    home = project.parent / "home"
    (home / ".dbt").mkdir(parents=True)
    (project / "profiles.yml").rename(home / ".dbt" / "profiles.yml")
    return {"HOME": str(home)}


def has_vars_file() -> bool:
    import dbt.constants

    return hasattr(dbt.constants, "VARS_FILE_NAME")


def exceptions(project: Path) -> dict[str, str]:
    """Return regular expressions of whole paths that need no record, each with its reason."""
    root, tests = re.escape(str(project)), re.escape(str(ROOT / "tests"))
    installed = {
        sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")
    }
    ways = {
        each for path in (sys.base_prefix, sys.prefix, ROOT / "a") for each in Path(path).parents
    }
    any_of = "|".join(map(re.escape, sorted(map(str, installed))))
    prefixes = "|".join(map(re.escape, sorted({sys.base_prefix, sys.prefix})))
    on_the_way = "|".join(map(re.escape, sorted(map(str, ways))))
    return {
        rf"({any_of})(/.*)?": "Python's modules and packages: their digest is recorded",
        rf"({prefixes})(/bin(/[^/]+)?|/lib(64)?|/pyvenv\.cfg)?": "Python itself: the same digest",
        rf"({prefixes})/lib(/(glibc-hwcaps/[^/]+|tls|x86_64))*(/lib[^/]+\.so[.0-9]*)?": "where the "
        "loader looks for libpython and its libraries",
        rf"({prefixes})/bin/(Modules/Setup(\.local)?|lib/python.*)": "how Python finds out where "
        "it is installed",
        rf"{on_the_way}": "a directory on the path of Python, which is in the digest",
        r".*/lib/python\d+\.zip": "where Python looks for its own modules first",
        rf"({prefixes})/share/locale/.*": "translations of Python's messages, of which it has none",
        rf"{tests}(/dbt)?(/(__init__|recorded_reads)\..*)?": "this test's program",
        rf"{tests}(/dbt)?/__pycache__(/(__init__|recorded_reads)\..*)?": "this test's program",
        r"/etc(/python3\.\d+(/sitecustomize\.py)?)?": "Debian's Python: a module in its own "
        "directory is a link that leads there",
        rf"({prefixes})(/local)?/lib/python3(\.\d+)?/dist-packages": "Debian's Python: a directory "
        "that no virtual environment has",
        r".*/<(frozen \w+|string)>": "the name that Python gives to code without a file",
        r"/proc/.*|/sys/.*|/dev/.*": "the kernel's interfaces",
        r"/(usr/)?lib(64)?/([^/]+-linux-gnu/)?[^/]+\.so(\.[0-9.]+)?": "libraries of the system",
        r"/etc/ld\.so\.(cache|preload)": "where the loader finds libraries of the system",
        r"/usr/(lib|share)/locale/.*|/usr/lib/.*/gconv-modules\.cache": "the C library's texts, "
        "which Python and dbt print none of",
        r"/etc/localtime|/usr/share/zoneinfo/.*": "the time zone, only for the times in log lines: "
        "the front door reads it, too",
        r"/(etc|usr/lib)/ssl/openssl\.cnf": "OpenSSL, which Python loads to compute digests",
        r"/etc/duckdb_je_malloc\.conf": "DuckDB's allocator",
        r"/.*/uname": "Python's platform asks what machine this is "
        "for dbt's statistics of its use (callers.is_apart)",
        rf"{root}/target(/partial_parse\.msgpack)?": "dbt's own output: the record of outputs says "
        "whether it has changed",
    }


def exceptions_of_run(project: Path) -> dict[str, str]:
    """Return the further exceptions for `run`, which only dbt answers."""
    root = re.escape(str(project))
    return {
        rf"{root}/target/(compiled|run)(/.*)?": "dbt looks for these files before it writes them",
        rf"{root}/[a-z_]+\.duckdb(\.wal(\.checkpoint)?)?": "the database",
    }


class Recorded:
    """The records of some commands."""

    def __init__(self, record: dict[str, Any]) -> None:
        self.by_use = {
            use: {os.path.normpath(path) for path in record[use]} for use in (READ, LISTED, PROBED)
        }
        self.trees = [os.path.normpath(tree) for tree in record["trees"]]
        self.reached: dict[str, str] = record["reached"]

    def holds(self, access: Access) -> bool:
        """Return whether a change behind the path is a change of a recorded dependency."""
        if self.is_in_a_tree(access.path):
            return True
        read, listed, probed = (access.path in self.by_use[use] for use in (READ, LISTED, PROBED))
        if access.use == READ:
            return read
        if access.use == LISTED:
            return listed
        return read or listed or probed

    def is_in_a_tree(self, path: str) -> bool:
        if Path(path).name[:1] in {".", "#", "~"}:  # dbt reads none of these
            return path in self.trees
        return any(path == tree or path.startswith(f"{tree}/") for tree in self.trees)


def unrecorded(
    accesses: Iterable[Access], recorded: Recorded, reasons: dict[str, str]
) -> list[Access]:
    """Return accesses that are neither recorded nor excepted. ``reasons``: see exceptions."""
    excepted = re.compile("|".join(f"(?:{pattern})" for pattern in reasons))
    return sorted(
        access
        for access in accesses
        if not excepted.fullmatch(access.path) and not recorded.holds(access)
    )


class Compared:
    """A project in which dbt alone was traced, and dbt with the plugin was recorded."""

    def __init__(
        self, directory: Path, make: Callable[[Path], dict[str, str]], commands: list[list[str]]
    ) -> None:
        self.project = directory / "project"
        variables = {**PRIVATE, "PYTHONPATH": str(ROOT), **make(self.project)}
        record = directory / "record.json"
        # A new process that imports everything it runs: the imports' reads count, too.
        program = [
            *(sys.executable, "-m", "tests.dbt.recorded_reads"),
            *(json.dumps(commands), str(record)),
        ]
        report = directory / "strace.txt"
        alone = {**os.environ, **variables, "FLATMANIFEST": "0"}
        self.accesses = traced(program, self.project, alone, report)
        for left in ("target", "logs"):
            shutil.rmtree(self.project / left)
        self.recorded: dict[str, Recorded] = {}
        for state in ("cold", "warm"):
            run_program(program, self.project, {**variables, "FLATMANIFEST": "1"})
            self.recorded[state] = Recorded(json.loads(record.read_text()))

    def check(self, reasons: dict[str, str]) -> None:
        for state, recorded in self.recorded.items():
            found = unrecorded(self.accesses, recorded, reasons)
            said = "\n".join(f"{access.use} {access.path}" for access in found)
            assert not found, f"not recorded where the plugin is {state}:\n{said}"
            assert not recorded.reached, recorded.reached


@pytest.fixture(scope="module")
def listed_and_parsed(tmp_path_factory: pytest.TempPathFactory) -> Compared:
    return Compared(tmp_path_factory.mktemp("full"), make_full, LS_AND_PARSE)


@pytest.mark.one_story
def test_what_is_listed_and_parsed(listed_and_parsed: Compared) -> None:
    listed_and_parsed.check(exceptions(listed_and_parsed.project))


@pytest.mark.skipif(not EVERY_READ, reason="FLATMANIFEST_EVERY_READ=1 asks for it")
def test_a_project_with_few_files(tmp_path: Path) -> None:
    compared = Compared(tmp_path, make_bare, LS_AND_PARSE)
    compared.check(exceptions(compared.project))


@pytest.mark.skipif(not EVERY_READ, reason="FLATMANIFEST_EVERY_READ=1 asks for it")
def test_what_is_run(tmp_path: Path) -> None:
    compared = Compared(tmp_path, make_full, RUN_A_MODEL)
    compared.check({**exceptions(compared.project), **exceptions_of_run(compared.project)})


FILES = [
    *["dbt_project.yml", "profiles.yml", "selectors.yml", "packages.yml", "dependencies.yml"],
    *["catalogs.yml", ".dbtignore", "dbt_packages", "dbt_packages/extra/dbt_project.yml"],
    *["models/marts/customers.sql", "models/marts", "seeds/countries.csv", "docs/descriptions.md"],
    *["macros/money.sql", "dbt_packages/extra/models/extra_model.sql"],
    *(["vars.yml", ".env"] if has_vars_file() else []),
]


@pytest.mark.parametrize("name", FILES)
def test_what_is_left_out_of_the_record_is_found(listed_and_parsed: Compared, name: str) -> None:
    path = str(listed_and_parsed.project / name)
    assert any(access.path == path for access in listed_and_parsed.accesses), "dbt does not ask"
    recorded = copy.deepcopy(listed_and_parsed.recorded["warm"])
    for paths in recorded.by_use.values():
        paths.discard(path)
    recorded.trees = [tree for tree in recorded.trees if not f"{path}/".startswith(f"{tree}/")]
    reasons = exceptions(listed_and_parsed.project)
    missing = unrecorded(listed_and_parsed.accesses, recorded, reasons)
    assert path in {access.path for access in missing}


def test_the_trace_of_a_program(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "gr\u00fc\u00df").write_text("a")
    program = """
import os, threading
os.chdir("below")
open("gr\u00fc\u00df").close()
open("written", "w").close()
os.path.exists("../absent")
threading.Thread(target=os.listdir, args=["."]).start()
"""
    found = traced([sys.executable, "-c", program], tmp_path, {**os.environ}, tmp_path / "report")
    below = tmp_path / "below"
    expected = {
        Access(READ, str(below / "gr\u00fc\u00df")),
        Access(PROBED, str(tmp_path / "absent")),
        Access(LISTED, str(below)),
    }
    assert expected <= found
    assert Access(READ, str(below / "written")) not in found
