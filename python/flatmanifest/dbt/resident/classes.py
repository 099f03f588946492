"""Making the functions of dbt's classes before the first command needs them.

dbt and mashumaro make JSON schemas, serializers and deserializers of a class at the first use of
that class. They depend on the classes alone, and take most of the time of a short command. This
module knows dbt only by its classes, and not the plugin: tests load it without the plugin.
"""

from __future__ import annotations

import contextlib
from inspect import isabstract
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# Modules with the classes that dbt reads and writes: manifests, projects, results.
_SERIALIZED = (
    *("dbt.artifacts.", "dbt.contracts.", "dbt.parser.manifest", "dbt.adapters.contracts."),
    *("dbt_common.contracts.", "dbt_common.helper_types"),
)
# Modules with the classes that dbt validates.
_VALIDATED = {
    *("dbt.contracts.graph.nodes", "dbt.contracts.graph.unparsed", "dbt.contracts.project"),
    "dbt.contracts.selection",
}
_CONFIGS = "dbt.artifacts.resources."
# Classes there that dbt never validates, and whose schemas take long to make.
_NEVER_VALIDATED = {
    *("CompiledNode", "Metric", "ParsedNode", "SemanticModel", "SourceDefinition", "SourcePatch"),
    *("SourceTablePatch", "SqlNode", "UnitTestNode", "UnitTestSourceDefinition", "ProjectList"),
    *("UnpatchedSourceDefinition", "UnparsedMetricTypeParams", "UnparsedSourceTableDefinition"),
    *("ParsedFunctionPatch", "ParsedNodeMandatory", "ParsedNodePatch", "SavedQuery"),
}
_EMPTY_IN_MSGPACK = b"\x80"
# The names of mashumaro's functions for objects inside others.
_IN_MSGPACK = ("__mashumaro_from_dict_msgpack__", "__mashumaro_to_dict_msgpack__")
_DEPTH_OF_MANIFEST = 4


def prepare_classes(adapters: Iterable[str]) -> None:
    """Make the functions of dbt's classes, and of the adapters with these modules."""
    from dbt.contracts.graph.manifest import Manifest  # noqa: PLC0415 - the caller has imported it
    from dbt_common.dataclass_schema import dbtClassMixin  # noqa: PLC0415

    adapters = [*adapters]
    validated = _VALIDATED.union(f"{each}.credentials" for each in adapters)
    classes = subclasses_of(dbtClassMixin)
    for kind in classes:
        if kind.__module__.startswith((*_SERIALIZED, *(f"{each}." for each in adapters))):
            use_for_nothing(kind.from_dict, {})
            use_for_nothing(kind.to_dict, empty(kind))
        is_config = kind.__module__.startswith(_CONFIGS) and kind.__name__.endswith("Config")
        is_validated = kind.__module__ in validated
        if (is_config or is_validated) and kind.__name__ not in _NEVER_VALIDATED:
            use_for_nothing(kind.json_schema)
    use_for_nothing(Manifest.from_msgpack, _EMPTY_IN_MSGPACK)
    use_for_nothing(Manifest.to_msgpack, empty(Manifest))
    for _ in range(_DEPTH_OF_MANIFEST):  # each round reaches classes one level deeper
        for kind in classes:
            read, written = (getattr(kind, name, None) for name in _IN_MSGPACK)
            if read and written:
                use_for_nothing(read, {})
                use_for_nothing(written, empty(kind))


def subclasses_of(kind: type) -> list[Any]:
    classes, left = set(), [kind]
    while left:
        classes.update(left)
        left = [kind for parent in left for kind in parent.__subclasses__() if kind not in classes]
    return sorted(classes, key=str)


def empty(kind: Any) -> Any:
    """Return an object without attributes; None for an abstract class."""
    return None if isabstract(kind) else kind.__new__(kind)


def use_for_nothing(call: Callable[..., object], *arguments: Any) -> None:
    """Make a call only for its side effect: a class's functions are made by their first use."""
    with contextlib.suppress(Exception):
        call(*arguments)
