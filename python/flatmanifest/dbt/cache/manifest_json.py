"""manifest.json, written again with the text it has for every resource that has not changed.

What the file on the disk shows is known: an entry, but for some resources, the *stale* ones.
Whatever still equals the entry keeps its text; of the others dbt makes new text. Where there is no
such file, the texts may be known from what another parser has left.
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
# Made of the others, and small.
DERIVED = ("parent_map", "child_map", "group_map", "selectors")
LISTS = "disabled"


class CannotSpliceError(Exception):
    """The manifest or the file is not as it is known: dbt writes it as a whole."""


def splice(
    shown: Entry, stale: Stale, current: Entry, manifest: Manifest, path: str
) -> tuple[list[bytes], Stale]:
    """The text of manifest.json in pieces, and in what it differs from the current entry.

    ``shown`` is the entry that the file shows but for ``stale``; ``current`` the one that the
    manifest was last published as. Raises CannotSpliceError.
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
    """The text of manifest.json, of whose resources the entry has texts; dbt makes the others.

    ``sections``: what the file has, in order, and all of it that is no collection of resources.
    Raises CannotSpliceError.
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
    """Which resources of a collection the file does not show as they are."""

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
        """Remember a resource that is not as the current entry has it."""
        if self.current_places is None:
            self.current_places = places_of(self.current)
        if not is_stored(self.current, self.current_places.get(key), value):
            self.differing.append(key)


def spliced(changed: Changed, manifest: Manifest, known: dict[str, bytes]) -> Iterator[bytes]:
    """The text of a collection; ``known``: that of the resources which are as they are shown."""
    resources = getattr(manifest, changed.name, None)
    if not isinstance(resources, dict):
        raise CannotSpliceError(changed.name)
    # The places that stand in it for values must be those of the entry that is shown.
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
    """What makes of a value of a collection what the artifact has of it."""
    return of_list if collection == LISTS else of_resource


def of_resource(resource: Any) -> Any:
    return resource.to_resource().to_dict(**AS_ARTIFACT)


def of_list(resources: list[Any]) -> list[Any]:
    return [of_resource(resource) for resource in resources]


def joined(members: Iterable[tuple[str, bytes]]) -> bytes:
    """Keys and the texts of their values, as they stand between an object's braces."""
    return b", ".join(b"%b: %b" % (dumped(key), text) for key, text in members)


def dumped(value: Any, encode: Callable[..., str] = json.dumps) -> bytes:
    return encode(value, cls=JSONEncoder).encode()
