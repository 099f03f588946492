"""Several processes of dbt that store their manifests under one key."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from flatmanifest.dbt.cache import entry as entries
from flatmanifest.dbt.cache import objects

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_every_publish_is_a_generation_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "key.fman"

    def publish(number: int) -> list[int]:
        return [objects.publish(path, {"number": number}) for _ in range(10)]

    with ThreadPoolExecutor(8) as pool:
        generations = list(pool.map(publish, range(8)))
    assert all(sorted(mine) == mine for mine in generations)
    assert sorted(number for mine in generations for number in mine) == list(range(1, 81))
    assert [entry.name for entry in tmp_path.iterdir()] == ["key.fman"]


def test_what_another_dbt_publishes_meanwhile_is_not_taken_for_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish = objects.publish

    def publish_and_be_overtaken(path: Path, root: dict[str, Any]) -> int:
        generation = publish(path, root)
        if generation < 5:
            publish(path, {"whose": "theirs"})
        return generation

    monkeypatch.setattr(objects, "publish", publish_and_be_overtaken)
    entry = entries.published_entry(tmp_path / "key.fman", {"whose": "ours"})
    assert entry.generation == 5
    assert entry.objects.restore("whose") == "ours"
