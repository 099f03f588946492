"""Writing manifest.json again with the old text of every resource that has not changed.

The file on the disk is known to show an entry, except for some resources, the *stale* ones. A
resource that still equals the entry keeps its text; dbt makes the text of the others. If there is
no such file, the texts may be known from the manifest.json of another parser.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dbt_common.utils.encoding import JSONEncoder

from flatmanifest._native import split_json
from flatmanifest.dbt.cache.lazy_dict import LazyDict, changed_from

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from dbt.contracts.graph.manifest import Manifest

    from flatmanifest.dbt.cache.entry import Entry

    Sections = dict[str, dict[str, tuple[int, int]] | None]
    Stale = dict[str, list[str]]

# How dbt writes it (dbt.artifacts.schemas.base, Writable.write).
AS_ARTIFACT = {"omit_none": False, "context": {"artifact": True}}
# Sections that are computed from the others, and small.
DERIVED = ("parent_map", "child_map", "group_map", "selectors")
LISTS = "disabled"


class CannotSpliceError(Exception):
    """The manifest or the file has another structure than expected: dbt writes the whole file."""


def splice(entry: Entry, stale: Stale, manifest: Manifest, path: str) -> tuple[list[bytes], Stale]:
    """The text of manifest.json in pieces, and the resources that differ from the entry now.

    The file shows the entry, except for the resources that are ``stale`` or that it lacks. Follows
    dbt.artifacts.schemas.base, Writable.write. Raises CannotSpliceError, ConvertError or OSError.
    """
    sections = sections_of(path)
    text = Path(path).read_bytes()
    pieces: list[bytes] = []
    differing: Stale = {}
    for name, members in sections.items():
        pieces.append(f"{', ' if pieces else '{'}{json.dumps(name)}: ".encode())
        if name == "metadata":
            pieces.append(dumped(manifest.metadata.to_dict(**AS_ARTIFACT)))
        elif name in DERIVED:
            pieces.append(dumped(getattr(manifest, name)))
        else:
            if members is None:
                raise CannotSpliceError(name)
            resources = collection_of(manifest, name)
            changed = differing_in(entry, name, resources)
            new = {*changed, *stale.get(name, ())}
            pieces += replaced(name, resources, new, text, members) or spliced(
                name, resources, new, {key: text[slice(*span)] for key, span in members.items()}
            )
            if changed:
                differing[name] = changed
    pieces.append(b"}")
    return pieces, differing


def assembled(entry: Entry, manifest: Manifest, sections: dict[str, Any]) -> Iterator[bytes]:
    """The text of manifest.json in pieces, with the texts of resources that the entry has.

    dbt makes the text of the other resources. ``sections``: the names of all sections in order,
    with the values of those that are no collections of resources. Raises CannotSpliceError.
    """
    before = b"{"
    for name, value in sections.items():
        yield b"%b%b: " % (before, dumped(name))
        before = b", "
        if name in entry.maps:
            resources = collection_of(manifest, name)
            new = {*differing_in(entry, name, resources)}
            yield from spliced(name, resources, new, entry.texts.get(name, {}))
        else:
            yield dumped(value)
    yield b"}"


def sections_of(path: str) -> Sections:
    sections: Sections = {}
    for name, members, _, _ in split_json(path):
        sections[name] = (
            None if members is None else {key: (begin, end) for key, begin, end in members}
        )
    return sections


def collection_of(manifest: Manifest, name: str) -> dict[str, Any]:
    resources = getattr(manifest, name, None)
    if not isinstance(resources, dict):
        raise CannotSpliceError(name)
    return resources


def differing_in(entry: Entry, name: str, resources: dict[str, Any]) -> list[str]:
    """The members of a collection that the entry lacks, or has with another value.

    Raises CannotSpliceError if members that have not been built are of another entry.
    """
    stored = entry.maps[name] if name in entry.maps else entry.objects.map(name)
    if isinstance(resources, LazyDict):
        if resources.stored_map is not stored:
            raise CannotSpliceError(name)
        found: list[str] | None = stored.differing(resources)
        if found is not None:
            return found
    return [*changed_from(stored, resources)]


def replaced(
    name: str,
    resources: dict[str, Any],
    new: set[str],
    text: bytes,
    members: dict[str, tuple[int, int]],
) -> list[bytes]:
    """The text of a collection in pieces, if it has the keys of the old file in their order.

    ``text``: the old file; ``members``: where it has each value; ``new``: those that it does not
    show. The text between two of these is one piece, however many values it has. Returns [] if the
    keys differ, or if there are none.
    """
    if not members or [*resources] != [*members]:
        return []
    artifact = artifact_of(name)
    begin, _ = next(iter(members.values()))
    pieces = [b"{%b: " % dumped(next(iter(members)))]
    for key, (until, after) in members.items() if new else ():
        if key not in new:
            continue
        pieces += [text[begin:until], dumped(artifact(resources[key]))]
        begin = after
    _, end = next(reversed(members.values()))
    return [*pieces, text[begin:end], b"}"]


def spliced(
    name: str, resources: dict[str, Any], new: set[str], known: dict[str, bytes]
) -> Iterator[bytes]:
    """The text of a collection in pieces. ``known``: texts of resources, current unless ``new``."""
    artifact = artifact_of(name)
    begin = b"{"
    for key in resources:  # noqa: PLC0206 - items() would build every value
        yield b"%b%b: " % (begin, dumped(key))
        begin = b", "
        if key in known and key not in new:
            yield known[key]
        else:
            yield dumped(artifact(resources[key]))
    yield b"{}" if begin == b"{" else b"}"


def artifact_of(collection: str) -> Callable[[Any], Any]:
    """The function that turns a value of a collection into its form in the artifact."""
    return of_list if collection == LISTS else of_resource


def of_resource(resource: Any) -> Any:
    return resource.to_resource().to_dict(**AS_ARTIFACT)


def of_list(resources: list[Any]) -> list[Any]:
    return [of_resource(resource) for resource in resources]


def joined(members: Iterable[tuple[str, bytes]]) -> bytes:
    """The text between an object's braces: keys, and the given texts of their values."""
    return b", ".join(b"%b: %b" % (dumped(key), text) for key, text in members)


def dumped(value: Any, encode: Callable[..., str] = json.dumps) -> bytes:
    return encode(value, cls=JSONEncoder).encode()
