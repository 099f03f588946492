"""Growth curves: manifests have the requested size, and every call is measured at each size."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

import flatmanifest
from bench import growth
from bench.figures import Curve, Report


def test_exponents() -> None:
    curve = Curve("a title", [1_000, 10_000, 40_000])
    for seconds in (1.0, 1.0, 1.0):
        curve.add("linear", seconds)
    for size in curve.sizes:
        curve.add("quadratic", size * 1e-6)
        curve.add("constant", 1 / size)
    assert curve.per_decade("linear") == [10, 10]
    assert curve.per_decade("quadratic") == pytest.approx([100, 100])
    assert curve.per_decade("constant") == pytest.approx([1, 1])
    exponents = [curve.exponent(step) for step in ("linear", "quadratic", "constant")]
    assert exponents == pytest.approx([1, 2, 0])


@pytest.mark.parametrize("edited", [False, True])
def test_what_is_measured(tmp_path: Path, edited: bool) -> None:  # noqa: FBT001
    path = tmp_path / "manifest.json"
    growth.write(path, 1_000, edited=edited)
    with flatmanifest.open(path) as manifest:
        assert manifest == json.loads(path.read_text())
        graph = manifest.graph
        kinds = Counter(unique_id.partition(".")[0] for unique_id in graph)
        assert kinds == {"model": 400, "test": 400, "source": 101, "exposure": 100}
        assert len(graph.descendants(growth.CALENDAR)) == 900
        graph.check()


def test_every_call_at_each_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growth, "WORTH_REPEATING", 0.0)  # the figures are of no interest here
    report = Report()
    growth.measure(report, tmp_path, (100, 200))
    [curve], [figure] = report.curves, report.figures
    assert len(curve.steps) > 70
    assert all(len(seconds) == 2 for seconds in curve.steps.values())
    assert figure.value == max(map(curve.exponent, curve.steps))
    assert not [*tmp_path.iterdir()]


def test_the_text_of_one_resource_takes_no_time_for_the_others(tmp_path: Path) -> None:
    """A table of all strings, made for each value, made a diff of a million resources quadratic."""
    growth.write(tmp_path / "manifest.json", 20_000)
    with flatmanifest.open(tmp_path / "manifest.json") as manifest:
        exposure = next(iter(manifest["exposures"].values()))
        times = 50
        one = min(seconds_of(lambda: [exposure.to_json() for _ in range(times)]) for _ in range(5))
        everything = min(seconds_of(manifest.to_json) for _ in range(5))
    assert one / times < everything / 1500


def seconds_of(call: Callable[[], object]) -> float:
    start = time.process_time()
    call()
    return time.process_time() - start
