"""Objects that are copied from patterns of similar resources equal those that dbt loads."""

from __future__ import annotations

import copy
import json
import os
import random
from importlib import metadata
from typing import TYPE_CHECKING, Any

import pytest
from dbt.artifacts.schemas.manifest import WritableManifest

from flatmanifest.dbt.cache.manifest_json import dumped, of_resource
from flatmanifest.dbt.v2_parser.pattern import FIELDS, is_equal, load_alike, unshare
from flatmanifest.dbt.v2_parser.reload import loaded_by_dbt
from tests.randomness import seeded

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flatmanifest.dbt.v2_parser.pattern import Texts
    from tests.conftest import Sample

RELEASE = tuple(map(int, metadata.version("dbt-core").split(".")[:2]))
pytestmark = pytest.mark.skipif(RELEASE < (1, 12), reason="dbt has another parser since 1.12")

# Macros are most of a small project.
MACROS = 40
LARGE = 1500
MUTATIONS = int(os.environ.get("FLATMANIFEST_HANDOFF_MUTATIONS", "80"))
SEED = int(os.environ.get("FLATMANIFEST_FRONT_DOOR_SEED", "0"))
ODD: list[Any] = [
    *(None, "", "x", "view", "error", "2020-01-01", "5", 0, 1, 5, 1.5, True, False),
    *([], {}, ["a"], ["a", 1], [["a"]], {"a": 1}, {"a": None}),
]


def handed_over(path: Path) -> dict[str, Any]:
    whole = json.loads(path.read_text())
    macros = sorted(whole["macros"].items(), key=lambda pair: pair[0].startswith("macro.d"))
    return {**whole, "macros": dict(macros[:MACROS])}


@pytest.fixture(scope="module")
def everything(generated: Callable[[str], Path]) -> dict[str, Any]:
    return handed_over(generated("small_everything"))


@pytest.fixture(scope="module")
def chain(generated: Callable[[str], Path]) -> dict[str, Any]:
    return handed_over(generated("chain_of_10"))


def both(values: dict[str, Any]) -> tuple[Any, tuple[Any, Texts] | None]:
    """Return the manifest that dbt loads, and the manifest that is made by patterns."""
    return loaded_by_dbt(copy.deepcopy(values)), load_alike(copy.deepcopy(values), loaded_by_dbt)


def check(values: dict[str, Any]) -> int:
    """Compare both; return the number of resources that dbt has not loaded."""
    expected, found = both(values)
    if expected is None or found is None:
        assert expected is found
        return 0
    manifest, texts = found
    for name, fields in FIELDS.items():
        loaded = getattr(expected, name)
        made = getattr(manifest, name)
        assert list(made) == list(loaded)
        for key, resource in made.items():
            other = loaded[key]
            if "created_at" in fields and "created_at" not in values[name][key]:
                other.created_at = resource.created_at  # the time at which dbt loaded it
            assert is_equal(resource, other), key
            assert vars(resource).keys() == vars(other).keys()
            if key in texts[name]:
                assert texts[name][key] == dumped(of_resource(other))
    return sum(map(len, texts.values()))


def test_real_manifests(real: Sample) -> None:
    if real.plain["metadata"]["dbt_schema_version"] != str(WritableManifest.dbt_schema_version):
        pytest.skip("dbt upgrades it first, and loads it as a whole")
    values = copy.deepcopy(real.plain)
    for name in FIELDS:  # the largest has 20,000 resources
        values[name] = dict([*values.get(name, {}).items()][:LARGE])
    check(values)


def test_most_of_a_project_is_alike(chain: dict[str, Any]) -> None:
    assert check(chain) > 0.5 * sum(len(chain[name]) for name in FIELDS)


@pytest.mark.parametrize("name", ["small_everything", "chain_of_10"])
def test_any_value_anywhere(name: str, generated: Callable[[str], Path]) -> None:
    """With odd values, both give equal manifests, or both refuse the manifest."""
    untouched = handed_over(generated(name))
    choice = seeded(SEED)
    made = refused = 0
    for _ in range(MUTATIONS):
        values = copy.deepcopy(untouched)
        for _ in range(choice.choice((1, 1, 3))):
            disturb(values, choice)
        is_refused = loaded_by_dbt(copy.deepcopy(values)) is None
        refused += is_refused
        made += check(values)
    assert made > 10 * MUTATIONS
    assert MUTATIONS / 20 < refused < MUTATIONS / 1.2


def disturb(values: dict[str, Any], choice: random.Random) -> None:
    """Give some resources of a collection an odd value in the same place."""
    name = choice.choice([name for name in FIELDS if values[name]])
    keys = list(values[name])
    place: list[str] = []
    inner = values[name][choice.choice(keys)]
    while isinstance(inner, dict) and inner and (not place or choice.random() < 0.7):
        place.append(choice.choice(list(inner)))
        inner = inner[place[-1]]
    if choice.random() < 0.1:
        place[-1] = "unknown"
    odd = choice.choice(ODD)
    is_removed = choice.random() < 0.2
    for key in choice.sample(keys, min(len(keys), choice.choice((1, 3, 10, 100)))):
        inner = values[name][key]
        for part in place[:-1]:
            inner = inner.get(part) if isinstance(inner, dict) else None
        if isinstance(inner, dict):
            inner.pop(place[-1], None)
            if not is_removed:
                inner[place[-1]] = copy.deepcopy(odd)


def test_kinds_that_dbt_changes_on_loading_are_loaded_by_dbt(everything: dict[str, Any]) -> None:
    """A dbt that changes a text on loading must be noticed."""

    def load(values: dict[str, Any]) -> Any:
        manifest = loaded_by_dbt(values)
        assert manifest is not None
        for doc in manifest.docs.values():
            doc.block_contents = doc.block_contents.upper()
        return manifest

    values = copy.deepcopy(everything)
    [(key, doc), *_] = values["docs"].items()
    for number in range(5):
        values["docs"][f"{key}_{number}"] = {**doc, "unique_id": f"{key}_{number}"}
    found = load_alike(values, load)
    assert found is not None
    manifest, texts = found
    assert not texts["docs"]
    expected = [doc["block_contents"].upper() for doc in values["docs"].values()]
    assert [doc.block_contents for doc in manifest.docs.values()] == expected


def test_unsharing_gives_each_node_its_own_parts(chain: dict[str, Any]) -> None:
    found = load_alike(copy.deepcopy(chain), loaded_by_dbt)
    assert found is not None
    manifest = found[0]

    def parts() -> set[int]:
        return {id(node.docs) for node in manifest.nodes.values()}

    assert len(parts()) < len(manifest.nodes)
    before = copy.deepcopy(manifest.nodes)
    unshare(manifest)
    assert len(parts()) == len(manifest.nodes)
    assert is_equal(manifest.nodes, before)
