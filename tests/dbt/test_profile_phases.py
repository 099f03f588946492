"""The phases of ``flatmanifest profile`` name functions of every supported release of dbt."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from dbt.version import __version__ as dbt_version

from flatmanifest.profile import phases
from tests.dbt.profiling import REAL_PROGRAM, report_of, written
from tests.projects import generate

RELEASE = tuple(map(int, dbt_version.split(".")[:2]))
# Functions that not every supported release has, and the first release with each.
SINCE = {
    "dbt.parser.v2:parse_with_v2": (1, 12),
    "dbt.parser.functions:FunctionParser.parse_file": (1, 11),
    "dbt.parser.manifest:ManifestLoader.process_functions": (1, 11),
    "dbt.parser.manifest:ManifestLoader.check_function_default_arguments_ordering": (1, 11),
    "dbt.parser.manifest:ManifestLoader.check_microbatch_model_has_a_filtered_input": (1, 10),
}


@pytest.mark.parametrize("function", sorted({f for found in phases.PHASES.values() for f in found}))
def test_the_functions_of_the_phases_are_dbts(function: str) -> None:
    taken = phases.replace(function, lambda found: found)
    assert taken == (SINCE.get(function, (1, 10)) <= RELEASE)


def test_a_cold_parse_agrees_with_what_dbt_says_of_itself(tmp_path: Path) -> None:
    generate("small_everything", tmp_path, None)
    report = report_of(
        tmp_path,
        "--top",
        "0",
        "--",
        "parse",
        "--no-partial-parse",
        switch="0",
        program=REAL_PROGRAM,
    )
    assert sum(phase.seconds for phase in report.phases) == pytest.approx(report.seconds)
    dbts = json.loads((tmp_path / "target" / "perf_info.json").read_text())
    took = {phase.name: phase.seconds for phase in report.phases}
    parsed = sum(seconds for name, seconds in took.items() if name.startswith("parse "))
    assert took["read files"] == pytest.approx(dbts["read_files_elapsed"], rel=0.2, abs=0.1)
    assert took["load macros"] == pytest.approx(dbts["load_macros_elapsed"], rel=0.2, abs=0.1)
    assert parsed == pytest.approx(dbts["parse_project_elapsed"], rel=0.2, abs=0.1)
    assert written(report, "JSON") == 1
    assert written(report, "msgpack") == 1
    assert report.double == []
    assert {"parse models", "parse schema files", "parse generic tests", "resolve refs"} <= {*took}
    assert report.functions == {}
    # The cost of the clocks' calls, as a share of the command.
    assert report.wrapper_calls > 100
    assert report.wrapper_seconds < 0.02 * report.seconds
