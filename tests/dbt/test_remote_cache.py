"""What one machine has parsed, another one uses: through a remote, by the front door and by dbt.

The other machine is a copy of the project in another directory with an empty cache.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.dbt.template import PYTHON
from tests.dbt.test_secrets import SECRETS, VALUES, found_in, with_plants
from tests.dbt.warm import LINE, SELECTED, Done, dbt, is_told
from tests.projects import generate
from tests.projects.parsed import PRIVATE

if TYPE_CHECKING:
    from collections.abc import Iterator

pytest.importorskip("fsspec")

OUTPUTS = ("target", "logs")
NOT_PARSED = "Nothing changed, skipping partial parsing."
PARSED = "Starting full parse"


def copy_of(project: Path, directory: Path) -> Path:
    """Copy a project without anything that dbt has written, with new inodes and times."""
    shutil.copytree(project, directory, ignore=shutil.ignore_patterns(*OUTPUTS))
    return directory


def plain_dbt(project: Path, *arguments: str, **variables: str) -> Done:
    """Run dbt itself, which finds the plugin."""
    return subprocess.run(
        [PYTHON, "-m", "dbt.cli.main", *arguments],
        cwd=project,
        env={**os.environ, **PRIVATE, "FLATMANIFEST": "1", **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def log_of(project: Path) -> str:
    return (project / "logs" / "dbt.log").read_text()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return a project in which a listing has been recorded, and the remote that has it."""
    directory = tmp_path_factory.mktemp("shared")
    project, url = directory / "project", f"file://{directory}/remote"
    generate("small_everything", project, None)
    done = dbt(project, *SELECTED, FLATMANIFEST_CACHE_URL=url, FLATMANIFEST_CACHE_PUSH="1")
    assert done.returncode == 0, done.stdout
    assert "dbt runs: no such command has been recorded" in done.stderr
    assert str(directory / "remote") not in done.stderr
    return project, url


@pytest.fixture
def elsewhere(shared: tuple[Path, str], tmp_path: Path) -> Path:
    return copy_of(shared[0], tmp_path / "elsewhere")


def test_the_front_door_answers_elsewhere(shared: tuple[Path, str], elsewhere: Path) -> None:
    done = dbt(elsewhere, *SELECTED, FLATMANIFEST_CACHE_URL=shared[1])
    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines()[-1] == LINE
    # The front door gave up once, before the pull.
    assert done.stderr.count("dbt runs") == 1
    assert NOT_PARSED in log_of(elsewhere)
    assert PARSED not in log_of(elsewhere)
    assert is_told(dbt(elsewhere, *SELECTED))


def test_another_selection_is_answered_too(shared: tuple[Path, str], elsewhere: Path) -> None:
    other = ["ls", "--select", "customers", "--resource-type", "model"]
    done = dbt(elsewhere, *other, FLATMANIFEST_CACHE_URL=shared[1])
    assert done.stderr.count("dbt runs") == 1
    assert done.stdout.splitlines()[-1] == "small_everything.marts.customers"


def test_the_plugin_starts_from_it(shared: tuple[Path, str], elsewhere: Path) -> None:
    done = plain_dbt(elsewhere, *SELECTED, FLATMANIFEST_CACHE_URL=shared[1])
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == LINE
    assert NOT_PARSED in log_of(elsewhere)
    assert PARSED not in log_of(elsewhere)


def test_another_command_starts_from_it(shared: tuple[Path, str], elsewhere: Path) -> None:
    """The front door has no transcript of it; dbt starts from the entry."""
    done = dbt(elsewhere, "ls", "--debug", *SELECTED[1:], FLATMANIFEST_CACHE_URL=shared[1])
    assert done.returncode == 0, done.stdout
    assert NOT_PARSED in log_of(elsewhere)
    # The pull has left no trace in what is recorded: the next command is answered.
    assert is_told(dbt(elsewhere, "ls", "--debug", *SELECTED[1:]))


def test_changed_files_are_parsed(shared: tuple[Path, str], elsewhere: Path) -> None:
    model = elsewhere / "models" / "staging" / "stg_orders.sql"
    model.write_text(model.read_text() + "\n-- a change\n")
    done = dbt(elsewhere, *SELECTED, FLATMANIFEST_CACHE_URL=shared[1])
    assert done.returncode == 0, done.stdout
    assert PARSED in log_of(elsewhere)
    assert not [*(elsewhere / "target" / "flatmanifest").glob(".transfer-*")]


def test_the_plugin_pushes(tmp_path: Path, shared: tuple[Path, str]) -> None:
    project, remote = copy_of(shared[0], tmp_path / "project"), tmp_path / "remote"
    variables = {"FLATMANIFEST_CACHE_URL": str(remote), "FLATMANIFEST_CACHE_PUSH": "1"}
    done = plain_dbt(project, *SELECTED, **variables)
    assert (done.returncode, done.stderr) == (0, "")
    assert [*remote.glob("*/*.portable.fman")]
    third = copy_of(project, tmp_path / "third")
    plain_dbt(third, *SELECTED, FLATMANIFEST_CACHE_URL=str(remote))
    assert NOT_PARSED in log_of(third)


def test_nothing_is_pushed_without_being_asked(tmp_path: Path, shared: tuple[Path, str]) -> None:
    project, remote = copy_of(shared[0], tmp_path / "project"), tmp_path / "remote"
    remote.mkdir()
    dbt(project, *SELECTED, FLATMANIFEST_CACHE_URL=str(remote))
    assert [*remote.iterdir()] == []


@pytest.fixture
def silent() -> Iterator[str]:
    """Return the address of a server that never answers."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def test_a_hanging_remote_costs_two_seconds(elsewhere: Path, silent: str) -> None:
    pytest.importorskip("s3fs")
    begin = time.monotonic()
    dbt(copy_of(elsewhere, elsewhere.with_name("beside")), *SELECTED)
    without = time.monotonic() - begin
    begin = time.monotonic()
    done = dbt(
        elsewhere,
        *SELECTED,
        FLATMANIFEST_CACHE_URL="s3://bucket/place",
        FLATMANIFEST_CACHE_PUSH="1",
        AWS_ENDPOINT_URL=silent,
        AWS_ACCESS_KEY_ID="someone",
        AWS_SECRET_ACCESS_KEY="someones",  # noqa: S106
    )
    took = time.monotonic() - begin
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == LINE
    lines = [line for line in done.stderr.splitlines() if "s3://bucket/place" in line]
    assert len(lines) == 1, done.stderr
    assert lines[0].endswith("; dbt goes on without it")
    assert took < 2.5 + 2 * without, (took, without)  # dbt itself takes different times


def test_the_front_door_is_asked_again_only_once(shared: tuple[Path, str], elsewhere: Path) -> None:
    """Neither the front door nor dbt can write manifest.json here."""
    (elsewhere / "target" / "manifest.json").mkdir(parents=True)
    done = dbt(elsewhere, *SELECTED, FLATMANIFEST_CACHE_URL=shared[1])
    assert done.stderr.count("dbt runs") == 2
    assert done.returncode != 0


@pytest.mark.parametrize("url", ["/no/such/directory", "no-such-protocol://a/b", "s3://"])
def test_a_bad_remote_changes_no_result(elsewhere: Path, url: str) -> None:
    broken = elsewhere / "models" / "broken.sql"
    broken.write_text("select * from {{ ref('no_such_model') }}")
    expected = dbt(copy_of(elsewhere, elsewhere.with_name("beside")), *SELECTED)
    done = dbt(elsewhere, *SELECTED, FLATMANIFEST_CACHE_URL=url)
    assert expected.returncode == done.returncode != 0
    assert len(done.stdout.splitlines()) == len(expected.stdout.splitlines())
    assert sum(url in line for line in done.stderr.splitlines()) == 1


def test_nothing_is_done_if_flatmanifest_is_off(elsewhere: Path) -> None:
    done = dbt(elsewhere, *SELECTED, FLATMANIFEST="0", FLATMANIFEST_CACHE_URL="/no/such/directory")
    assert done.returncode == 0
    assert "/no/such/directory" not in done.stderr


def test_no_secret_is_at_the_remote(tmp_path: Path) -> None:
    """Nor is a value of a variable, but in what templates make of it, as in manifest.json."""
    project, remote = with_plants(tmp_path), tmp_path / "remote"
    asks = project / "models" / "asks.sql"
    asks.write_text("select {{ env_var('PLANTED_IN_SQL') | length }} as a")
    variables = {
        **SECRETS,
        **VALUES,
        "FLATMANIFEST_CACHE_URL": str(remote),
        "FLATMANIFEST_CACHE_PUSH": "1",
    }
    assert dbt(project, "deps", **variables).returncode == 0
    done = dbt(project, "parse", **variables)
    assert done.returncode == 0, done.stdout
    without = {name: text for name, text in variables.items() if name not in SECRETS}
    (project / "packages.yml").unlink()
    profile = (project / "profiles.yml").read_text()
    profile = profile.replace("DBT_ENV_SECRET_PASSWORD", "DBT_PLANTED")
    (project / "profiles.yml").write_text(profile.partition("      secrets")[0])
    for _ in range(2):
        done = dbt(project, *SELECTED, **without)
        assert done.returncode == 0, done.stdout
    unpacked = unpacked_of(remote, tmp_path / "unpacked")
    stems = {path.name.partition(".")[0] for path in remote.rglob("*.portable.fman")}
    assert {len(stem.partition("-")[0]) for stem in stems} == {24, 32}  # entries and transcripts
    planted = {**SECRETS, **VALUES}
    assert found_in(remote, planted) == []
    assert found_in(unpacked, planted) == []


def unpacked_of(remote: Path, directory: Path) -> Path:
    """Unpack every packed file of a remote."""
    directory.mkdir()
    packed = [*remote.rglob("*.zst")]
    assert packed
    for path in packed:
        with (directory / path.stem).open("wb") as out:
            subprocess.run(["zstd", "-dc", path], stdout=out, check=True)  # noqa: S607
    return directory
