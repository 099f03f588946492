"""Writing partial_parse.msgpack again with the old bytes of everything that has not changed.

The file is known to show an entry. dbt packs a small manifest of the values that differ from the
entry. Its bytes are then put between the old bytes of the unchanged values.
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
    # The place of a field's value; if it is a collection, also the places of its values.
    Fields = dict[str, tuple[Span, dict[str, Span] | None]]


def repack(
    shown: Entry, text: bytes, manifest: Manifest, encode: Callable[[Any], bytes]
) -> list[bytes]:
    """The new file in pieces. ``text`` is the old file, which shows the entry ``shown``.

    ``encode`` is dbt's (dbt.parser.manifest, extended_mashumaro_encoder). Raises ValueError if
    ``text`` has not the structure that dbt writes.
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
    manifest.source_patches = small.source_patches  # packing empties this field
    old = fields_of(text, set(collections))
    new = fields_of(packed, set(collections))
    if list(old) != list(new):
        message = "partial_parse.msgpack has other fields than dbt writes"
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
    """The environment variables in partial_parse.msgpack, with their values at the parse."""
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
        message = "partial_parse.msgpack has more bytes than its fields"
        raise ValueError(message)
    return fields
