"""``flatmanifest completion``, called directly and by the shells."""

from __future__ import annotations

import json
import os
import re
import shutil
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("pexpect", reason="needs pexpect (setup/requirements-dev.txt)")

import pexpect

from tests.dbt.template import PROGRAM
from tests.dbt.test_cache import run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# For each shell: options that ignore the user's settings, and the documented way to set it up.
SHELLS = {
    "bash": ("--norc --noprofile -i", "source <(flatmanifest completion bash)"),
    "zsh": (
        "-f -i",
        "autoload -U compinit && compinit -u -D && source <(flatmanifest completion zsh)",
    ),
    "fish": ("--no-config -i", "flatmanifest completion fish | source"),
}
TO_BEGIN, TO_END = "\x01", "\x05"


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
        ("flatmanifest di", ["diff"]),
        ("flatmanifest diff a b --output ", ["json", "markdown", "text"]),
        ("flatmanifest diff a b --output m", ["markdown"]),
        ("flatmanifest diff --output-", ["--output-file"]),
        ("flatmanifest diff ol", []),
        ("fdbt p", ["parse"]),
        ("fdbt ls -s tag:st", ["tag:staging"]),
        ("flatmanifest nonsense x", []),
        ("flatmanifest", []),
        ("", []),
    ],
)
def test_completion(kept_warm: Path, line: str, expected: list[str] | None) -> None:
    found = complete(kept_warm, line)
    if expected is None:
        assert "path:models/staging/stg_orders.sql" in found
        assert "path:models/staging" in found
    else:
        assert found == expected


def test_completion_of_selectors(kept_warm: Path) -> None:
    manifest = json.loads((kept_warm / "target" / "manifest.json").read_text())
    assert complete(kept_warm, "flatmanifest dbt ls --selector ") == sorted(manifest["selectors"])


def test_completion_without_a_cache(tmp_path: Path) -> None:
    assert complete(tmp_path, "flatmanifest dbt ls -s ") == []


@pytest.fixture(scope="module", params=SHELLS)
def shell(request: pytest.FixtureRequest, kept_warm: Path) -> Iterator[pexpect.spawn[str]]:
    """Return a shell that shows a prompt in the project."""
    name: str = request.param
    options, setting = SHELLS[name]
    if shutil.which(name) is None:
        pytest.skip(f"there is no {name} here")
    path = f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}"
    terminal = pexpect.spawn(
        name,
        options.split(),
        cwd=str(kept_warm),
        env={**os.environ, "PATH": path, "TERM": "dumb"},
        encoding="utf-8",
        timeout=20,
        dimensions=(24, 200),
    )
    terminal.sendline(f"{setting}; echo rea''dy")
    terminal.expect("ready\r")
    yield terminal
    terminal.close(force=True)


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("flatmanifest dbt ls --indirect-s", "--indirect-selection"),
        ("flatmanifest dbt ls -s tag:st", "tag:staging"),
        ("flatmanifest dbt ls --select a +stg_cu", "+stg_customers"),
        ("flatmanifest dbt ls -s config.materialized:ta", "config.materialized:table"),
    ],
)
def test_completion_in_shells(shell: pexpect.spawn[str], typed: str, completed: str) -> None:
    # The completed line is printed instead of being run.
    shell.send(f"{typed}\t")
    shell.send(f"{TO_BEGIN}echo completed: '{TO_END}'\r")
    shell.expect(r"\r\n\s*completed: ([^\r]*)\r")
    line = typed.rsplit(maxsplit=1)[0]
    assert isinstance(shell.match, re.Match)
    assert shell.match.group(1).rstrip() == f"{line} {completed}"


def test_other_shells(tmp_path: Path) -> None:
    wrong = run(tmp_path, "completion", "csh")
    assert wrong.returncode == 2
    assert "csh" in wrong.stderr
    assert run(tmp_path, "completion").returncode == 2
