"""Reprs show what a view is, and stay short for manifests of any size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import flatmanifest
from tests.python.samples import ORDERS, containers, sample, write

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Sample

BOUND = 1000


def test_reprs(manifest: flatmanifest.Manifest) -> None:
    assert repr(manifest) == f"<flatmanifest.Manifest {manifest.path!r}, generation 1>"
    assert repr(manifest.node(ORDERS)) == f"<flatmanifest.Node {ORDERS}>"
    assert repr(manifest["metadata"]) == (
        "flatmanifest.Object({'dbt_schema_version': 'v12', 'generated_at': '2026-01-01T00:00:00Z'})"
    )
    assert repr(manifest.node(ORDERS).tags) == "flatmanifest.Array(['nightly', 'finance'])"
    assert repr(manifest.node(ORDERS).fqn) == "flatmanifest.Array(['shop', 'marts', 'orders'])"
    assert repr(manifest[""]["empty"]) == "flatmanifest.Object({})"
    assert repr(manifest[""]["empty_list"]) == "flatmanifest.Array([])"
    assert repr(manifest.graph) == "<flatmanifest.Graph of 4 nodes and 3 edges>"


def test_repr_of_a_closed_manifest(manifest: flatmanifest.Manifest) -> None:
    manifest.close()
    assert repr(manifest) == f"<flatmanifest.Manifest {manifest.path!r}, closed>"


def test_deep_values_are_cut(manifest: flatmanifest.Manifest) -> None:
    assert repr(manifest["nodes"]).startswith(f"flatmanifest.Object({{'{ORDERS}': {{'unique_id'")
    assert "'depends_on': {...}" in repr(manifest["exposures"])
    assert "[...]" in repr(manifest[""]["nested"])
    assert "..." in repr(manifest["strings"])
    assert str(manifest["scalars"]) == repr(manifest["scalars"])


def test_reprs_of_everything_are_short(manifest: flatmanifest.Manifest) -> None:
    for view, plain in containers(manifest, sample()):
        assert len(repr(view)) < BOUND
        if isinstance(plain, dict):
            for half in (view.keys(), view.values(), view.items()):
                assert len(repr(half)) < BOUND
                assert repr(half).startswith(type(half).__name__)


def test_reprs_of_large_values_are_short(tmp_path: Path) -> None:
    long = "x" * 10_000
    deep: list[object] = []
    for _ in range(500):
        deep = [deep, 1]
    document = {
        "nodes": {f"{long}{number}": {long: [long] * 50} for number in range(50)},
        "deep": deep,
        "digits": [10**4000] * 50,
    }
    with flatmanifest.open(write(tmp_path / "large.json", document)) as manifest:
        for view in (manifest, *manifest.values(), *manifest["nodes"].values()):
            assert len(repr(view)) < 3 * BOUND
        assert len(repr(manifest.items())) < 3 * BOUND


def test_reprs_of_real_manifests_are_short(real: Sample) -> None:
    assert len(repr(real.view)) < BOUND
    for section in real.view.values():
        assert len(repr(section)) < 3 * BOUND
