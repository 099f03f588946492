"""Writing manifest.json by several processes (docs/cold-parse.md).

The text of a resource depends on the resource alone, and making these texts takes most of the time
of writing. So each worker makes the texts of some resources, and this process joins them to the
file that dbt would write.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

from dbt.contracts.graph.manifest import Manifest
from dbt_common.clients.system import make_directory

from flatmanifest.dbt.cache.manifest_json import AS_ARTIFACT, DERIVED, artifact_of, dumped, joined
from flatmanifest.dbt.seams import is_on
from flatmanifest.dbt.workers import pool as processes
from flatmanifest.dbt.workers.pool import Copies, Workers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SWITCH = "parallel"
LEAST = 500  # resources: from here on two processes write faster than one
SLICE = 250  # resources
COLLECTIONS = {
    *("nodes", "sources", "macros", "docs", "exposures", "functions", "metrics", "groups"),
    *("disabled", "semantic_models", "unit_tests", "saved_queries"),
}


class Slice(NamedTuple):
    """Some resources of one collection: a task of a worker, which makes their text."""

    name: str
    keys: list[str]


def write_together(manifest: Manifest, path: str) -> bool:
    """Write manifest.json by workers; False, with nothing written, if one process has to write.

    Raises OSError, WorkerDiedError, or an error from making a text. The file is then incomplete.
    """
    count = processes.wanted()
    if count == 1 or not is_on(SWITCH) or not processes.can_fork():
        return False
    slices = list(slices_of(manifest))
    if sum(len(each.keys) for each in slices) < LEAST:
        return False
    sections = sections_of(manifest)
    workers = Workers(
        min(count, len(slices)), len(slices), Copies(lambda: writer_of(manifest, slices))
    )
    try:
        make_directory(os.path.dirname(path))  # noqa: PTH120 - as dbt does
        with open(path, "wb") as file:  # noqa: PTH123 - follows links
            file.writelines(pieces(sections, slices, workers))
    finally:
        workers.stop()
    return True


def sections_of(manifest: Manifest) -> dict[str, Any]:
    """The sections of manifest.json in order; collections of resources are empty.

    The call also builds the parent, child and group maps of the manifest.
    """
    manifest.build_parent_and_child_maps()
    manifest.build_group_map()
    bare = Manifest(metadata=manifest.metadata, selectors=manifest.selectors)
    sections: dict[str, Any] = bare.writable_manifest().to_dict(**AS_ARTIFACT)
    for name in DERIVED:
        sections[name] = getattr(manifest, name)
    return sections


def slices_of(manifest: Manifest) -> Iterator[Slice]:
    for name, collection in vars(manifest).items():
        if isinstance(collection, dict) and name in COLLECTIONS:
            keys = list(collection)
            for start in range(0, len(keys), SLICE):
                yield Slice(name, keys[start : start + SLICE])


def writer_of(manifest: Manifest, slices: list[Slice]) -> Callable[[int, Path], None]:
    def write(number: int, segment: Path) -> None:
        name, keys = slices[number]
        collection = getattr(manifest, name)
        artifact = artifact_of(name)
        segment.write_bytes(joined((key, dumped(artifact(collection[key]))) for key in keys))

    return write


def pieces(sections: dict[str, Any], slices: list[Slice], workers: Workers) -> Iterator[bytes]:
    numbers: dict[str, list[int]] = {}
    for number, each in enumerate(slices):
        numbers.setdefault(each.name, []).append(number)
    before = b"{"
    for name, value in sections.items():
        yield b"%b%b: " % (before, dumped(name))
        before = b", "
        if name not in numbers:
            yield dumped(value)
            continue
        opening = b"{"
        for number in numbers.pop(name):
            yield opening
            yield workers.result(number).read_bytes()
            opening = b", "
        yield b"}"
    if numbers:
        message = f"manifest.json has no place for {', '.join(numbers)}"
        raise ValueError(message)
    yield b"}"
