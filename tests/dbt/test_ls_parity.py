"""``flatmanifest ls`` compared with ``dbt ls``, on a project with every kind of resource."""

from __future__ import annotations

import json
import random
import shlex
from typing import TYPE_CHECKING

import pytest

from tests.dbt.template import PYTHON
from tests.projects import generate
from tests.projects.parsed import PRIVATE, parse_once
from tests.running import run_program

if TYPE_CHECKING:
    from pathlib import Path

KEYS = [
    *["name", "unique_id", "resource_type", "package_name", "original_file_path", "alias", "tags"],
    *["config", "depends_on", "source_name", "nope", "fqn", "description", "config.materialized"],
    *["config.meta.owner", "depends_on.nodes", "columns", "version", "group", "checksum.name"],
]


OPTIONS = [
    "",
    "--output name",
    "--output path --resource-type all",
    "--output json",
    "--output json --output-keys " + " ".join(random.Random(1).sample(KEYS, 9)),
    "--output JSON --resource-type all --output-keys '" + " ".join(KEYS) + "'",
    "--select +finance_dashboard,resource_type:model @stg_orders --exclude tag:nightly",
    "-s path:models/marts orders.v2+1 --indirect-selection cautious --output name",
    "--models stg_* --output path",
    "--selector nightly",
    "--exclude-resource-type test unit_test model --output name",
    "--select source:* exposure:* metric:* saved_query:* semantic_model:* unit_test:*",
    "--select config.materialized:table config.meta.owner:* access:public version:old group:*",
    "--select test_type:singular test_name:unique --indirect-selection empty",
    "--select nothing_at_all",
]

# Reads lists of arguments and writes dbt's output for each. Runs in a separate process, because
# dbt's flags and loggers are global.
ALL_IN_ONE = """
import contextlib, io, json, sys
from dbt.cli.main import dbtRunner
printed = []
for arguments in json.load(sys.stdin):
    with contextlib.redirect_stdout(io.StringIO()) as output:
        result = dbtRunner().invoke(["--quiet", "ls", *arguments])
    assert result.success, (arguments, result.exception)
    printed.append(output.getvalue())
json.dump(printed, sys.stdout)
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory: Path = tmp_path_factory.mktemp("ls_parity")
    generate("small_everything", directory)
    parse_once("small_everything", directory)
    return directory


@pytest.fixture(scope="module")
def listed_by_dbt(project: Path) -> dict[str, str]:
    """Return the output of ``dbt ls`` by its options."""
    asked = json.dumps([shlex.split(options) for options in OPTIONS])
    done = run_program([PYTHON, "-c", ALL_IN_ONE], project, PRIVATE, input=asked)
    return dict(zip(OPTIONS, json.loads(done.stdout), strict=True))


def our_ls(executable: Path, project: Path, options: list[str]) -> str:
    command = [executable, "ls", project / "target" / "manifest.json", *options]
    return run_program(command, project).stdout


@pytest.mark.parametrize("options", OPTIONS)
def test_same_lines(
    project: Path, executable: Path, listed_by_dbt: dict[str, str], options: str
) -> None:
    assert our_ls(executable, project, shlex.split(options)) == listed_by_dbt[options]
