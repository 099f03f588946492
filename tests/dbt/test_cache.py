"""``flatmanifest cache`` on a project that dbt has parsed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.dbt.template import PROGRAM
from tests.projects import generate
from tests.projects.parsed import PRIVATE


def run(project: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **PRIVATE, "FLATMANIFEST": "1", **variables}
    return subprocess.run(
        [str(PROGRAM), *arguments],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = tmp_path_factory.mktemp("cache") / "project"
    generate("small_everything", project, None)
    done = run(project, "dbt", "parse", "--vars", "{currency: USD}")
    assert done.returncode == 0, done.stdout + done.stderr
    return project


@pytest.fixture
def project(parsed: Path, tmp_path: Path) -> Path:
    """Return a copy of the project. Its entries still have the original's paths."""
    shutil.copytree(parsed, tmp_path / "project", symlinks=True)
    return tmp_path / "project"


def status(project: Path, **variables: str) -> dict[str, Any]:
    done = run(project, "cache", "status", "--json", **variables)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_status_says_what_there_is(parsed: Path) -> None:
    found = status(parsed)
    assert found["directory"] == str(parsed / "target" / "flatmanifest")
    (entry,) = found["entries"]
    assert entry["words"]["target"] == "dev"
    assert entry["words"]["vars"] == "currency"
    assert entry["words"]["adapter"] == "duckdb"
    assert entry["fresh"]
    assert entry["stale_because"] == []
    assert 0 < entry["bytes"] <= found["bytes"]
    assert abs(entry["used"] - time.time()) < 600
    told = run(parsed, "cache", "status").stdout
    assert "fresh" in told
    assert "vars        currency" in told
    assert "USD" not in told
    assert "USD" not in json.dumps(found)


def test_status_names_the_file_that_has_changed(parsed: Path) -> None:
    path = parsed / "models" / "staging" / "stg_orders.sql"
    times = path.stat()
    try:
        path.touch()
        (entry,) = status(parsed)["entries"]
        assert entry["stale_because"] == [f"{path} has changed"]
    finally:
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def test_status_names_the_variable_that_has_changed(tmp_path: Path) -> None:
    project = tmp_path / "project"
    generate("small_everything", project, None)
    (project / "models" / "asks.sql").write_text("select '{{ env_var('ASKED', 'none') }}' as a")
    assert run(project, "dbt", "parse", ASKED="one").returncode == 0
    assert status(project, ASKED="one")["entries"][0]["fresh"]
    (entry,) = status(project, ASKED="two")["entries"]
    assert entry["stale_because"] == ["the environment variable ASKED has another value"]
    assert "one" not in json.dumps(entry).split('"')


def test_status_tells_of_damage(project: Path) -> None:
    (path,) = (
        path
        for path in (project / "target" / "flatmanifest").glob("*.fman")
        if len(path.name) == len("0" * 24 + ".fman")
    )
    path.write_bytes(path.read_bytes()[:-100])
    (entry,) = status(project)["entries"]
    assert not entry["fresh"]
    assert str(path) in entry["stale_because"][0]


def test_clear_removes_what_is_ours(project: Path) -> None:
    cache = project / "target" / "flatmanifest"
    (cache / "notes.txt").write_text("mine")
    done = run(project, "cache", "clear")
    assert done.returncode == 0
    assert "removed from" in done.stdout
    assert [path.name for path in cache.iterdir()] == ["notes.txt"]
    assert status(project)["entries"] == []
    (cache / "notes.txt").unlink()
    assert run(project, "cache", "clear").stdout.startswith("0 files")
    assert not cache.exists()
    assert "empty" in run(project, "cache", "status").stdout


def test_without_a_project(tmp_path: Path) -> None:
    done = run(tmp_path, "cache", "status")
    assert done.returncode == 1
    assert "dbt_project.yml" in done.stderr
    assert run(tmp_path, "cache").returncode == 2


def test_the_cache_is_kept_small(tmp_path: Path) -> None:
    project = tmp_path / "project"
    generate("small_everything", project, None)
    cache = project / "target" / "flatmanifest"
    cache.mkdir(parents=True)
    leftover = cache / ".0123.fman.1.0.tmp"
    leftover.write_bytes(b"of a process that died")
    os.utime(leftover, (0, 0))
    targets = []
    for currency in ("EUR", "USD"):
        done = run(
            project,
            "dbt",
            "parse",
            "--vars",
            f"{{currency: {currency}}}",
            FLATMANIFEST_CACHE_SIZE="0",
        )
        assert done.returncode == 0, done.stdout
        targets.append(status(project)["entries"])
    assert [len(entries) for entries in targets] == [1, 1]
    assert targets[0][0]["key"] != targets[1][0]["key"]
    assert not leftover.exists()
    # With a larger limit, both stay.
    assert run(project, "dbt", "parse", "--vars", "{currency: EUR}").returncode == 0
    assert len(status(project)["entries"]) == 2
