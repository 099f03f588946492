"""The seam of writing artifacts as JSON (dbt_common.clients.system.write_json).

dbt has json write to the file piece by piece. Only json's Python code can do that; its C code
makes one string. Here the C code makes a string for each resource: the text is the same, and takes
no more memory.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dbt_common.clients.system import make_directory
from dbt_common.utils.encoding import JSONEncoder

from flatmanifest.dbt.seams import seam

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SWITCH = "json"
LEVELS = 2  # the outer levels of an artifact that are written in pieces: sections, resources


@seam(
    "dbt.artifacts.schemas.base",
    "write_json",
    "json's C code writes, resource by resource",
    switch=SWITCH,
)
def write_json(original: Callable[..., bool], path: str, data: Any) -> bool:
    if os.name == "nt":  # dbt explains there that a path is too long
        return original(path, data)
    try:
        make_directory(os.path.dirname(path))  # noqa: PTH120 - "" for a name alone
        with Path(path).open("w", encoding="utf-8") as file:
            file.writelines(pieces(JSONEncoder().encode, data, LEVELS))
    except Exception:  # noqa: BLE001 - dbt raises its own error
        return original(path, data)
    return True


def pieces(encode: Callable[[Any], str], data: Any, levels: int) -> Iterator[str]:
    """The JSON of the data in pieces. The outermost ``levels`` are never one string."""
    if not levels or type(data) is not dict or any(type(key) is not str for key in data):
        yield encode(data)
        return
    before = "{"
    for key, value in data.items():
        yield f"{before}{encode(key)}: "
        yield from pieces(encode, value, levels - 1)
        before = ", "
    yield "}" if data else "{}"
