"""Hold, share and query a dbt manifest without deserializing it.

    import flatmanifest

    m = flatmanifest.open("target/manifest.json")
    m["nodes"]["model.shop.orders"]["config"]["materialized"]

A manifest is read in place from a memory-mapped file. Opening takes constant time and gives a
Mapping that equals the dict of ``json.load``. :mod:`flatmanifest._native` documents lifetimes,
threads and errors.
"""

from collections.abc import Mapping, Sequence

from flatmanifest._native import (
    Array,
    ConvertError,
    DiffError,
    FormatError,
    GenerationError,
    Graph,
    GraphError,
    Manifest,
    Node,
    NodeNotFoundError,
    Object,
    SelectionError,
    __version__,
    convert,
    load,
    open,
)

TYPE_CHECKING = False  # instead of typing.TYPE_CHECKING: importing typing costs each reader memory
if TYPE_CHECKING:
    from flatmanifest._diff import Diff, diff
    from flatmanifest._selection import Selection
    from flatmanifest._sharing import Watch, watch
    from flatmanifest._views import json_default

_LATER = {
    "Diff": "_diff",
    "Selection": "_selection",
    "Watch": "_sharing",
    "diff": "_diff",
    "json_default": "_views",
    "watch": "_sharing",
}


class SelectionWarning(UserWarning):
    """A warning that dbt would give while it selects, such as a criterion that matches nothing."""


Mapping.register(Object)
Sequence.register(Array)

__all__ = [
    "Array",
    "ConvertError",
    "Diff",
    "DiffError",
    "FormatError",
    "GenerationError",
    "Graph",
    "GraphError",
    "Manifest",
    "Node",
    "NodeNotFoundError",
    "Object",
    "Selection",
    "SelectionError",
    "SelectionWarning",
    "Watch",
    "__version__",
    "convert",
    "diff",
    "json_default",
    "load",
    "open",
    "watch",
]


def __getattr__(name: str) -> object:
    """Import a rarely needed name at its first use, to save the memory of its module."""
    if name not in _LATER:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    from importlib import import_module  # noqa: PLC0415

    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
