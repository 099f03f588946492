"""state:, result: and source_status: compared with the installed dbt, on random edits."""

from __future__ import annotations

import gzip
import json
import os
import random
import re
import warnings
from typing import TYPE_CHECKING, Any

import pytest

import flatmanifest
from tests.conftest import COMPARED
from tests.python.edits import COLLECTIONS, edited
from tests.python.samples import write
from tests.python.selection_oracle import (
    Answer,
    Oracle,
    Request,
    untagged,
    warnings_of_dbt,
)
from tests.randomness import seeded

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

IS_EVERY = "FLATMANIFEST_EVERY_MANIFEST" in os.environ
FACTOR = int(os.environ.get("FLATMANIFEST_SELECTIONS", "1"))
ROUNDS = (25 if IS_EVERY else 12) * FACTOR
DIFFS = 25 * FACTOR  # a contract that breaks is rare
STATES = [
    *["new", "old", "modified", "unmodified", "modified.body", "modified.configs"],
    *["modified.persisted_descriptions", "modified.relation", "modified.macros"],
    *["modified.contract", "nope", ""],
]
# The schema version that dbt writes, and older ones, which dbt upgrades.
NAMES = ["small_everything", "jaffle_shop_v12_dbt1.11", "jaffle_shop_v8", "jaffle_shop_v10"]


@pytest.fixture(autouse=True)
def duckdb(monkeypatch: pytest.MonkeyPatch) -> None:
    """Install what an adapter enforces, without a connection to a database."""
    from dbt.adapters.duckdb.impl import DuckDBAdapter
    from dbt.contracts.graph import nodes

    monkeypatch.setattr(
        nodes, "get_adapter_constraint_support", lambda _name: DuckDBAdapter.CONSTRAINT_SUPPORT
    )


@pytest.fixture(params=[name for name in NAMES if name in COMPARED or name == "small_everything"])
def base(request: pytest.FixtureRequest, generated: Callable[[str], Path]) -> dict[str, Any]:
    name: str = request.param
    stored = COMPARED[name].read_bytes() if name in COMPARED else generated(name).read_bytes()
    manifest: dict[str, Any] = json.loads(gzip.decompress(stored) if name in COMPARED else stored)
    manifest["metadata"]["adapter_type"] = "duckdb"
    return manifest


def ours(manifest: flatmanifest.Manifest, request: Request, **more: Any) -> Answer:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            ids = manifest.select(request.select, **request.keywords(), **more)
        except flatmanifest.SelectionError as error:
            return Answer(error=str(error))
    return Answer(ids, [untagged(str(warning.message)) for warning in caught])


def test_states_of_edited_manifests(base: dict[str, Any], tmp_path: Path) -> None:
    from dbt.contracts.state import PreviousState

    errors = found = 0
    for number in range(ROUNDS):
        choice = seeded(number)
        directory = tmp_path / str(number)
        now, old = directory / "now", directory / "old"
        for made in (now, old):
            made.mkdir(parents=True)
            edits = choice.choice([0, 1, 5, 25])
            write(made / "manifest.json", edited(base, choice, edits))
        oracle = Oracle(now / "manifest.json", directory)
        previous = PreviousState(old, directory / "target", directory)
        flag = number % 2 == 0
        oracle.compare_more_unrendered_values = flag
        more = {"state": old, "state_modified_compare_more_unrendered_values": flag}
        with flatmanifest.open(now / "manifest.json") as manifest:
            for state in STATES:
                request = Request(select=(f"state:{state}",), indirect_selection="empty")
                expected = oracle.select(request, previous)
                assert ours(manifest, request, **more) == expected, (number, state)
                errors += expected.error is not None
                found += len(expected.ids)
    assert errors >= 2 * ROUNDS
    assert found > ROUNDS


REASONS = ["body", "configs", "persisted_descriptions", "relation", "macros", "contract"]
BREAK = (
    "Breaking change to contracted, unversioned model {name} ({original_file_path})\n"
    "While comparing to previous project state, dbt detected a breaking change to an unversioned "
    "model.\n  - {reasons}\n"
)


def without_versions(manifest: dict[str, Any]) -> dict[str, Any]:
    """Let no model have a version, so that dbt only warns of a broken contract."""
    disabled = [node for nodes in (manifest.get("disabled") or {}).values() for node in nodes]
    for node in [*manifest["nodes"].values(), *disabled]:
        if "version" in node:
            node["version"] = None
    return manifest


def ids_of(entries: list[dict[str, Any]]) -> set[str]:
    """Return the ids of a diff's list, without hooks: ``dbt ls`` has no resource type for them."""
    return {entry["unique_id"] for entry in entries if entry["resource_type"] != "operation"}


def test_diffs_of_edited_manifests(base: dict[str, Any], tmp_path: Path) -> None:
    """Each list of a diff is what dbt selects by the state: method of its meaning."""
    from dbt.contracts.state import PreviousState

    broken = reasons = downstream = errors = 0
    version = re.search(r"/v(\d+)\.json", base["metadata"]["dbt_schema_version"])
    sees_metrics = version is not None and int(version[1]) > 9
    for number in range(DIFFS):
        choice = seeded(number)
        directory = tmp_path / str(number)
        sides = {}
        for name in ("now", "old"):
            (directory / name).mkdir(parents=True)
            edits = edited(base, choice, choice.choice([0, 1, 5, 25]))
            sides[name] = edits if number % 4 == 0 else without_versions(edits)
            write(directory / name / "manifest.json", sides[name])
        flag = number % 2 == 0
        diff = flatmanifest.diff(
            directory / "old",
            directory / "now",
            state_modified_compare_more_unrendered_values=flag,
        )
        oracle = Oracle(directory / "now" / "manifest.json", directory)
        oracle.compare_more_unrendered_values = flag
        previous = PreviousState(directory / "old", directory / "target", directory)

        def dbt(*select: str, asked: Oracle = oracle, state: Any = previous) -> Answer:
            request = Request(select, resource_type=("all",), indirect_selection="empty")
            return asked.select(request, state)

        new = set(dbt("state:new").ids)
        assert ids_of(diff["added"]) | ids_of(diff["renamed"]) == new, number
        gone = {entry["unique_id"] for entry in diff["removed"]}
        gone |= {entry["old_unique_id"] for entry in diff["renamed"]}
        listed = {
            side: {unique_id for name in COLLECTIONS for unique_id in sides[side].get(name, {})}
            for side in sides
        }
        assert gone == {
            unique_id
            for unique_id in listed["old"] - listed["now"]
            if sees_metrics or not unique_id.startswith("metric.")
        }
        modified = dbt("state:modified")
        if modified.error is not None:
            assert "error" in {contract["dbt"] for contract in diff["broken_contracts"]}, number
            errors += 1
            continue
        assert ids_of(diff["modified"]) == set(modified.ids) - new, number
        for reason in REASONS:
            expected = set(dbt(f"state:modified.{reason}").ids) - new
            found = ids_of([entry for entry in diff["modified"] if reason in entry["reasons"]])
            # state:modified does not look at all parts of a generic test.
            assert found == expected & set(modified.ids), (number, reason)
            rest = expected - found
            assert all(sides["now"]["nodes"][test]["test_metadata"] for test in rest)
            reasons += len(found)
        reached = set(dbt("state:modified+", "state:new+").ids)
        changed = new | ids_of(diff["modified"])
        assert ids_of(diff["downstream"]) == reached - changed, number
        exposures = {unique_id for unique_id in reached if unique_id.startswith("exposure.")}
        assert exposures - changed <= ids_of(diff["exposures"]) <= exposures
        texts = {
            BREAK.format(
                **contract, reasons="\n  - ".join(change["text"] for change in contract["changes"])
            )
            for contract in diff["broken_contracts"]
        }
        warned = {text for text in modified.warnings if text.startswith("Breaking change")}
        assert texts == warned, number
        broken += len(texts)
        downstream += len(diff["downstream"])
    assert min(broken, reasons, downstream) > 0
    assert errors < DIFFS / 3


def run_results(base: dict[str, Any], choice: random.Random) -> dict[str, Any]:
    statuses = ["success", "error", "skipped", "pass", "fail", "warn"]
    return {
        "metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/run-results/v6.json"},
        "elapsed_time": 1.0,
        "args": {},
        "results": [
            {
                "unique_id": unique_id,
                "status": choice.choice(statuses),
                "timing": [],
                "thread_id": "1",
                "execution_time": 1.0,
                "adapter_response": {},
                "message": None,
                "failures": None,
                "compiled": True,
                "compiled_code": None,
                "relation_name": None,
            }
            for unique_id in [*base["nodes"], "model.gone.gone"]
            if choice.random() < 0.7
        ],
    }


def sources(base: dict[str, Any], choice: random.Random) -> dict[str, Any]:
    times = ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00.5Z", "2026-01-01T01:00:00+02:00"]
    return {
        "metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/sources/v3.json"},
        "elapsed_time": 1.0,
        "results": [
            {
                "unique_id": unique_id,
                "max_loaded_at": choice.choice(times),
                "snapshotted_at": times[0],
                "max_loaded_at_time_ago_in_s": 1.0,
                "status": "pass",
                "criteria": {"warn_after": {}, "error_after": {}, "filter": None},
                "adapter_response": {},
                "timing": [],
                "thread_id": "1",
                "execution_time": 1.0,
            }
            for unique_id in base["sources"]
            if choice.random() < 0.8
        ],
    }


@pytest.mark.parametrize("number", range(10))
def test_results_and_freshness(base: dict[str, Any], tmp_path: Path, number: int) -> None:
    from dbt.contracts.state import PreviousState

    choice = seeded(number)
    state, target = tmp_path / "state", tmp_path / "target"
    state.mkdir()
    target.mkdir()
    write(tmp_path / "manifest.json", base)
    if number != 0:
        write(state / "run_results.json", run_results(base, choice))
        write(state / "sources.json", sources(base, choice))
    if number != 1:
        write(target / "sources.json", sources(base, choice))
    oracle = Oracle(tmp_path / "manifest.json", tmp_path)
    previous = PreviousState(state, target, tmp_path)
    with flatmanifest.open(tmp_path / "manifest.json") as manifest:
        for value in ("result:error", "result:success+", "result:nope", "source_status:fresher+"):
            request = Request(select=(value,))
            expected = oracle.select(request, previous)
            assert ours(manifest, request, state=state, target=target) == expected, value


def test_state_that_is_the_target(base: dict[str, Any], tmp_path: Path) -> None:
    from dbt.contracts.state import PreviousState

    write(tmp_path / "manifest.json", base)
    oracle = Oracle(tmp_path / "manifest.json", tmp_path)
    with warnings_of_dbt() as texts:
        previous = PreviousState(tmp_path, tmp_path, tmp_path)
    request = Request(select=("state:old",))
    expected = oracle.select(request, previous)
    expected.warnings[:0] = texts
    with flatmanifest.open(tmp_path / "manifest.json") as manifest:
        answer = ours(manifest, request, state=tmp_path, target=f"{tmp_path}/./")
    assert texts
    assert answer == expected


def test_versions_that_dbt_refuses(base: dict[str, Any], tmp_path: Path) -> None:
    write(tmp_path / "manifest.json", base)
    old = tmp_path / "old"
    old.mkdir()
    url = "https://schemas.getdbt.com/dbt/manifest/v3.json"
    write(old / "manifest.json", {**base, "metadata": {"dbt_schema_version": url}})
    with (
        flatmanifest.open(tmp_path / "manifest.json") as manifest,
        pytest.raises(flatmanifest.SelectionError, match=r"manifest/v12.json.*but found.*v3.json"),
    ):
        manifest.select("state:new", state=old)


def test_the_schema_of_dbt_2_is_read(base: dict[str, Any], tmp_path: Path) -> None:
    url = "https://schemas.getdbt.com/dbt/manifest/v20.json"
    write(tmp_path / "manifest.json", {**base, "metadata": {"dbt_schema_version": url}})
    with flatmanifest.open(tmp_path / "manifest.json") as manifest:
        assert manifest.select("state:old", state=tmp_path) == manifest.select()
        assert manifest.select("state:modified", state=tmp_path) == []


def test_bad_artifacts_are_named(base: dict[str, Any], tmp_path: Path) -> None:
    write(tmp_path / "manifest.json", base)
    (tmp_path / "run_results.json").write_text('{"results": [')
    with (
        flatmanifest.open(tmp_path / "manifest.json") as manifest,
        pytest.raises(flatmanifest.ConvertError, match=r"run_results\.json: byte 13"),
    ):
        manifest.select("result:error", state=tmp_path)
