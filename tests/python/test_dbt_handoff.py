"""dbt 1.12's ``--use-v2-parser`` with the plugin and without, beside each other.

The parser is a command of the test's own, which leaves a manifest that dbt has made before.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from bench.projects import generate
from tests.python.dbt_projects import PRIVATE, parse

RELEASE = tuple(map(int, metadata.version("dbt-core").split(".")[:2]))
pytestmark = pytest.mark.skipif(RELEASE < (1, 12), reason="dbt has another parser since 1.12")

PARSER = """
import pathlib, shutil, sys
here = pathlib.Path(__file__).parent
target = pathlib.Path(sys.argv[sys.argv.index("--target-path") + 1])
shutil.copy(here / "prepared.json", target / "manifest.json")
(target / "semantic_manifest.json").write_text("of " + " ".join(sys.argv[1:3]))
with (here / "runs").open("a") as runs:
    runs.write("x")
print("parsed by another parser")
"""


class Side:
    def __init__(self, directory: Path, switch: str) -> None:
        self.switch = switch
        self.project = directory / "project"
        generate("small_everything", self.project, None)
        prepared = parse(self.project).read_bytes()
        for file in (self.project / "target").iterdir():
            if file.is_file():
                file.unlink()
        self.parser = directory / "parser"
        self.parser.mkdir()
        (self.parser / "parse.py").write_text(PARSER)
        (self.parser / "prepared.json").write_bytes(prepared)

    def runs(self) -> int:
        runs = self.parser / "runs"
        return len(runs.read_text()) if runs.exists() else 0

    def dbt(self, *arguments: str, **variables: str) -> tuple[int, str, Any]:
        """The exit code, what was printed, and the manifest that was left."""
        return *self.run(*arguments, **variables), manifest_in(self.project / "target")

    def run(self, *arguments: str, **variables: str) -> tuple[int, str]:
        command = f"{sys.executable} {self.parser / 'parse.py'}"
        done = subprocess.run(
            [sys.executable, "-m", "flatmanifest.dbt", "--log-format", "text", *arguments],
            cwd=self.project,
            env={
                **os.environ,
                **PRIVATE,
                "DBT_PROFILES_DIR": str(self.project),
                "DBT_ENGINE_USE_V2_PARSER": "1",
                "DBT_ENGINE_V2_PARSER": command,
                "FLATMANIFEST": self.switch,
                **variables,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert "flatmanifest failed" not in done.stdout
        return done.returncode, done.stdout


def manifest_in(target: Path) -> Any:
    assert (target / "semantic_manifest.json").read_text().startswith("of --project-dir")
    text = (target / "manifest.json").read_text()
    text = re.sub(r'"created_at": [0-9.]+', '"created_at": 0', text)
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ID", text)
    text = re.sub(r"\d{4}-\d\d-\d\d[ T]\d\d:[0-9:.+]+", "TIME", text)
    return json.loads(text.replace(str(target.parent), "PROJECT"))


def test_the_parser_runs_when_something_has_changed(tmp_path: Path) -> None:
    vanilla, ours = Side(tmp_path / "vanilla", "0"), Side(tmp_path / "ours", "1")
    listed = ("--quiet", "ls")
    # Arguments, variables, what is changed before, and how often the parser has run here since.
    model = "models/staging/stg_orders.sql"
    steps: list[tuple[tuple[str, ...], dict[str, str], str | None, int]] = [
        (listed, {}, None, 1),
        (listed, {}, None, 1),
        (("--quiet", "ls", "--select", "+customers", "--output", "json"), {}, None, 1),
        (("--quiet", "compile"), {}, None, 1),
        (listed, {}, model, 2),
        (listed, {}, None, 2),
        (listed, {"A_NEW_VARIABLE": "1"}, None, 3),
        (listed, {"A_NEW_VARIABLE": "2"}, None, 4),
        (("--quiet", "ls", "--vars", "{a: b}"), {"A_NEW_VARIABLE": "2"}, None, 5),
        (listed, {"A_NEW_VARIABLE": "2"}, None, 5),
        (listed, {"A_NEW_VARIABLE": "2"}, "profiles.yml", 6),
    ]
    for number, (arguments, variables, changed, runs) in enumerate(steps):
        if changed is not None:
            for side in (vanilla, ours):
                path = side.project / changed
                path.write_text(path.read_text() + "\n")
        expected = vanilla.dbt(*arguments, **variables)
        assert ours.dbt(*arguments, **variables) == expected, (number, arguments)
        assert ours.runs() == runs, (number, arguments)
        assert vanilla.runs() == number + 1


def test_what_the_parser_said_is_said_again(tmp_path: Path) -> None:
    side = Side(tmp_path / "ours", "1")
    said = [side.dbt("parse")[1] for _ in range(2)]
    assert side.runs() == 1
    assert all("parsed by another parser" in text for text in said)


def test_a_missing_artifact_is_made_by_the_parser_again(tmp_path: Path) -> None:
    side = Side(tmp_path / "ours", "1")
    expected = side.dbt("parse")[2]
    (side.project / "target" / "manifest.json").unlink()
    assert side.dbt("parse")[2] == expected


def test_a_parser_that_fails_is_run_every_time(tmp_path: Path) -> None:
    side = Side(tmp_path / "ours", "1")
    (side.parser / "parse.py").write_text(PARSER + "sys.exit(3)")
    for _ in range(2):
        code, printed = side.run("parse")
        assert code != 0
        assert "v2 parser failed (exit 3)" in printed
    assert side.runs() == 2
