"""A small run of ``python -m bench.load``: all figures are there, and no generation is lost."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.load.latency import Latencies
from bench.load.publishers import PUBLISHERS
from bench.load.sources import FIRST, LAST, SOURCES, JsonFile

MANIFEST = "small_everything"


def test_quantiles_are_right_to_a_few_percent() -> None:
    latencies = Latencies()
    for microseconds in range(1, 1001):
        latencies.add(microseconds * 1000)
    for share in (0.5, 0.99, 0.999, 1.0):
        assert math.isclose(latencies.quantile(share), share * 1e-3, rel_tol=0.03)
    both = Latencies(latencies.counts)
    both.merge(latencies)
    assert len(both) == 2000
    assert both.quantile(0.5) == latencies.quantile(0.5)
    assert math.isnan(Latencies().quantile(0.5))


@pytest.mark.parametrize("name", SOURCES)
def test_sources_move_on_and_answer(
    name: str, generated: Callable[[str], Path], tmp_path: Path
) -> None:
    manifest = json.loads(generated(MANIFEST).read_text())
    publisher = PUBLISHERS[name](manifest, tmp_path)
    publisher.publish(1)
    source = SOURCES[name](publisher.path)
    assert source.move_on()
    assert not source.move_on()
    publisher.publish(2)
    assert source.move_on()
    assert source.generation == 2
    assert source.is_whole()
    source.verify()
    assert source.read("model.small_everything.stg_orders") == "view"
    assert "model.small_everything.stg_orders" in source.select(("ancestors", "customers"))
    assert source.select(("materialized", "view")) == sorted(
        unique_id
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] == "model" and node["config"]["materialized"] == "view"
    )


def test_a_torn_generation_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps({FIRST: "2", "nodes": {}, LAST: "1"}))
    source = JsonFile(path)
    source.move_on()
    assert not source.is_whole()


def test_a_small_load(generated: Callable[[str], Path], tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    options = ["--readers", "4", "--seconds", "2", "--baseline-seconds", "1"]
    options += ["--publish-every", "0.2", "--pause", "1", "--large", str(generated(MANIFEST))]
    done = subprocess.run(
        [sys.executable, "-m", "bench.load", *options, "--json", str(figures)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "selection, ms" in done.stdout
    outcomes: list[dict[str, Any]] = json.loads(figures.read_text())
    assert [outcome["source"] for outcome in outcomes] == [*SOURCES]
    for outcome in outcomes:
        assert outcome["wrong"] == []
        assert outcome["operations"] > 0
        assert outcome["published"] > 1
        latencies = outcome["latency_seconds"]["read"]
        assert 0 < latencies["p50"] <= latencies["p99"] <= latencies["p99.9"]


def test_an_unknown_source_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench.load", "--sources", "flatmanifest,pickle"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "unknown sources: pickle; known: flatmanifest, json.load, SQLite" in done.stderr
