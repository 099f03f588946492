"""--state and its kin: the front door selects by an earlier run's artifacts as dbt does.

dbt alone runs in the same directory before, so that every path is the same.
"""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.dbt.meanings import RELEASE
from tests.dbt.session import replace, text_of
from tests.dbt.test_front_logs import both, in_words
from tests.dbt.test_one_run import recorded
from tests.dbt.warm import dbt, is_told
from tests.projects import generate

if TYPE_CHECKING:
    from pathlib import Path

STATE = ["--state", "earlier"]
DATED = "models/marts/_marts.yml"
STAGING = "models/staging/_staging.yml"
DATE = "begin: 2024-03-01"
STATES = ["new", "old", "modified", "unmodified"]
KINDS = ["body", "configs", "persisted_descriptions", "relation", "macros", "contract"]
# Each is one edit, as (path, old, new); without an old text, the new text is appended.
EDITS = [
    ("models/staging/stg_orders.sql", "select", "select 1 as one_more,"),
    ("models/staging/one_more.sql", "", "select * from {{ ref('stg_orders') }}"),
    ("models/marts/customers.sql", "", "-- a comment, which is a part of the body\n"),
    ("macros/_one_more.sql", "", "{% macro one_more() %}1{% endmacro %}"),
]


def earlier_run(project: Path, *, edited: bool = True) -> None:
    """Keep what a run has left as the earlier state, and edit the project."""
    target, earlier = project / "target", project / "earlier"
    shutil.rmtree(earlier, ignore_errors=True)
    earlier.mkdir()
    for name in ("manifest.json", "run_results.json", "sources.json"):
        if (target / name).exists():
            shutil.copy(target / name, earlier)
    if edited:
        for path, old, new in EDITS:
            file = project / path
            text = file.read_text() if file.exists() else ""
            file.write_text(text.replace(old, new, 1) if old else text + new)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = tmp_path_factory.mktemp("front-state") / "project"
    generate("small_everything", project, None)
    if RELEASE >= (1, 12):
        replace(project / DATED, DATE, f"begin: '{DATE[7:]}'")
        replace(project / STAGING, "since: 2024-02-03", "since: '2024-02-03'")
    built = dbt(project, "build", FLATMANIFEST="0")  # run_results.json with all that it has
    assert (project / "target" / "run_results.json").exists(), built.stdout
    dbt(project, "source", "freshness", FLATMANIFEST="0")
    earlier_run(project)
    return project


def compared(project: Path, *selections: list[str]) -> list[list[str]]:
    """Have the front door answer all selections, then dbt alone. Return what both have printed.

    dbt alone writes manifest.json anew, so that the front door does not know it any more.
    """
    recorded(project, "ls", "-s", *selections[0], *STATE)
    found: dict[str, list[list[str]]] = {}
    for side in ("1", "0"):
        for selection in selections:
            done = dbt(project, "ls", "-s", *selection, *STATE, FLATMANIFEST=side)
            assert side == "0" or is_told(done), done.stderr
            printed = [str(done.returncode), *map(text_of, in_words(done, project))]
            found.setdefault(side, []).append(printed)
    for selection, native, alone in zip(selections, found["1"], found["0"], strict=True):
        assert native == alone, selection
    return found["1"]


@pytest.mark.parametrize("selection", [["-s", "state:modified+"], ["--exclude", "state:new"]])
def test_output_and_log(project: Path, selection: list[str]) -> None:
    alone, native, logs = both(project, "ls", *selection, *STATE)
    assert in_words(alone, project) == in_words(native, project)
    assert alone.returncode == native.returncode == 0
    assert [*map(text_of, logs[0].splitlines())][-5:-3] == [*map(text_of, logs[1].splitlines())][
        -5:-3
    ]


def test_every_state(project: Path) -> None:
    """One transcript serves all selections, and they do not all find the same."""
    names = [*STATES, *(f"modified.{kind}" for kind in KINDS)]
    more = [["state:modified+,tag:nightly"], ["+state:new", "state:old,stg_orders"]]
    printed = compared(project, *([f"state:{name}"] for name in names), *more)
    assert len({len(lines) for lines in printed}) > 3


def test_results_and_freshness(project: Path) -> None:
    methods = ["result:success", "result:error", "result:fail", "result:pass+"]
    assert (project / "earlier" / "run_results.json").exists()
    if (project / "target" / "sources.json").exists():
        methods += ["source_status:fresher", "source_status:fresher+"]
    compared(project, *([method] for method in methods))


def test_deferral_changes_nothing_that_is_listed(project: Path) -> None:
    for more in (["--defer"], ["--defer", "--favor-state", "--defer-state", "earlier"]):
        alone, native, _ = both(project, "ls", "-s", "state:modified", *STATE, *more)
        assert in_words(alone, project) == in_words(native, project)


def test_another_earlier_manifest(project: Path) -> None:
    """Each new content is read by dbt once, which may refuse it."""
    compared(project, ["state:new"])
    path = project / "earlier" / "manifest.json"
    before = path.read_text()
    try:
        manifest = json.loads(before)
        del manifest["nodes"]["model.small_everything.customers"]
        path.write_text(json.dumps(manifest))
        done = dbt(project, "ls", "-s", "state:new", *STATE)
        assert not is_told(done)
        assert "earlier/manifest.json has changed" in done.stderr
        assert any("marts.customers" in line for line in compared(project, ["state:new"])[0])
        path.write_text('{"metadata": {"dbt_schema_version": "none"}, "nodes": {}}')
        for side in ("0", "1"):
            done = dbt(project, "ls", "-s", "state:new", *STATE, FLATMANIFEST=side)
            assert done.returncode == 2, done.stdout
        assert not is_told(done)
    finally:
        path.write_text(before)


def test_an_edit_is_seen_by_state(project: Path) -> None:
    """The current manifest.json, too, is converted anew after each parse."""
    compared(project, ["state:modified.body"])
    path = project / "models" / "staging" / "stg_customers.sql"
    before = path.read_text()
    path.write_text(before + "-- another comment")
    try:
        printed = compared(project, ["state:modified.body"])[0]
        assert any(line.endswith("staging.stg_customers") for line in printed)
    finally:
        path.write_text(before)


def test_an_older_manifest_is_left_to_dbt(project: Path) -> None:
    path = project / "earlier" / "manifest.json"
    before = path.read_text()
    path.write_text(before.replace("dbt/manifest/v12.json", "dbt/manifest/v11.json", 1))
    try:
        for _ in range(3):
            done = dbt(project, "ls", "-s", "state:new", *STATE)
        assert not is_told(done)
    finally:
        path.write_text(before)


def test_results_that_change(project: Path) -> None:
    recorded(project, "ls", "-s", "result:success", *STATE)
    path = project / "earlier" / "run_results.json"
    before = path.read_text()
    path.write_text(before.replace('"status": "success"', '"status": "error"'))
    try:
        assert not is_told(dbt(project, "ls", "-s", "result:error", *STATE))
        assert len(compared(project, ["result:error"])[0]) > 4
    finally:
        path.write_text(before)


def flip(path: Path, what: bytes) -> None:
    """Change a letter of each occurrence of a text."""
    whole = path.read_bytes()
    assert what in whole
    path.write_bytes(whole.replace(what, bytes([what[0] ^ 1]) + what[1:]))


def test_conversions_are_kept_and_made_again(project: Path) -> None:
    """Both manifests are converted in the cache, never beside themselves; damage is noticed."""
    command = ["ls", "-s", "state:modified", "state:new", *STATE]
    recorded(project, *command)
    cache = project / "target" / "flatmanifest"
    printed = dbt(project, *command)
    assert is_told(printed)
    assert not [*(project / "earlier").glob("*.fman")]
    for pattern in ("*.state_manifest.fman", "*.manifest_json.fman"):
        (kept,) = cache.glob(pattern)
        made = kept.stat().st_ino
        assert is_told(dbt(project, *command))
        assert kept.stat().st_ino == made
        for spoil in (lambda path: flip(path, b"stg_orders"), os.unlink):
            spoil(kept)
            again = dbt(project, *command)
            assert is_told(again), again.stderr
            assert in_words(again, project) == in_words(printed, project)


@pytest.mark.one_story
@pytest.mark.skipif(RELEASE < (1, 12), reason="the front door compares as dbt 1.10 and 1.11 do")
def test_dates_in_configs_are_modified_for_dbt_1_12(project: Path) -> None:
    """A resource that nobody has edited is modified, which manifest.json does not show."""
    path = project / DATED
    kept = path.read_text()
    replace(path, f"begin: '{DATE[7:]}'", DATE)
    try:
        for _ in range(3):
            done = dbt(project, "ls", "-s", "state:modified.configs", *STATE)
            assert not is_told(done)
            assert "small_everything.marts.order_batches" in done.stdout.splitlines()
        assert "not recorded: dbt 1.12 takes dates for modified, as in model." in done.stderr
    finally:
        path.write_text(kept)


def test_state_that_is_not_served(project: Path) -> None:
    """Dbt itself refuses a selection by a state that is not there, and warns about the target."""
    assert dbt(project, "ls", "-s", "state:new", "--state", "nowhere").returncode != 0
    done = dbt(project, "ls", "-s", "state:new", "--state", "target")
    assert "not recorded: --state is the target directory" in done.stderr


@pytest.mark.skipif(RELEASE < (1, 11), reason="DBT_ENGINE_ came with dbt 1.11")
@pytest.mark.parametrize("variable", ["DBT_STATE", "DBT_ENGINE_STATE"])
def test_state_in_the_environment(project: Path, variable: str) -> None:
    found = []
    for side in ("0", "1", "1"):
        done = dbt(project, "ls", "-s", "state:new", FLATMANIFEST=side, **{variable: "earlier"})
        found.append(in_words(done, project))
    assert is_told(done)
    assert found[0] == found[2]
