"""A parser's manifest.json, of which dbt loads what it has not loaded before (handoff.py).

What dbt makes of a resource depends on the JSON of the resource alone. What has the text that
the entry was made of therefore comes from the entry, built when it is first touched; dbt has
checked it already. Of the rest dbt loads a manifest that holds nothing else. Where there is no
entry, it loads one that has a few resources of each kind (alike.py).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from dbt.artifacts.schemas.manifest import WritableManifest
from dbt.contracts.graph.manifest import Manifest

from flatmanifest._native import open as open_manifest
from flatmanifest._native import split_json
from flatmanifest.dbt.cache.lazy_dict import LazyDict
from flatmanifest.dbt.cache.manifest_json import joined
from flatmanifest.dbt.v2_parser.pattern import load_alike

if TYPE_CHECKING:
    from pathlib import Path

    from flatmanifest.dbt.cache.entry import Entry
    from flatmanifest.dbt.v2_parser.pattern import Texts

    Span = tuple[int, int]
    Digests = dict[str, dict[str, str]]

# Objects that are no collections: dbt loads all of them or nothing.
WHOLE = {"metadata", "selectors"}


class Handed:
    """A manifest.json in pieces: its objects' members, and what is no object.

    Raises OSError, ValueError (ConvertError, JSONDecodeError) for a file that Python's json does
    not read, or not as it stands there: one with a key that comes twice.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.text = path.read_bytes()
        self.members: dict[str, dict[str, Span]] = {}
        self.others: dict[str, Span] = {}
        spans: list[Span] = []
        for name, members, begin, end in split_json(path):
            if members is None:
                self.others[name] = (begin, end)
                spans.append((begin, end))
            else:
                self.members[name] = {key: (start, stop) for key, start, stop in members}
                spans += self.members[name].values()
        self._require_valid(spans)

    def _require_valid(self, spans: list[Span]) -> None:
        """That what is around the values is JSON too, and has these keys."""
        pieces, at = [], 0
        for begin, end in spans:
            pieces += [self.text[at:begin], b"0"]
            at = end
        pieces.append(self.text[at:])
        around = json.loads(b"".join(pieces).decode(), object_pairs_hook=object_of)
        found = {name: list(value) for name, value in around.items() if value != 0}
        is_split = found == {name: list(members) for name, members in self.members.items()}
        if not is_split or around.keys() != {*self.members, *self.others}:
            message = "the file is not what it was split into"
            raise ValueError(message)

    def version(self) -> list[Any]:
        """What dbt upgrades a manifest by (WritableManifest.upgrade_schema_version)."""
        metadata = json.loads(self._object("metadata", {})) if "metadata" in self.members else {}
        return [metadata.get("dbt_schema_version"), metadata.get("dbt_version")]

    @cached_property
    def digests(self) -> Digests:
        """What to know the text of each member by."""
        return {
            name: {
                key: blake2b(self.text[slice(*span)], digest_size=16).hexdigest()
                for key, span in members.items()
            }
            for name, members in self.members.items()
        }

    def without(self, known: Digests) -> bytes:
        """The same manifest, but for the members that have these digests."""
        objects = {name: self._object(name, known.get(name, {})) for name in self.members}
        others = {name: self.text[slice(*span)] for name, span in self.others.items()}
        return object_text({**objects, **others})

    def _object(self, name: str, known: dict[str, str]) -> bytes:
        digests = self.digests[name]
        return object_text(
            {
                key: self.text[slice(*span)]
                for key, span in self.members[name].items()
                if known.get(key) != digests[key]
            }
        )


@dataclass
class Reloaded:
    """What stands in for dbt's WritableManifest on its way through dbt."""

    manifest: Manifest
    # Those of the entry, the adapter's among them, if the parser has left the same as then.
    macros: LazyDict | None
    # The JSON of resources, as manifest.json has it.
    texts: Texts


def load(handed: Handed) -> Reloaded | None:
    """The manifest, all of it new; None if dbt refuses something in it.

    Some of its resources share parts with each other (alike.py).
    """
    with open_manifest(handed.path) as view:
        values = view.to_dict()
    loaded = load_alike(values, loaded_by_dbt)
    return None if loaded is None else Reloaded(loaded[0], None, loaded[1])


def reload(handed: Handed, entry: Entry, known: Digests) -> Reloaded | None:
    """The manifest, with what the entry has of it; None if dbt refuses something in it.

    ``known``: the digests of the manifest that the entry was made of.
    """
    kept = {name: digests for name, digests in known.items() if name not in WHOLE}
    manifest = loaded_by_dbt(json.loads(handed.without(kept)))
    if manifest is None:
        return None
    stored = entry.manifest()
    for name in handed.members.keys() & entry.maps.keys():
        changed, keys = getattr(manifest, name), list(handed.members[name])
        values = merged(getattr(stored, name), changed, keys, has_all=name != "macros")
        setattr(manifest, name, values)
    manifest.flatmanifest_entry = entry
    is_same = list(handed.digests["macros"].items()) == list(known["macros"].items())
    return Reloaded(manifest, stored.macros if is_same else None, {})


def loaded_by_dbt(values: dict[str, Any]) -> Manifest | None:
    """What dbt makes of what a manifest.json holds; None if it refuses it."""
    try:
        writable = WritableManifest.upgrade_schema_version(values)
    except Exception:  # noqa: BLE001 - any at all: dbt says it of the whole file, in its words
        return None
    return Manifest.from_writable_manifest(writable)


def merged(
    stored: LazyDict, changed: dict[str, Any], keys: list[str], *, has_all: bool
) -> LazyDict:
    """The values of these keys: what has changed, and the rest of what is stored.

    Of the parser's macros the adapter's are not stored (dbt.parser.v2.rediscover_adapter_macros).
    """
    values = {**dict(stored.unbuilt_items()), **changed}
    return LazyDict.assembled(
        stored.stored_map,
        ((key, values[key]) for key in keys if has_all or key in values),
    )


def object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        message = "a key comes twice"
        raise ValueError(message)
    return found


def object_text(members: dict[str, bytes]) -> bytes:
    return b"{%b}" % joined(members.items())
