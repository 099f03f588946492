"""Resources of another parser's manifest.json that differ in texts only (see ``reload``).

How dbt loads a resource depends on its keys, on the types of its values, and on some values, such
as ``resource_type`` or those of a config. Other texts, such as a name or SQL, are copied unchanged.
Resources that differ only in copied texts are of one *kind*.

dbt loads the first two resources of a kind. The first one, with the texts of the second, is
compared with the result that dbt has for the second, as an object and in manifest.json. If both are
equal, all other resources of the kind are made from the first one, with their own texts. If not,
dbt loads all of them.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import fields as fields_of
from dataclasses import is_dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from flatmanifest.dbt.cache.manifest_json import dumped, of_resource

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator

    from dbt.contracts.graph.manifest import Manifest

    Texts = dict[str, dict[str, bytes]]
    Make = Callable[[Any], Any]

LOADED = 2  # the number of resources of a kind that dbt loads
# The types of values that dbt copies unchecked: str, a list of str, a list of such lists, float,
# dict.
TEXT, TEXTS, ROWS, NUMBER, ANYTHING = "text", "texts", "rows", "number", "anything"


class Parts(NamedTuple):
    """A rule for a dict or a list of objects, which may differ in these fields."""

    fields: dict[str, Any]


_NAMED = dict.fromkeys(("name", "unique_id", "path", "original_file_path"), TEXT)
_COLUMN = {
    **dict.fromkeys(("name", "description", "data_type"), TEXT),
    "meta": ANYTHING,
    "config": {"meta": ANYTHING},
}
_DESCRIBED = {
    **_NAMED,
    **dict.fromkeys(("description", "patch_path", "relation_name"), TEXT),
    "fqn": TEXTS,
    "doc_blocks": TEXTS,
    "columns": Parts(_COLUMN),
    "meta": ANYTHING,
    "unrendered_config": ANYTHING,
    "config": {"meta": ANYTHING, "alias": TEXT},
    "created_at": NUMBER,
}
# The fields in which resources of a kind may differ. All others have equal values (dbt 1.12:
# dbt.artifacts.resources.v1, and the hooks of their classes).
FIELDS: dict[str, dict[str, Any]] = {
    "nodes": {
        **_DESCRIBED,
        **dict.fromkeys(
            ("alias", "raw_code", "compiled_code", "compiled_path", "build_path"), TEXT
        ),
        **dict.fromkeys(("attached_node", "column_name", "file_key_name"), TEXT),
        "checksum": {"checksum": TEXT},
        "depends_on": {"macros": TEXTS, "nodes": TEXTS},
        "primary_key": TEXTS,
        "refs": Parts({"name": TEXT}),
        "sources": ROWS,
        "test_metadata": {"kwargs": ANYTHING},
    },
    "sources": {**_DESCRIBED, "identifier": TEXT},
    "macros": {
        **_NAMED,
        **dict.fromkeys(("description", "macro_sql", "patch_path"), TEXT),
        "arguments": Parts(dict.fromkeys(("name", "description", "type"), TEXT)),
        "created_at": NUMBER,
        "depends_on": {"macros": TEXTS},
    },
    "docs": {**_NAMED, "block_contents": TEXT},
}


def load_alike(
    values: dict[str, Any], load: Callable[[dict[str, Any]], Manifest | None]
) -> tuple[Manifest, Texts] | None:
    """Load a manifest. Returns it, with the JSON of the resources that dbt has not loaded itself.

    ``values``: the content of manifest.json. ``load``: loads such a content with dbt, may change
    it, and gives None if dbt refuses it. Returns None if dbt refuses a part.

    Resources that dbt has not loaded share objects with each other. They may be published, but must
    not be used or changed (:func:`unshare`).
    """
    members = {name: values[name] for name in FIELDS if type(values.get(name)) is dict}
    kinds = list(kinds_of(members))
    manifest = load({**values, **only(members, ((name, keys[:LOADED]) for name, keys in kinds))})
    if manifest is None:
        return None
    made = {name: dict(getattr(manifest, name)) for name in members}
    texts: Texts = {name: {} for name in members}
    unlike: list[tuple[str, list[str]]] = []
    for name, (first, *others) in kinds:
        if len(others) < LOADED:
            continue
        two, rest = [first, others[0]], others[1:]
        pattern = pattern_of(
            [made[name][key] for key in two], [members[name][key] for key in two], FIELDS[name]
        )
        if pattern is None:
            unlike.append((name, rest))
            continue
        for key in rest:
            made[name][key] = pattern.resource(members[name][key])
            texts[name][key] = dumped(pattern.artifact(members[name][key]))
    if unlike:
        empty = {name: type(value)() for name, value in values.items() if name != "metadata"}
        loaded = load({**values, **empty, **only(members, unlike)})
        if loaded is None:
            return None
        for name, keys in unlike:
            made[name].update((key, getattr(loaded, name)[key]) for key in keys)
    for name, collection in members.items():
        setattr(manifest, name, {key: made[name][key] for key in collection})
    return manifest, texts


def kinds_of(members: dict[str, dict[str, Any]]) -> Iterator[tuple[str, list[str]]]:
    """The name of the collection, and the keys of its resources, of each kind."""
    kinds: dict[tuple[str, Hashable], list[str]] = {}
    for name, collection in members.items():
        for key, value in collection.items():
            kinds.setdefault((name, kind_of(value, FIELDS[name])), []).append(key)
    for (name, _), keys in kinds.items():
        yield name, keys


def only(
    members: dict[str, dict[str, Any]], chosen: Iterable[tuple[str, list[str]]]
) -> dict[str, dict[str, Any]]:
    """The chosen resources of all collections, in their old order."""
    keys: dict[str, set[str]] = {name: set() for name in members}
    for name, some in chosen:
        keys[name].update(some)
    return {
        name: {key: value for key, value in collection.items() if key in keys[name]}
        for name, collection in members.items()
    }


def kind_of(value: Any, rule: Any) -> Hashable:
    """The kind of a value: equal for values that differ only where the rule allows it."""
    if type(rule) is dict and type(value) is dict:
        rest = repr([inner for key, inner in value.items() if key not in rule])
        marks = [kind_of(inner, rule[key]) for key, inner in value.items() if key in rule]
        return tuple(value), rest, tuple(marks)
    if type(rule) is Parts and type(value) in (dict, list):
        return type(value), frozenset(kind_of(part, rule.fields) for part in parts_of(value))
    return (rule, bool(value)) if is_free(value, rule) else repr(value)


def is_free(value: Any, rule: Any) -> bool:
    """Whether the rule allows any other value of this type in the value's place."""
    if rule == TEXT:
        return type(value) is str
    if rule == TEXTS:
        return type(value) is list and all(type(each) is str for each in value)
    if rule == ROWS:
        return type(value) is list and all(is_free(each, TEXTS) for each in value)
    if rule == NUMBER:
        return type(value) is float
    return rule == ANYTHING and type(value) is dict


def parts_of(value: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return value.values() if type(value) is dict else value


class Pattern:
    """The object that dbt has made from a resource's JSON, as a pattern for others of its kind.

    ``resource(value)`` makes another object, and ``artifact(value)`` its form in manifest.json. All
    methods raise KeyError, AttributeError, TypeError or ValueError if dbt has moved a field.
    """

    def __init__(self, resource: Any, value: dict[str, Any], fields: dict[str, Any]) -> None:
        self.fields = fields
        self.resource = maker(resource, value, fields)
        self.artifact = maker(of_resource(resource), value, fields)

    def makes(self, resource: Any, value: dict[str, Any]) -> bool:
        """Whether the pattern, with the texts of ``value``, equals dbt's resource of ``value``."""
        like, artifact = self.resource(value), self.artifact(value)
        if "created_at" in self.fields and "created_at" not in value:
            like.created_at = resource.created_at  # dbt's clock has set it
            artifact["created_at"] = resource.created_at
        is_same = is_equal(like, resource)
        return is_same and dumped(artifact) == dumped(of_resource(resource))


def pattern_of(
    resources: list[Any], values: list[dict[str, Any]], fields: dict[str, Any]
) -> Pattern | None:
    """The pattern of two resources of a kind; None if the first does not predict the second."""
    try:
        pattern = Pattern(resources[0], values[0], fields)
        return pattern if pattern.makes(resources[1], values[1]) else None
    except (KeyError, AttributeError, TypeError, ValueError):
        return None


def maker(made: Any, like: Any, rule: Any) -> Make:
    """A function that makes from a value what dbt has made from ``like``, a value of its kind."""
    if is_free(like, rule):
        return itself
    if type(rule) is dict and type(like) is dict:
        return maker_of_object(made, like, rule)
    if type(rule) is Parts and type(like) in (dict, list):
        return maker_of_parts(made, like, rule.fields)
    return lambda _: made


def itself(value: Any) -> Any:
    return value


def maker_of_object(made: Any, like: dict[str, Any], fields: dict[str, Any]) -> Make:
    kind, is_artifact = type(made), type(made) is dict
    base = made if is_artifact else vars(made)
    # An artifact leaves some of the fields out.
    names = [key for key in fields if key in like and (key in base or not is_artifact)]
    makers = {key: maker(base[key], like[key], fields[key]) for key in names}
    texts = [key for key, make in makers.items() if make is itself]
    others = [(key, make) for key, make in makers.items() if make is not itself]

    def make(value: dict[str, Any]) -> Any:
        found = dict(base)
        for key in texts:
            found[key] = value[key]
        for key, make_other in others:
            found[key] = make_other(value[key])
        if is_artifact:
            return found
        copy = object.__new__(kind)
        vars(copy).update(found)
        return copy

    return make


def maker_of_parts(made: Any, like: Any, fields: dict[str, Any]) -> Make:
    examples = {
        kind_of(part, fields): maker(other, part, fields)
        for other, part in zip(parts_of(made), parts_of(like), strict=True)
    }

    def make(value: Any) -> Any:
        parts = [examples[kind_of(part, fields)](part) for part in parts_of(value)]
        return dict(zip(value, parts, strict=True)) if type(value) is dict else parts

    return make


def unshare(manifest: Manifest) -> None:
    """Copy every resource, so that none shares objects with another: publishing has failed."""
    for name in FIELDS:
        collection = getattr(manifest, name)
        setattr(manifest, name, {key: deepcopy(value) for key, value in collection.items()})


def is_equal(one: Any, other: Any) -> bool:
    """Whether two objects, and all objects in them, have equal types and values."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return list(one) == list(other) and all(map(is_equal, one.values(), other.values()))
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(is_equal, one, other))
    if is_dataclass(one):
        names = [field.name for field in fields_of(one)]
        return all(is_equal(getattr(one, name), getattr(other, name)) for name in names)
    return bool(one == other)
