"""Random edits of a manifest, of every kind that state: can notice."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random

COLLECTIONS = [
    *["nodes", "sources", "exposures", "metrics", "semantic_models", "saved_queries"],
    *["unit_tests", "functions"],
]
TEXTS = ["", "x", "y", "Ä", None]
FIELDS = [
    *["raw_code", "description", "database", "schema", "alias", "identifier", "loaded_at_field"],
    *["label", "maturity", "url", "type", "model", "primary_entity", "group", "access"],
    *["latest_version", "deprecation_date", "version", "checksum"],
    *["unrendered_database", "unrendered_schema"],
]
VALUES: dict[str, list[Any]] = {
    "access": ["public", "private", "protected"],
    "latest_version": [None, 1, 2, "2"],
    "version": [None, 1, 2],
    "deprecation_date": [None, "2020-01-01T00:00:00+00:00", "2999-01-01T00:00:00+00:00"],
    "maturity": ["low", "high", None],
    "type": [],  # left alone: enums of several kinds have this key
    "checksum": [],
}
CONFIG: list[tuple[str, list[Any]]] = [
    ("enabled", [True, False]),
    ("materialized", ["table", "view", "incremental", "ephemeral"]),
    ("persist_docs", [{}, {"relation": True}, {"columns": True}, {"columns": 1, "relation": 1}]),
    ("tags", [[], ["a"], ["a", "b"]]),
    ("meta", [{}, {"a": 1}, {"a": [1, {"b": None}]}]),
    ("alias", ["x", "y"]),
    ("schema", ["x", "y"]),
    ("database", ["x", "y"]),
    ("group", ["g", None]),
    ("custom", [1, 1.0, "1", True, None]),
]
CONSTRAINTS: list[list[dict[str, Any]]] = [
    [],
    [{"type": "not_null"}],
    [{"type": "not_null", "name": None, "warn_unenforced": True}],
    [{"type": "unique", "name": "u"}, {"type": "not_null"}],
    [{"type": "check", "expression": "a > 1"}],
]


def edited(manifest: dict[str, Any], choice: random.Random, edits: int) -> dict[str, Any]:
    """Return a copy with some random edits."""
    copied = copy.deepcopy(manifest)
    for _ in range(edits):
        kind = choice.random()
        if kind < 0.1:
            edit_macro(copied, choice)
            continue
        collection = copied.get(choice.choice(COLLECTIONS)) or copied["nodes"]
        unique_id = choice.choice(list(collection))
        if kind < 0.2:
            if not is_needed(copied, unique_id):
                remove(copied, collection, unique_id, choice)
        elif kind < 0.5:
            edit_config(collection[unique_id], choice)
        elif kind < 0.65 and collection[unique_id]["resource_type"] == "model":
            edit_contract(collection[unique_id], choice)
        else:
            edit_field(collection[unique_id], choice)
    return copied


def is_needed(manifest: dict[str, Any], unique_id: str) -> bool:
    """Return whether something depends on a resource: dbt cannot link the graph without it."""
    return any(
        unique_id in (resource.get("depends_on") or {}).get("nodes", [])
        for name in COLLECTIONS
        for resource in manifest.get(name, {}).values()
    )


def remove(
    manifest: dict[str, Any], collection: dict[str, Any], unique_id: str, choice: random.Random
) -> None:
    resource = collection.pop(unique_id)
    if not collection:
        collection[unique_id] = resource
    elif choice.random() < 0.5 and unique_id.startswith(("model.", "seed.")):
        manifest.setdefault("disabled", {})[unique_id] = [
            {**resource, "config": {**resource["config"], "enabled": False}}
        ]


def edit_macro(manifest: dict[str, Any], choice: random.Random) -> None:
    own = [uid for uid in manifest["macros"] if not uid.startswith("macro.dbt")]
    unique_id = choice.choice(own or list(manifest["macros"]))
    if choice.random() < 0.7:
        manifest["macros"][unique_id]["macro_sql"] += " "
    elif len(own) > 1:
        del manifest["macros"][unique_id]


def edit_config(resource: dict[str, Any], choice: random.Random) -> None:
    name, values = choice.choice(CONFIG)
    value = choice.choice(values)
    where = choice.choice(["config", "unrendered_config", "unrendered_config"])
    if where == "config" and name not in resource.get("config", {}):
        return
    if where == "config" and name == "enabled":
        return
    config = resource.setdefault(where, {})
    if choice.random() < 0.2 and where == "unrendered_config":
        config.pop(name, None)
    else:
        config[name] = value


def edit_contract(model: dict[str, Any], choice: random.Random) -> None:
    kind = choice.randrange(6)
    contract = model.setdefault("contract", {"enforced": False, "checksum": None})
    columns = model.setdefault("columns", {})
    name = choice.choice([*columns, "added"])
    column = columns.setdefault(name, {"name": name})
    if kind == 0:
        contract["enforced"] = not contract.get("enforced")
    elif kind == 1:
        contract["checksum"] = choice.choice(["a", "b", None])
    elif kind == 2:
        del columns[name]
    elif kind == 3:
        column["data_type"] = choice.choice(["int", "INT", "varchar(3)", "VARCHAR(10)", None, ""])
    elif kind == 4:
        column["constraints"] = choice.choice(CONSTRAINTS)
    else:
        model["constraints"] = [
            {**constraint, "columns": ["a"]} for constraint in choice.choice(CONSTRAINTS)
        ]
    if choice.random() < 0.5:
        contract["enforced"] = True


def edit_field(resource: dict[str, Any], choice: random.Random) -> None:
    kind = choice.randrange(10)
    if kind < 6:
        present = [field for field in FIELDS if field in resource]
        field = choice.choice(present or ["description"])
        values = VALUES.get(field, TEXTS)
        if field in {"raw_code", "database", "schema", "identifier", "alias", "description"}:
            values = ["", "x", "y"]
        if values:
            resource[field] = choice.choice(values)
    elif kind == 6:
        resource["fqn"] = [*resource["fqn"], "x"]
    elif kind == 7 and isinstance(resource.get("checksum"), dict):
        resource["checksum"] = {
            "name": choice.choice(["sha256", "path"]),
            "checksum": choice.choice(["x", "y"]),
        }
    elif kind == 8 and resource.get("columns"):
        column = choice.choice(list(resource["columns"].values()))
        column["description"] = choice.choice(["", "x"])
    elif kind == 9 and resource["resource_type"] == "source":
        resource["freshness"] = choice.choice(
            [None, {"warn_after": {"count": 1, "period": "day"}, "error_after": {}, "filter": None}]
        )
        resource["quoting"] = {"database": choice.choice([True, None]), "column": None}
        resource["external"] = choice.choice([None, {"location": "s3"}])
