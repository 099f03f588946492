"""partial_parse.msgpack, written again with the bytes it has for whatever has not changed.

The file is known to show an entry. Of what no longer equals it, a manifest is made that holds
nothing else; dbt packs that, and what it packed is put between the bytes of the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgpack
from dbt.contracts.graph.manifest import Manifest

from flatmanifest.dbt.cache.entry import kept_fields
from flatmanifest.dbt.cache.lazy_dict import changed_from

if TYPE_CHECKING:
    from collections.abc import Callable

    from flatmanifest.dbt.cache.entry import Entry

    Span = tuple[int, int]
    # A field's value, and if it is a collection the values in it.
    Fields = dict[str, tuple[Span, dict[str, Span] | None]]


def repack(
    shown: Entry, text: bytes, manifest: Manifest, encode: Callable[[Any], bytes]
) -> list[bytes]:
    """The new file in pieces. ``text`` is the old one, which shows the entry; ``encode`` is dbt's.

    Raises ValueError if the file is none of dbt's.
    """
    collections = {
        name: changed_from(shown.maps[name], getattr(manifest, name))
        for name in shown.maps
        if isinstance(getattr(manifest, name), dict)
    }
    small = Manifest(
        **{name: collections.get(name, getattr(manifest, name)) for name in kept_fields()}
    )
    packed: bytes = small.to_msgpack(encode)
    manifest.source_patches = small.source_patches  # packing empties them
    old = fields_of(text, set(collections))
    new = fields_of(packed, set(collections))
    if list(old) != list(new):
        message = "it has other fields"
        raise ValueError(message)
    packer = msgpack.Packer(use_bin_type=True)
    pieces = [packer.pack_map_header(len(new))]
    for name, (span, values) in new.items():
        pieces.append(packer.pack(name))
        _, old_values = old[name]
        if values is None or old_values is None:
            pieces.append(packed[span[0] : span[1]])
            continue
        keys = list(dict.keys(getattr(manifest, name)))
        pieces.append(packer.pack_map_header(len(keys)))
        for key in keys:
            pieces.append(packer.pack(key))
            if key in values:
                begin, end = values[key]
                pieces.append(packed[begin:end])
            else:
                begin, end = old_values[key]
                pieces.append(text[begin:end])
    return pieces


def env_vars_of(text: bytes) -> dict[str, str]:
    """The environment variables that the file has, which holds them as they were."""
    (begin, end), _ = fields_of(text, set())["env_vars"]
    values: dict[str, str] = msgpack.unpackb(text[begin:end])
    return values


def fields_of(text: bytes, collections: set[str]) -> Fields:
    unpacker = msgpack.Unpacker(max_buffer_size=len(text) or 1, strict_map_key=False)
    unpacker.feed(text)
    fields: Fields = {}
    for _ in range(unpacker.read_map_header()):
        name = unpacker.unpack()
        begin = unpacker.tell()
        values: dict[str, Span] | None = None
        if name in collections:
            values = {}
            for _ in range(unpacker.read_map_header()):
                key = unpacker.unpack()
                value_begin = unpacker.tell()
                unpacker.skip()
                values[key] = (value_begin, unpacker.tell())
        else:
            unpacker.skip()
        fields[name] = ((begin, unpacker.tell()), values)
    if unpacker.tell() != len(text):
        message = "something follows it"
        raise ValueError(message)
    return fields
