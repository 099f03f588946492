"""``flatmanifest cache`` and ``flatmanifest completion``, on a project that dbt has parsed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from bench.projects import generate
from tests.python.dbt_projects import PRIVATE

PROGRAM = Path(sys.executable).with_name("flatmanifest")


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
    """A copy, in which entries are those of the original: their paths are in them."""
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
    # With room, both stay.
    assert run(project, "dbt", "parse", "--vars", "{currency: EUR}").returncode == 0
    assert len(status(project)["entries"]) == 2


def complete(project: Path, line: str) -> list[str]:
    done = run(project, "completion", "--line", line)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("flatmanifest co", ["completion", "convert"]),
        ("flatmanifest dbt p", ["parse"]),
        ("flatmanifest dbt ls --out", ["--output", "--output-keys"]),
        ("flatmanifest dbt -q ls -s stg_c", ["stg_countries", "stg_customers"]),
        ("flatmanifest dbt ls --select +stg_cu", ["+stg_customers"]),
        ("flatmanifest dbt ls --select a 2+stg_cu", ["2+stg_customers"]),
        ("flatmanifest dbt ls --exclude tag:staging,@stg_cu", ["tag:staging,@stg_customers"]),
        ("flatmanifest dbt ls -s tag:st", ["tag:staging"]),
        ("flatmanifest dbt run -s path:models/st", None),
        (
            "flatmanifest dbt ls -s config.materialized:t",
            ["config.materialized:table", "config.materialized:test"],
        ),
        ("flatmanifest dbt ls --resource-type se", ["seed", "semantic_model"]),
        ("flatmanifest dbt ls --output n", ["name"]),
        ("flatmanifest dbt ls --indirect-selection e", ["eager", "empty"]),
        ("flatmanifest dbt ls --profile x", []),
        ("flatmanifest nonsense x", []),
        ("flatmanifest", []),
        ("", []),
    ],
)
def test_completion(parsed: Path, line: str, expected: list[str] | None) -> None:
    found = complete(parsed, line)
    if expected is None:
        assert "path:models/staging/stg_orders.sql" in found
        assert "path:models/staging" in found
    else:
        assert found == expected


def test_completion_of_selectors(parsed: Path) -> None:
    manifest = json.loads((parsed / "target" / "manifest.json").read_text())
    assert complete(parsed, "flatmanifest dbt ls --selector ") == sorted(manifest["selectors"])


def test_completion_without_a_cache(tmp_path: Path) -> None:
    assert complete(tmp_path, "flatmanifest dbt ls -s ") == []


def test_completion_in_bash(parsed: Path) -> None:
    script = """
        source <(flatmanifest completion bash)
        COMP_LINE='flatmanifest dbt ls --select tag:st' COMP_POINT=${#COMP_LINE}
        COMP_WORDS=(flatmanifest dbt ls --select tag : st) COMP_CWORD=6
        _flatmanifest
        printf '%s\\n' "${COMPREPLY[@]}"
        complete -p flatmanifest
    """
    path = f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["/bin/bash", "-c", script],
        cwd=parsed,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    # What follows the colon, which is a word of its own to bash.
    assert done.stdout.splitlines()[0] == "staging"
    assert "_flatmanifest" in done.stdout


def test_scripts_of_other_shells(tmp_path: Path) -> None:
    for shell in ("zsh", "fish"):
        assert "flatmanifest completion --line" in run(tmp_path, "completion", shell).stdout
    wrong = run(tmp_path, "completion", "csh")
    assert wrong.returncode == 2
    assert "csh" in wrong.stderr
    assert run(tmp_path, "completion").returncode == 2
