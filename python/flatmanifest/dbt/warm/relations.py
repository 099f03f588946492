"""The seam of the relation cache (dbt.task.runnable, GraphRunnableTask.populate_adapter_cache).

Before a command runs its nodes, dbt makes a relation of every node of the project, to know the
schemas whose relations it lists. Nodes that differ only in names have the same schema relation, so
that one of them stands for all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dbt.adapters.base.impl import BaseAdapter
from dbt.adapters.base.relation import BaseRelation

from flatmanifest.dbt.cache.lazy_dict import fields_now
from flatmanifest.dbt.seam_lock import digest_of_source
from flatmanifest.dbt.seams import attempt, seam

if TYPE_CHECKING:
    from collections.abc import Callable

    from dbt.contracts.graph.manifest import Manifest

# What decides whether dbt makes a relation of a node, and which, beside its identifier
# (BaseRelation.create_from; the properties is_relational, is_ephemeral_model, is_external_node).
FIELDS = (
    *("resource_type", "database", "schema", "config.materialized", "config.store_failures"),
    *("path", "original_file_path", "config.quoting"),
)
EXTRA = "config._extra"
# The methods of BaseAdapter that get the nodes, each with the digests of the source that is known
# to read no more of them (dbt-adapters 1.24). An adapter with a method of its own may read more.
METHODS = {
    "set_relations_cache": {"b1440a68c261c90a"},
    "_relations_cache_for_schemas": {"45234f8bb1dc53ee"},
    "_get_cache_schemas": {"1231aa0d693923c1"},
}
# The same for the relation classes whose create_from is called for a node that is no source.
CREATORS = {
    "dbt.adapters.base.relation:BaseRelation": {"72edd928cac913e1"},
    "dbt.adapters.duckdb.relation:DuckDBRelation": {"85d951b260d5a006"},
}


class Represented:
    """A manifest with some of its nodes."""

    def __init__(self, manifest: Manifest, nodes: dict[str, Any]) -> None:
        self.manifest = manifest
        self.nodes = nodes

    def __getattr__(self, name: str) -> Any:
        return getattr(self.manifest, name)


@seam(
    "dbt.task.runnable:GraphRunnableTask",
    "populate_adapter_cache",
    "one node stands for all with the same schema",
)
def populate_adapter_cache(
    original: Callable[..., Any], task: Any, adapter: Any, *args: Any, **kwargs: Any
) -> Any:
    whole = task.manifest
    nodes = None if whole is None else attempt(representatives, whole, adapter)
    if nodes is None:
        return original(task, adapter, *args, **kwargs)
    task.manifest = Represented(whole, nodes)
    try:
        return original(task, adapter, *args, **kwargs)
    finally:
        task.manifest = whole


def representatives(manifest: Manifest, adapter: Any) -> dict[str, Any] | None:
    """Nodes whose schema relations are those of all nodes; None if that is not known."""
    rows = fields_now(manifest.nodes, *FIELDS, EXTRA) if is_known(adapter) else None
    if rows is None:
        return None
    chosen: dict[Any, str] = {}
    for key, *plain, path, original_path, quoting, extra in rows:
        group = (*plain, bool(path), bool(original_path), repr(quoting))
        chosen.setdefault(key if extra else group, key)
    return {key: manifest.nodes[key] for key in chosen.values()}


def is_known(adapter: Any) -> bool:
    """Whether an adapter makes schema relations of what FIELDS and EXTRA say, and nothing else."""
    kind = type(adapter)
    for name, digests in METHODS.items():
        method = vars(BaseAdapter)[name]
        if getattr(kind, name) is not method or digest_of_source(method) not in digests:
            return False
    creators = [each for each in kind.Relation.__mro__ if "create_from" in vars(each)]
    return BaseRelation in creators and all(
        digest_of_source(vars(each)["create_from"])
        in CREATORS.get(f"{each.__module__}:{each.__qualname__}", ())
        for each in creators
    )
