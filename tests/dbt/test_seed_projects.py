"""The seed's three projects, cold and warm: every artifact is compared with dbt's.

The projects are small; with FLATMANIFEST_FULL_SIZE=1 they have their full size.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.dbt.test_dbt_parity import LS, PARSE, Step, check
from tests.projects import generate

IS_FULL_SIZE = os.environ.get("FLATMANIFEST_FULL_SIZE") == "1"
FULL = [("01_2000_simple", None), ("02_500_chain", None), ("03_2000_chain", None)]
SMALL = [("simple", 150), ("chain", 20)]


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize(("kind", "size"), FULL if IS_FULL_SIZE else SMALL)
def test_a_project_from_nothing(tmp_path: Path, kind: str, size: int | None, workers: str) -> None:
    variables = {"FLATMANIFEST_PARSE_WORKERS": workers, "TEST_LEAST_WEIGHT": "50"}
    steps: list[Step] = [PARSE, PARSE, [*LS, "--output", "json"]]
    records = check(
        tmp_path,
        steps,
        make=lambda project: generate(kind, project, size),
        variables=({}, variables),
    )
    assert all(record["success"] for record in records)
    assert len(records[0]["artifacts"]["target/manifest.json"]) > 100_000
