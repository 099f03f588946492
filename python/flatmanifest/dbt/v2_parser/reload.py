"""Loading a parser's manifest.json: dbt loads only the resources that it has not loaded before.

The object that dbt makes from a resource depends on the resource's JSON alone. If the JSON has the
text that the entry was made from, the resource comes from the entry, and is built at its first use;
dbt has checked it before. dbt loads a manifest that has only the other resources. If there is no
entry, dbt loads a manifest with a few resources of each kind (``pattern``).
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

# Objects that are no collections of resources: dbt loads each as a whole.
WHOLE = {"metadata", "selectors"}


class Handed:
    """A manifest.json in pieces: the members of its objects, and the values that are no objects.

    Raises OSError, and ValueError (ConvertError, JSONDecodeError) for a file that Python's json
    refuses, or in which a key occurs twice.
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
        """Raise ValueError unless the text around the values is JSON with exactly these keys."""
        pieces, at = [], 0
        for begin, end in spans:
            pieces += [self.text[at:begin], b"0"]
            at = end
        pieces.append(self.text[at:])
        around = json.loads(b"".join(pieces).decode(), object_pairs_hook=object_of)
        found = {name: list(value) for name, value in around.items() if value != 0}
        is_split = found == {name: list(members) for name, members in self.members.items()}
        if not is_split or around.keys() != {*self.members, *self.others}:
            message = f"{self.path} is not valid JSON around the values that it was split into"
            raise ValueError(message)

    def version(self) -> list[Any]:
        """The versions that WritableManifest.upgrade_schema_version decides by."""
        metadata = json.loads(self._object("metadata", {})) if "metadata" in self.members else {}
        return [metadata.get("dbt_schema_version"), metadata.get("dbt_version")]

    @cached_property
    def digests(self) -> Digests:
        """A digest of the text of each member, by object and key."""
        return {
            name: {
                key: blake2b(self.text[slice(*span)], digest_size=16).hexdigest()
                for key, span in members.items()
            }
            for name, members in self.members.items()
        }

    def without(self, known: Digests) -> bytes:
        """The text of the manifest without the members that have these digests."""
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
    """A loaded manifest, in the place of dbt's WritableManifest on its way through dbt."""

    manifest: Manifest
    # All macros of the entry, the adapter's included, if the parser has left the same macros.
    macros: LazyDict | None
    # The JSON of resources as in manifest.json.
    texts: Texts


def load(handed: Handed) -> Reloaded | None:
    """The manifest without an entry; None if dbt refuses something in it.

    Some of its resources share objects with each other (``pattern.load_alike``).
    """
    with open_manifest(handed.path) as view:
        values = view.to_dict()
    loaded = load_alike(values, loaded_by_dbt)
    return None if loaded is None else Reloaded(loaded[0], None, loaded[1])


def reload(handed: Handed, entry: Entry, known: Digests) -> Reloaded | None:
    """The manifest, with unchanged resources from the entry; None if dbt refuses something in it.

    ``known``: the digests of the manifest.json that the entry was made from.
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
    """The Manifest that dbt makes from the content of a manifest.json; None if dbt refuses it."""
    try:
        writable = WritableManifest.upgrade_schema_version(values)
    except Exception:  # noqa: BLE001 - dbt then loads the whole file, and reports the error
        return None
    return Manifest.from_writable_manifest(writable)


def merged(
    stored: LazyDict, changed: dict[str, Any], keys: list[str], *, has_all: bool
) -> LazyDict:
    """The values of these keys: changed values, and stored ones for the other keys.

    ``has_all=False`` leaves out keys without a value: the adapter's macros among the parser's are
    not stored (dbt.parser.v2.rediscover_adapter_macros).
    """
    values = {**dict(stored.unbuilt_items()), **changed}
    return LazyDict.assembled(
        stored.stored_map,
        ((key, values[key]) for key in keys if has_all or key in values),
    )


def object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        message = "a key occurs twice in a JSON object"
        raise ValueError(message)
    return found


def object_text(members: dict[str, bytes]) -> bytes:
    return b"{%b}" % joined(members.items())
