"""state: on parts of resources that dbt reads into dataclasses, compared with the installed dbt."""

from __future__ import annotations

import copy
import json
import warnings
from typing import TYPE_CHECKING, Any

import pytest

import flatmanifest
from tests.python.samples import write
from tests.python.selection_oracle import Answer, Oracle, Request

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# A collection, the path of a value in its first resource, and the new value.
EDITS: list[tuple[str, tuple[str | int, ...], Any]] = [
    # All keys of meta are compared, for every value.
    ("semantic_models", ("dimensions", 0, "config"), {"meta": {"pii": False}}),
    ("semantic_models", ("config", "meta"), {"pii": None}),
    ("saved_queries", ("config", "meta"), {"pii": 0}),
    # Some classes keep unknown keys, the others drop them.
    ("semantic_models", ("config", "more"), None),
    ("exposures", ("owner", "more"), ""),
    ("semantic_models", ("entities", 0, "more"), 1),
    ("functions", ("arguments", 0, "more"), 1),
    # A missing value is the class's default, which may differ from None.
    ("semantic_models", ("measures", 0, "create_metric"), False),
    ("sources", ("freshness",), {"filter": None}),
    ("sources", ("external",), {"location": "x", "partitions": [{"name": "a"}]}),
    ("exposures", ("description",), None),
    ("metrics", ("type",), "SIMPLE"),
]


def answers(now: Path, old: Path, directory: Path, state: str) -> tuple[Answer, Answer]:
    from dbt.contracts.state import PreviousState

    request = Request(select=(f"state:{state}",), indirect_selection="empty")
    previous = PreviousState(old, directory / "target", directory)
    expected = Oracle(now / "manifest.json", directory).select(request, previous)
    with (
        flatmanifest.open(now / "manifest.json") as manifest,
        warnings.catch_warnings(record=True) as caught,
    ):
        warnings.simplefilter("always")
        ids = manifest.select(request.select, **request.keywords(), state=old)
    return Answer(ids, [str(warning.message) for warning in caught]), expected


@pytest.mark.parametrize(("collection", "path", "value"), EDITS)
def test_parts_are_compared_as_dbt_reads_them(
    generated: Callable[[str], Path],
    tmp_path: Path,
    collection: str,
    path: tuple[str | int, ...],
    value: Any,
) -> None:
    base: dict[str, Any] = json.loads(generated("small_everything").read_bytes())
    edited = copy.deepcopy(base)
    place: Any = next(iter(edited[collection].values()))
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    for name, manifest in (("base", base), ("edited", edited)):
        (tmp_path / name).mkdir()
        write(tmp_path / name / "manifest.json", manifest)
    for now, old in (("base", "edited"), ("edited", "base")):
        for state in ("modified", "modified.configs"):
            ours, expected = answers(tmp_path / now, tmp_path / old, tmp_path, state)
            assert ours == expected, (now, state)
