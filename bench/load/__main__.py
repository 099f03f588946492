"""Many processes read a manifest while another publishes it again and again.

flatmanifest, ``json.load`` in every process, and SQLite get the same load. The exit status is 1 if
a reader met a torn generation, generations out of order, or a wrong answer.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.__main__ import LARGE, manifest_of
from bench.load.contest import Load, Outcome, answers, measure
from bench.load.publishers import PUBLISHERS
from bench.load.sources import SOURCES, Question
from flatmanifest.profile.measurement import processor

MODELS = 200  # models whose fields are read
ANCESTORS_OF = 20
TARGET_MB = 3  # row 10
# Bytes of memory of a JSON reader for each byte of JSON, rounded up.
MEMORY_PER_BYTE = 6


def main() -> None:
    options = parse()
    with tempfile.TemporaryDirectory(prefix="flatmanifest-load-") as name:
        directory = Path(name)
        path: Path = options.large or manifest_of(LARGE, directory, chains=500)
        manifest = json.loads(path.read_bytes())
        models, questions = work_on(manifest)
        outcomes = []
        for source in options.sources.split(","):
            is_ours = source == "flatmanifest"
            seconds = options.seconds if is_ours else options.baseline_seconds
            load = Load(
                seconds=seconds,
                publish_every=options.publish_every,
                verify_every=options.verify_every or options.readers,
                pause=options.pause / 1e3,
                manifest=manifest,
                models=models,
                questions=questions,
            )
            readers = readers_of(source, options.readers, path.stat().st_size)
            outcomes.append(measure(source, readers, load, directory / source))
        check_answers(options.sources.split(","), load, directory)
        show(outcomes, path, options)
        if options.json:
            found = [outcome.as_json() for outcome in outcomes]
            options.json.write_text(json.dumps(found, indent=1))
    sys.exit(any(outcome.wrong for outcome in outcomes))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=__doc__)
    parser.add_argument("--readers", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--baseline-seconds", type=float, default=20, help="for other sources")
    parser.add_argument("--publish-every", type=float, default=1, metavar="SECONDS")
    parser.add_argument("--pause", type=float, default=10, help="ms between operations of a reader")
    parser.add_argument(
        "--verify-every",
        type=int,
        metavar="N",
        help="each reader verifies every Nth generation, in turns (default: READERS)",
    )
    parser.add_argument("--sources", default=",".join(SOURCES), help="(default: %(default)s)")
    parser.add_argument("--large", type=Path, help="the manifest.json to read")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    options = parser.parse_args()
    if options.large and not options.large.exists():
        parser.error(f"there is no {options.large}")
    unknown = {*options.sources.split(",")} - {*SOURCES}
    if unknown:
        parser.error(f"unknown sources: {', '.join(sorted(unknown))}; known: {', '.join(SOURCES)}")
    return options


def work_on(manifest: dict[str, Any]) -> tuple[dict[str, str], list[Question]]:
    """Return models whose fields are read, and selections, spread over the whole manifest."""
    models = {
        id_: node for id_, node in manifest["nodes"].items() if node["resource_type"] == "model"
    }
    ids = sorted(models)
    names = Counter(node["name"] for node in manifest["nodes"].values())
    unique = [
        id_ for id_ in ids if names[models[id_]["name"]] == 1 and "version" not in models[id_]
    ]
    tags = Counter(tag for node in models.values() for tag in node["tags"])
    kinds = Counter(node["config"]["materialized"] for node in models.values())
    questions = [
        *(("tag", tag) for tag, _ in tags.most_common(5)),
        *(("materialized", kind) for kind, _ in kinds.most_common(3)),
        *(
            ("ancestors", models[id_]["name"])
            for id_ in unique[:: max(1, len(unique) // ANCESTORS_OF)]
        ),
    ]
    read = ids[:: max(1, len(ids) // MODELS)]
    return {id_: models[id_]["config"]["materialized"] for id_ in read}, questions


def readers_of(source: str, wanted: int, json_size: int) -> int:
    """Return how many of the wanted processes fit into memory."""
    if source != "json.load":
        return wanted
    try:
        available = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return wanted
    return max(1, min(wanted, available // (json_size * MEMORY_PER_BYTE)))


def check_answers(sources: list[str], load: Load, directory: Path) -> None:
    """Exit unless all sources give the same answers: only then have they done the same work."""
    found = [
        answers(source, directory / source / PUBLISHERS[source].NAME, load) for source in sources
    ]
    for source, answer in zip(sources, found, strict=True):
        for question, ids in answer.items():
            if ids != found[0][question]:
                sys.exit(f"{source} answers {question} with {len(ids)} models, not as {sources[0]}")


def show(outcomes: list[Outcome], path: Path, options: argparse.Namespace) -> None:
    console = Console(width=120)
    console.print(
        f"{path.name}, {path.stat().st_size:,} bytes; {processor()}, {os.cpu_count()} cores"
    )
    console.print(
        f"a generation every {options.publish_every:g} s, {options.pause:g} ms between operations; "
        "nine reads of a field to one selection"
    )
    table = Table("", *(outcome.source for outcome in outcomes), title="Load")
    for label, values in rows(outcomes).items():
        table.add_row(label, *values)
    console.print(table)
    for outcome in outcomes:
        for wrong in outcome.wrong[:5]:
            console.print(f"[red]{outcome.source}: {wrong}")


def rows(outcomes: list[Outcome]) -> dict[str, list[str]]:
    def of_all(text: Any) -> list[str]:
        return [text(outcome) for outcome in outcomes]

    def quantiles(name: str) -> list[str]:
        shares = (0.5, 0.99, 0.999)
        return of_all(
            lambda outcome: (
                " / ".join(
                    f"{outcome.latencies[name].quantile(share) * 1e3:,.4g}" for share in shares
                )
                if len(outcome.latencies[name])
                else "none"
            )
        )

    found = [outcome.as_json() for outcome in outcomes]
    return {
        "readers, seconds": of_all(lambda o: f"{o.readers}, {o.seconds:g}"),
        "operations a second": [f"{each['operations_per_second']:,.0f}" for each in found],
        "CPU of an operation, µs": [
            f"{each['cpu_seconds_per_operation'] * 1e6:,.0f}" for each in found
        ],
        "field read, ms: p50 / p99 / p99.9": quantiles("read"),
        "selection, ms: p50 / p99 / p99.9": quantiles("selection"),
        "moving on, ms: p50 / p99 / p99.9": quantiles("moving on"),
        "private memory of a reader, MB": of_all(lambda o: f"{o.private / 1e6:,.1f}"),
        f"what the manifest adds, MB (≤ {TARGET_MB})": of_all(
            lambda o: f"{(o.private - o.before) / 1e6:,.1f}"
        ),
        "generations published": of_all(lambda o: str(o.published)),
        "publishing one, ms": [f"{each['publishing_seconds'] * 1e3:,.0f}" for each in found],
        "until a reader has it, ms": [
            "none" if each["lag_seconds"] is None else f"{each['lag_seconds'] * 1e3:,.1f}"
            for each in found
        ],
        "generations verified whole": of_all(lambda o: str(o.verified)),
        "wrong": of_all(lambda o: str(len(o.wrong))),
    }


if __name__ == "__main__":
    main()
