"""dbt 1.12's ``--use-v2-parser`` with the plugin, compared with dbt alone.

The tests' own parser command writes a manifest that dbt has made before.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.dbt.template import PYTHON
from tests.dbt.test_dbt_parity import LS, PARSE, THREAD, check
from tests.projects import generate
from tests.projects.parsed import PRIVATE
from tests.running import run_program

if TYPE_CHECKING:
    from collections.abc import Callable

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


# In a macro that a hook calls.
INVOCATION = b"'{{ invocation_id }}' as invocation"


@pytest.fixture(scope="module")
def unrepeatable(generated: Callable[[str], Path]) -> bytes:
    """Return dbt's own manifest of the project; one of the macros uses the command's id."""
    prepared = generated("small_everything").read_bytes()
    assert prepared.count(INVOCATION) == 1
    return prepared


@pytest.fixture(scope="module")
def prepared(unrepeatable: bytes) -> bytes:
    """Return the manifest of a project whose macros use nothing that changes with each command."""
    return unrepeatable.replace(INVOCATION, b"'{{ target.name }}' as invocation")


class Side:
    def __init__(self, directory: Path, switch: str, prepared: bytes) -> None:
        self.switch = switch
        self.project = directory / "project"
        generate("small_everything", self.project, None)
        self.parser = directory / "parser"
        self.parser.mkdir()
        (self.parser / "parse.py").write_text(PARSER)
        (self.parser / "prepared.json").write_bytes(prepared)

    def runs(self) -> int:
        runs = self.parser / "runs"
        return len(runs.read_text()) if runs.exists() else 0

    def dbt(self, *arguments: str, **variables: str) -> tuple[int, str, Any]:
        """Return the exit status, the output and the manifest."""
        return *self.run(*arguments, **variables), manifest_in(self.project / "target")

    def run(self, *arguments: str, **variables: str) -> tuple[int, str]:
        command = f"{sys.executable} {self.parser / 'parse.py'}"
        done = subprocess.run(
            [PYTHON, "-m", "flatmanifest.dbt", "--log-format", "text", *arguments],
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
    return without_times(target)


def without_times(target: Path) -> Any:
    text = (target / "manifest.json").read_text()
    text = re.sub(r'"created_at": [0-9.]+', '"created_at": 0', text)
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ID", text)
    text = re.sub(r"\d{4}-\d\d-\d\d[ T]\d\d:[0-9:.+]+", "TIME", text)
    return json.loads(text.replace(str(target.parent), "PROJECT"))


def test_the_parser_runs_when_something_has_changed(tmp_path: Path, prepared: bytes) -> None:
    vanilla, ours = (Side(tmp_path / switch, switch, prepared) for switch in ("0", "1"))
    listed = ("--quiet", "ls")
    # Arguments, variables, the change before the command, and the number of the parser's runs.
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


def test_the_parser_runs_each_time_if_a_macro_uses_what_is_new_each_time(
    tmp_path: Path, unrepeatable: bytes
) -> None:
    side = Side(tmp_path / "ours", "1", unrepeatable)
    for _ in range(2):
        side.dbt("--quiet", "parse")
    assert side.runs() == 2


def test_what_the_parser_said_is_said_again(tmp_path: Path, prepared: bytes) -> None:
    side = Side(tmp_path / "ours", "1", prepared)
    said = [side.dbt("parse")[1] for _ in range(2)]
    assert side.runs() == 1
    assert all("parsed by another parser" in text for text in said)


def test_missing_artifacts_are_made_from_the_entry(tmp_path: Path, prepared: bytes) -> None:
    side = Side(tmp_path / "ours", "1", prepared)
    assert side.run("--no-write-json", "parse")[0] == 0
    target = side.project / "target"
    artifacts = {"manifest.json", "semantic_manifest.json"}
    assert not artifacts & {path.name for path in target.iterdir()}
    expected = side.dbt("parse")[2]
    for name in artifacts:
        (target / name).unlink()
    assert side.dbt("parse")[2] == expected
    assert side.runs() == 1


def test_a_parser_that_fails_is_run_every_time(tmp_path: Path, prepared: bytes) -> None:
    side = Side(tmp_path / "ours", "1", prepared)
    (side.parser / "parse.py").write_text(PARSER + "sys.exit(3)")
    for _ in range(2):
        code, printed = side.run("parse")
        assert code != 0
        assert "v2 parser failed (exit 3)" in printed
    assert side.runs() == 2


# The manifest that the parser hands over. It is in the project, so that editing it is a change.
PREPARED = "models/prepared.json"
COPIER = f"""
import pathlib, shutil, sys
target = pathlib.Path(sys.argv[sys.argv.index("--target-path") + 1])
shutil.copy("{PREPARED}", target / "manifest.json")
(target / "semantic_manifest.json").write_text('{{"of": "the parser"}}')
"""


def of(resource: str, *keys: str) -> list[str]:
    """Return the path of a resource's value in prepared.json."""
    kind = resource.partition(".")[0]
    nodes = {"model", "seed", "snapshot", "test", "analysis", "operation"}
    section = "nodes" if kind in nodes else f"{kind}s".replace("ys", "ies")
    return [section, resource, *keys]


OWN = "small_everything"
HANDED: list[tuple[list[str], Any]] = [
    (of(f"model.{OWN}.stg_orders", "description"), "Another one."),
    (of(f"model.{OWN}.stg_orders", "unknown_key"), {"a": [1, None]}),
    (of(f"model.{OWN}.stg_orders", "config", "unknown_config"), 1.5),
    (of(f"seed.{OWN}.countries", "config", "quote_columns"), True),
    (of(f"snapshot.{OWN}.orders_history", "tags"), ["a"]),
    (of(f"test.{OWN}.unique_countries_code.c4a1f6d0dd", "config", "severity"), "error"),
    (of(f"test.{OWN}.no_order_before_its_customer"), None),
    (of(f"operation.{OWN}.{OWN}-on-run-end-0", "index"), 2),
    (of(f"analysis.{OWN}.best_customers", "raw_code"), "select 2"),
    (of(f"source.{OWN}.shop.orders", "loader"), "foot"),
    (of(f"exposure.{OWN}.finance_dashboard", "maturity"), "low"),
    (of(f"metric.{OWN}.revenue", "label"), "Income"),
    (of(f"semantic_model.{OWN}.orders", "description"), "Orders."),
    (of(f"saved_query.{OWN}.revenue_by_status", "description"), "Often."),
    (of(f"group.{OWN}.finance", "description"), "Counts."),
    (of(f"unit_test.{OWN}.customers.customers_without_orders_count_zero", "description"), "No."),
    (of(f"function.{OWN}.is_large", "description"), "Is it?"),
    (of(f"doc.{OWN}.unicode", "block_contents"), "nothing"),
    (of(f"macro.{OWN}.log_run", "description"), "Logs."),
    (of("macro.dbt_duckdb.duckdb__list_schemas", "macro_sql"), "the adapter's own counts"),
    (of("macro.dbt.is_incremental"), None),
    (["disabled", f"model.{OWN}.retired_report"], None),
    (["selectors", "added"], {"name": "added", "definition": {"method": "fqn", "value": "x"}}),
    (["metadata", "project_id"], "another"),
    (["parent_map", f"model.{OWN}.stg_orders"], []),
    (["unknown_section"], {"a": 1}),
    (of(f"model.{OWN}.stg_orders", "description"), 7),
]
EDITS_AT_ONCE = 3
REFUSED: list[tuple[list[str], Any]] = [
    (of(f"model.{OWN}.stg_orders", "resource_type"), "nonsense"),
    (of(f"model.{OWN}.stg_orders"), None),
    (of(f"model.{OWN}.stg_orders"), "a text"),
    (of(f"source.{OWN}.shop.orders", "name"), None),
    (["exposures"], None),
    (["sources"], [1]),
    (["child_map", "x"], 1),
    (["metadata", "dbt_schema_version"], "https://schemas.getdbt.com/dbt/manifest/v99.json"),
]


COPIED = {
    "DBT_ENGINE_USE_V2_PARSER": "1",
    "DBT_ENGINE_V2_PARSER": f"{sys.executable} hand_over.py",
}


def make_handed(project: Path, prepared: bytes) -> None:
    generate("small_everything", project, None)
    (project / PREPARED).write_bytes(prepared)
    (project / "hand_over.py").write_text(COPIER)


def check_handed(directory: Path, prepared: bytes, steps: list[Any]) -> list[dict[str, Any]]:
    return check(
        directory,
        steps,
        make=lambda project: make_handed(project, prepared),
        variables=(COPIED, COPIED),
    )


@pytest.mark.one_story
def test_what_the_parser_has_changed_is_loaded(tmp_path: Path, prepared: bytes) -> None:
    """Change every kind of resource, each by a command that makes the parser run again."""
    commands = [PARSE, LS, [*LS, "--output", "json"], ["dbt", "compile", *THREAD]]
    steps: list[Any] = [PARSE]
    for number, at in enumerate(range(0, len(HANDED), EDITS_AT_ONCE)):
        edits = HANDED[at : at + EDITS_AT_ONCE]
        steps += [["set_in_json", PREPARED, *edited] for edited in edits]
        steps.append(commands[number % len(commands)])
    records = check_handed(tmp_path, prepared, steps)
    assert all(record["success"] for record in records if record)


# Prints how many of the parser's resources dbt loads in each of three commands.
LOADED = """
import json, sys

import dbt_flatmanifest
from dbt.artifacts.schemas.manifest import WritableManifest
from dbt.cli.main import dbtRunner

original = WritableManifest.upgrade_schema_version


def counted(data):
    resources = [data[name] for name in ("nodes", "sources", "macros", "docs", "metrics")]
    loaded[-1] += sum(map(len, resources))
    return original(data)


WritableManifest.upgrade_schema_version = counted
loaded = []
for description in ("One.", None, "Another."):
    if description is not None:
        prepared = json.load(open(sys.argv[1]))
        prepared["nodes"]["model.small_everything.stg_orders"]["description"] = description
        json.dump(prepared, open(sys.argv[1], "w"))
    loaded.append(0)
    assert dbtRunner().invoke(["--quiet", "parse"]).success
print(json.dumps(loaded))
"""


@pytest.mark.one_story
def test_dbt_loads_only_what_is_new(tmp_path: Path, prepared: bytes) -> None:
    project = tmp_path / "project"
    make_handed(project, prepared)
    variables = {**PRIVATE, **COPIED, "FLATMANIFEST": "1"}
    done = run_program([PYTHON, "-c", LOADED, PREPARED], project, variables)
    resources = sum(map(len, map(json.loads(prepared).get, ("nodes", "sources", "macros", "docs"))))
    at_first, later, changed = json.loads(done.stdout.splitlines()[-1])
    assert resources > 500
    assert at_first < resources / 3  # two of each kind
    assert later == 0
    assert changed == 1


# A dbt command during which the parser's manifest cannot be published.
UNPUBLISHED = """
import dbt_flatmanifest
from dbt.cli.main import dbtRunner
from flatmanifest.dbt.cache import entry


def publish(*arguments):
    raise OSError("the disk is full")


entry.publish = publish
result = dbtRunner().invoke(["parse"])
assert result.success, result.exception
docs = {id(node.docs) for node in result.result.nodes.values()}
assert len(docs) == len(result.result.nodes), "nodes share parts of themselves"
"""


def test_a_manifest_that_cannot_be_published_is_used_in_memory(
    tmp_path: Path, prepared: bytes
) -> None:
    manifests = []
    for switch, code in (("0", "from dbt.cli.main import cli; cli(['parse'])"), ("1", UNPUBLISHED)):
        project = tmp_path / switch / "project"
        make_handed(project, prepared)
        variables = {**PRIVATE, **COPIED, "FLATMANIFEST": switch}
        done = run_program([PYTHON, "-c", code], project, variables)
        assert ("the disk is full" in done.stdout) == (switch == "1")
        manifests.append(without_times(project / "target"))
    assert manifests[0] == manifests[1]


def test_what_dbt_refuses_it_says_itself(tmp_path: Path, prepared: bytes) -> None:
    steps: list[Any] = [PARSE, ["copy_file", PREPARED, "kept"]]
    for keys, value in REFUSED:
        steps += [["copy_file", "kept", PREPARED], ["set_in_json", PREPARED, keys, value], LS]
    steps += [["copy_file", "kept", PREPARED], LS]
    for text in ("", "{", "[]", "null", "{}", '{"metadata": {}} x', "\ufeff{}"):
        steps += [["write", PREPARED, text], LS]
    steps += [["copy_file", "kept", PREPARED], ["append", PREPARED, " "], LS]
    steps += [["append", PREPARED, ","], LS]
    records = check_handed(tmp_path, prepared, steps)
    assert {record["success"] for record in records if record} == {True, False}
