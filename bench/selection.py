"""Node selection inside a process, beside dbt's own selector: row 9 of the targets.

dbt starts from its Manifest and its graph, both in memory, and makes a selector for each selection,
as its commands do. flatmanifest starts from an open manifest. Both return the unique_ids.
"""

from __future__ import annotations

from argparse import Namespace
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import flatmanifest
from bench.contest import Contestant, ratio, run
from bench.figures import Report
from bench.graph import dbt_manifest, link

ROUNDS = 3


def measure(report: Report, large: Path, work: Path) -> None:
    """``large`` is a manifest as JSON; ``work`` is a directory for files."""
    from dbt.flags import set_flags  # noqa: PLC0415 - takes seconds

    set_flags(Namespace(INDIRECT_SELECTION="eager", WARN_ERROR=False, USE_COLORS=False))
    manifest = flatmanifest.open(flatmanifest.convert(large, work / "selection.fman"))
    loaded = dbt_manifest(large)
    graph = link(loaded).graph
    slowest = 0.0
    least = float("inf")
    for selection in selections(manifest):
        ours = Contestant("flatmanifest", partial(manifest.select, selection))
        theirs = Contestant("dbt's selector", partial(dbt_select, loaded, graph, selection))
        found = manifest.select(selection)
        if found != dbt_select(loaded, graph, selection):
            message = f"dbt selects otherwise: {selection}"
            raise AssertionError(message)
        run([ours, theirs], ROUNDS)
        report.contests.append((f"{selection}: {len(found):,} resources", [ours, theirs]))
        slowest = max(slowest, ours.median)
        least = min(least, ratio(theirs, ours))
    report.at_most(9, "one selection, the slowest of those below", slowest * 1e3, 5, "ms")
    report.at_least(9, "the same, vs dbt's selector, the least gain", least, 50)


def selections(manifest: flatmanifest.Manifest) -> list[str]:
    """Return one selection of each kind in the targets, by values that the manifest has often."""
    models = [manifest.node(unique_id) for unique_id in manifest.graph if is_model(unique_id)]
    tags = Counter(tag for model in models for tag in model.tags)
    tag = tags.most_common(1)[0][0] if tags else "none"
    materialized = Counter(model.materialized for model in models).most_common(1)[0][0]
    graph = manifest.graph
    late = max(models, key=lambda model: len(graph.ancestors(model.unique_id)))
    early = max(models, key=lambda model: len(graph.descendants(model.unique_id)))
    return [
        f"+{late.name}",
        f"@{early.name}",
        f"tag:{tag}",
        f"config.materialized:{materialized}",
        f"config.materialized:{materialized},tag:{tag}+",
    ]


def is_model(unique_id: str) -> bool:
    return unique_id.startswith("model.")


def dbt_select(manifest: Any, graph: Any, selection: str) -> list[str]:
    """Select as ``dbt ls --select`` does once it has the manifest and the graph."""
    from dbt.graph import Graph, ResourceTypeSelector, parse_difference  # noqa: PLC0415
    from dbt.task.list import ListTask  # noqa: PLC0415

    selector = ResourceTypeSelector(
        graph=Graph(graph),
        manifest=manifest,
        previous_state=None,
        resource_types=list(ListTask.DEFAULT_RESOURCE_VALUES),
        include_empty_nodes=True,
    )
    return sorted(selector.get_selected(parse_difference([selection], None)))
