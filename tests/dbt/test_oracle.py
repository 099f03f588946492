"""When the records of dbt's side of a comparison are reused, and when dbt runs again."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.dbt import oracle
from tests.projects import generate
from tests.projects.parsed import digest_of

STEPS = [["dbt", "parse"], ["append", "a.sql", "x"]]
VARIABLES = {"FLATMANIFEST": "0"}
RECORDS = [{"success": True, "stdout": ["said"]}, {}]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(oracle, "DIRECTORY", tmp_path / "oracle")
    monkeypatch.delenv("FLATMANIFEST_FRESH_ORACLE", raising=False)
    generate("chain", tmp_path / "project", 1)
    return tmp_path / "project"


def test_the_same_in_another_place_is_remembered(project: Path, tmp_path: Path) -> None:
    profiles = {"DBT_PROFILES_DIR": str(project)}
    oracle.remember(oracle.place_of(project, STEPS, {**VARIABLES, **profiles}), RECORDS)
    copied = tmp_path / "elsewhere" / "copied"
    shutil.copytree(project, copied)
    profiles = {"DBT_PROFILES_DIR": str(copied)}
    place = oracle.place_of(copied, STEPS, {**VARIABLES, **profiles})
    assert oracle.recall(place) == RECORDS


def test_what_is_asked_for_anew_is_not_remembered(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = oracle.place_of(project, STEPS, VARIABLES)
    monkeypatch.setenv("FLATMANIFEST_FRESH_ORACLE", "1")
    oracle.remember(place, RECORDS)
    assert not place.exists()
    monkeypatch.delenv("FLATMANIFEST_FRESH_ORACLE")
    oracle.remember(place, RECORDS)
    monkeypatch.setenv("FLATMANIFEST_FRESH_ORACLE", "1")
    assert oracle.recall(place) is None


def test_any_difference_has_dbt_run_again(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places = [oracle.place_of(project, STEPS, VARIABLES)]
    places.append(oracle.place_of(project, STEPS[:1], VARIABLES))
    places.append(oracle.place_of(project, STEPS, {**VARIABLES, "MORE": "1"}))
    monkeypatch.setenv("DBT_ANYTHING", "1")
    places.append(oracle.place_of(project, STEPS, VARIABLES))
    monkeypatch.delenv("DBT_ANYTHING")
    (project / "models" / "added.sql").write_text("select 1")
    places.append(oracle.place_of(project, STEPS, VARIABLES))
    (project / "models" / "added.sql").unlink()
    (project / "models" / "added.sql").symlink_to("nowhere")
    places.append(oracle.place_of(project, STEPS, VARIABLES))
    (project / "models" / "added.sql").unlink()
    monkeypatch.setattr(oracle, "packages", lambda: ["dbt-core 9"])
    places.append(oracle.place_of(project, STEPS, VARIABLES))
    assert len({*places}) == len(places) == 7


def test_the_oldest_are_forgotten(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oracle, "MOST_KEPT", 2)
    places = [oracle.place_of(project, STEPS, {"NUMBER": str(number)}) for number in range(3)]
    for number, place in enumerate(places):
        oracle.remember(place, [{"number": number}])
    assert [oracle.recall(place) for place in places] == [
        None,
        [{"number": 1}],
        [{"number": 2}],
    ]


def test_the_digest_depends_on_the_projects_files(project: Path) -> None:
    before = digest_of(project)
    model = next(project.rglob("*.sql"))
    text = model.read_text()
    model.write_text(f"{text} ")
    assert digest_of(project) != before
    model.write_text(text)
    assert digest_of(project) == before
