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
from flatmanifest.dbt.cache.lazy_dict import LazyDict, is_stored, places_of

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


def splice(
    shown: Entry, stale: Stale, current: Entry, manifest: Manifest, path: str
) -> tuple[list[bytes], Stale]:
    """The text of manifest.json in pieces, and the resources that differ from the current entry.

    ``shown`` is the entry that the file shows, except for ``stale``; ``current`` is the entry that
    the manifest was last published as. Follows dbt.artifacts.schemas.base, Writable.write. Raises
    CannotSpliceError, ConvertError or OSError.
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
            known = {key: text[slice(*span)] for key, span in members.items()}
            changed = Changed(name, shown, current, set(stale.get(name, [])))
            pieces.extend(spliced(changed, manifest, known))
            if changed.differing:
                differing[name] = changed.differing
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
            changed = Changed(name, entry, entry, set())
            yield from spliced(changed, manifest, entry.texts.get(name, {}))
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


class Changed:
    """The resources of a collection that the file does not show, or shows differently."""

    def __init__(self, name: str, shown: Entry, current: Entry, stale: set[str]) -> None:
        self.name = name
        self.stale = stale
        self.differing: list[str] = []
        self.shown = shown.objects.map(name)
        self.shown_lazily = shown.maps.get(name)
        self.places = places_of(self.shown)
        self.current = current.objects.map(name)
        self.current_places: dict[str, int] | None = None

    def is_shown(self, key: str, value: Any) -> bool:
        return key not in self.stale and is_stored(self.shown, self.places.get(key), value)

    def note(self, key: str, value: Any) -> None:
        """Remember a resource if it differs from the current entry."""
        if self.current_places is None:
            self.current_places = places_of(self.current)
        if not is_stored(self.current, self.current_places.get(key), value):
            self.differing.append(key)


def spliced(changed: Changed, manifest: Manifest, known: dict[str, bytes]) -> Iterator[bytes]:
    """The text of a collection in pieces. ``known``: the texts of resources in the old file."""
    resources = getattr(manifest, changed.name, None)
    if not isinstance(resources, dict):
        raise CannotSpliceError(changed.name)
    # The Unbuilt values of a lazy dict must belong to the entry that is shown.
    if isinstance(resources, LazyDict) and resources.stored_map is not changed.shown_lazily:
        raise CannotSpliceError(changed.name)
    artifact = artifact_of(changed.name)
    begin = b"{"
    for key, value in dict.items(resources):
        yield b"%b%b: " % (begin, dumped(key))
        begin = b", "
        if key in known and changed.is_shown(key, value):
            yield known[key]
        else:
            built = resources[key]
            changed.note(key, built)
            yield dumped(artifact(built))
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
