"""Fixtures: a small manifest made by hand, and real manifests.

Real manifests are those that dbt makes of generated projects, and those in the directory of
``*.json.gz`` that the environment variable FLATMANIFEST_CORPUS names, if it is set.
"""

from __future__ import annotations

import gzip
import json
import os
import shlex
import shutil
import signal
import sysconfig
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

import flatmanifest
from tests import randomness
from tests.projects.parsed import GENERATED, make_manifest
from tests.python.samples import sample, write

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from contextlib import AbstractContextManager

NOBODY = 65534

# A developer's terminal is the standard input of tests, too: their commands start Python.
os.environ.setdefault("FLATMANIFEST_RESIDENT", "0")

# nohup, and a shell without job control that starts a command in the background, have it ignore
# signals (POSIX, Shell Command Language, 2.11). Programs inherit that; a handler they do not.
for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, lambda *_: None)

# No time limits for hypothesis: a busy machine may be slow.
settings.register_profile("unhurried", deadline=None, print_blob=True)
settings.load_profile("unhurried")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    randomness.SEEDS.clear()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add to the report of a failure the command that repeats its random choices."""
    report = yield
    if report.failed and randomness.SEEDS:
        given = [
            f"{name}={shlex.quote(text)}"
            for name, text in os.environ.items()
            if name.startswith("FLATMANIFEST")
        ]
        seeds = ", ".join(map(str, randomness.SEEDS))
        command = shlex.join(["python", "-m", "pytest", item.nodeid])
        text = f"The seed is {seeds}. To repeat: {' '.join([*given, command])}"
        report.sections.append(("random choices", text))
    return report


def pytest_configure() -> None:
    """Put temporary directories into build/: an interrupted run leaves nothing elsewhere."""
    temporary = Path(__file__).parents[1] / "build" / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(temporary))


# What is tested only if a variable is 1.
SWITCHES = {
    "FLATMANIFEST_EVERY_COMMAND": "every command after every edit of a project",
    "FLATMANIFEST_EVERY_READ": "the reads of `dbt run`, and of a project with few files",
    "FLATMANIFEST_EVERY_TRANSFER": "thousands of processes that push and pull",
}


def left_out() -> Iterator[str]:
    """Yield what this machine or this call leaves untested, and the way to test it."""
    if not CORPUS:
        yield "real manifests: FLATMANIFEST_CORPUS names no directory of *.json.gz"
    if len(COMPARED) < len(CORPUS):
        yield "comparing large manifests with dbt and networkx: FLATMANIFEST_EVERY_MANIFEST=1"
    if not [*Path("/usr/lib/postgresql").glob("*/bin")]:
        yield "dbt on PostgreSQL: it is not installed"
    if shutil.which("strace") is None:
        yield "comparing recorded reads with system calls: strace is not installed"
    if os.geteuid() != 0:
        yield "files of other users: only root can give files away"
    if (os.cpu_count() or 1) < 2:
        yield "work in parallel: there is one core"
    for name, what in SWITCHES.items():
        if os.environ.get(name) != "1":
            yield f"{what}: {name}=1"
    if "FLATMANIFEST_EVERY_ERROR" not in os.environ:
        yield "fifteen sixteenths of the broken files: FLATMANIFEST_EVERY_ERROR=1"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.section("left out")
    for line in left_out():
        terminalreporter.line(line)


@dataclass(frozen=True)
class Sample:
    """A manifest: its JSON file, the result of json.load, and the view."""

    name: str
    path: Path
    plain: dict[str, Any]
    view: flatmanifest.Manifest


def corpus() -> dict[str, Path]:
    """Return the manifests of FLATMANIFEST_CORPUS by name."""
    directory = os.environ.get("FLATMANIFEST_CORPUS")
    if not directory:
        return {}
    found = {path.name.removesuffix(".json.gz"): path for path in Path(directory).glob("*.json.gz")}
    if not found:
        pytest.exit(f"FLATMANIFEST_CORPUS has no *.json.gz: {directory}", returncode=4)
    return dict(sorted(found.items()))


CORPUS = corpus()
LARGE = 1_000_000  # bytes of a packed manifest; networkx and dbt take minutes for larger ones
# The manifests compared with dbt and networkx: with FLATMANIFEST_EVERY_MANIFEST all of them.
COMPARED = {
    name: path
    for name, path in CORPUS.items()
    if path.stat().st_size < LARGE or "FLATMANIFEST_EVERY_MANIFEST" in os.environ
}


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return a call that gives a generated project's manifest; dbt makes each once a session."""
    made: dict[str, Path] = {}

    def get(name: str) -> Path:
        if name not in made:
            made[name] = make_manifest(name, tmp_path_factory.mktemp(name))
        return made[name]

    return get


@pytest.fixture(scope="module", params=[*GENERATED, *CORPUS])
def real(
    request: pytest.FixtureRequest,
    generated: Callable[[str], Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Sample]:
    """Give every real manifest in turn, converted by flatmanifest.convert."""
    name: str = request.param
    path = CORPUS[name] if name in CORPUS else generated(name)
    stored = path.read_bytes()
    plain = json.loads(gzip.decompress(stored) if path.suffix == ".gz" else stored)
    output = tmp_path_factory.mktemp("real") / "manifest.fman"
    with flatmanifest.open(flatmanifest.convert(path, output)) as view:
        yield Sample(name, path, plain, view)


@pytest.fixture
def plain() -> dict[str, Any]:
    """Return the small manifest as json.load gives it."""
    return sample()


@pytest.fixture
def json_path(tmp_path: Path, plain: dict[str, Any]) -> Path:
    """Return the small manifest's JSON file, alone in its directory."""
    return write(tmp_path / "manifest.json", plain)


@pytest.fixture
def fman_path(json_path: Path) -> Path:
    """Return the file of the small manifest, converted."""
    return flatmanifest.convert(json_path)


@pytest.fixture
def manifest(fman_path: Path) -> Iterator[flatmanifest.Manifest]:
    """Give the small manifest, opened."""
    with flatmanifest.open(fman_path) as opened:
        yield opened


@pytest.fixture
def executable() -> Path:
    """Return the installed command line program."""
    path = Path(sysconfig.get_path("scripts")) / "flatmanifest"
    assert path.exists(), f"the package is not installed: there is no {path}"
    return path


@pytest.fixture
def unprivileged(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[[], AbstractContextManager[None]]:
    """Return a context in which root respects permissions; the working directory is tmp_path.

    Use relative paths in the context: only root may enter the directories above tmp_path.
    """
    monkeypatch.chdir(tmp_path)

    @contextmanager
    def dropped() -> Iterator[None]:
        if os.geteuid() != 0:
            yield
            return
        os.seteuid(NOBODY)
        try:
            yield
        finally:
            os.seteuid(0)

    return dropped
