"""The seams of dbt's checks of a whole manifest: dbt.parser.manifest.

A check that has found nothing is not repeated while its input stays the same. If a check concerns
certain nodes only, a column of the entry says whether there are any.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from itertools import chain
from typing import TYPE_CHECKING, Any

from dbt.config.runtime import _is_config_used
from dbt.contracts.graph.manifest import Manifest
from dbt.flags import get_flags
from dbt.node_types import NodeType
from dbt.parser.manifest import ManifestLoader

from flatmanifest.dbt.cache.entry import entry_of, unchanged
from flatmanifest.dbt.cache.lazy_dict import places_of, rows_of
from flatmanifest.dbt.seams import Kind, attempt, seam

if TYPE_CHECKING:
    from flatmanifest.dbt.cache.entry import Entry

# The collections that Manifest.get_resource_fqns reads, in its order.
NAMED = (
    "exposures",
    "functions",
    "nodes",
    "sources",
    "metrics",
    "semantic_models",
    "saved_queries",
    "unit_tests",
)
CONFIGURED = (*NAMED, "disabled")


# The fields of a node that decide whether it has a relation, and the relation's name.
NAMING = (
    "name",
    "package_name",
    "resource_type",
    "database",
    "schema",
    "alias",
    "config.materialized",
    "config.quoting",
    "config.store_failures",
    "version",
)


@seam("dbt.parser.manifest", "_check_resource_uniqueness", "names that passed once pass again")
def check_resource_uniqueness(
    original: Callable[..., Any], manifest: Manifest, config: Any
) -> None:
    entry = attempt(unchanged, manifest, "nodes")
    flags = get_flags()
    is_strict = getattr(flags, "require_unique_project_resource_names", None)
    # STORE_FAILURES gives tests relations.
    check = f"uniqueness {is_strict} {flags.STORE_FAILURES}"
    if entry is not None and check in entry.passed_checks:
        return
    if attempt(has_names_that_passed, manifest, check):
        return
    original(manifest, config)  # raises if it finds anything
    # dbt may only warn of duplicate names. It then has to check, and warn, every time.
    if entry is not None and attempt(has_unique_names, manifest):
        attempt(entry.keep_passed_check, check)


def has_names_that_passed(manifest: Manifest, check: str) -> bool:
    """Whether a partial parse has changed no name, and the names before it passed the check."""
    entry = entry_of(manifest)
    earlier = entry and entry.previous
    if entry is None or earlier is None or check not in earlier.passed_checks:
        return False
    stored = earlier.maps["nodes"]
    places = places_of(stored)
    for key in entry.changed["nodes"]:
        place = places.get(key)
        if place is None or naming_of(stored.restore(place)) != naming_of(manifest.nodes[key]):
            return False
    entry.keep_passed_check(check)
    return True


def naming_of(node: Any) -> tuple[Any, ...]:
    values: list[Any] = []
    for field in NAMING:
        holder, _, name = field.rpartition(".")
        value = getattr(node.config if holder else node, name, None)
        values.append(value.value if isinstance(value, Enum) else value)
    return tuple(values)


def has_unique_names(manifest: Manifest) -> bool:
    relational = [node for node in manifest.nodes.values() if node.is_relational]
    return len({(node.package_name, node.name) for node in relational}) == len(relational)


@seam(
    "dbt.parser.manifest", "_warn_for_unused_resource_config_paths", "silent once, it stays silent"
)
def warn_for_unused_resource_config_paths(
    original: Callable[..., Any], manifest: Manifest, config: Any
) -> None:
    check = "config paths"
    entry = attempt(unchanged, manifest, *CONFIGURED)
    if entry is not None and check in entry.passed_checks:
        return
    original(manifest, config)
    if entry is not None and attempt(has_no_unused_path, manifest, config):
        attempt(entry.keep_passed_check, check)


@seam(
    "dbt.contracts.graph.manifest:Manifest",
    "get_resource_fqns",
    "names from columns of the entry",
)
def get_resource_fqns(original: Callable[..., Any], manifest: Manifest) -> dict[str, Any]:
    found = None if entry_of(manifest) is None else attempt(fqns_in_columns, manifest)
    return original(manifest) if found is None else found


def fqns_in_columns(manifest: Manifest) -> dict[str, set[tuple[str, ...]]] | None:
    rows = rows_of(manifest, NAMED, "resource_type", "fqn")
    if rows is None:
        return None
    fqns: dict[str, set[tuple[str, ...]]] = {}
    for _, kind, fqn in rows:
        fqns.setdefault(NodeType(kind).pluralize(), set()).add(tuple(fqn))
    return fqns


def has_no_unused_path(manifest: Manifest, config: Any) -> bool:
    """Whether RuntimeConfig.warn_for_unused_resource_config_paths would not warn."""
    disabled = chain.from_iterable(manifest.disabled.values())
    disabled_fqns = {tuple(resource.fqn) for resource in disabled}
    fqns_of_type = manifest.get_resource_fqns()
    return all(
        _is_config_used(path, disabled_fqns | set(fqns_of_type.get(resource_type, ())))
        for resource_type, paths in config.get_resource_config_paths().items()
        for path in paths
    )


def has_microbatch(entry: Entry) -> bool:
    return "microbatch" in entry.column("nodes", "config.incremental_strategy")


# Methods of ManifestLoader that look at every node, each with a function that says whether an entry
# has a node that concerns the method.
CONCERNED: dict[str, Callable[[Entry], bool]] = {
    "check_for_model_deprecations": lambda entry: any(entry.column("nodes", "deprecation_date")),
    "check_for_spaces_in_resource_names": lambda entry: any(
        " " in name for name in entry.column("nodes", "name")
    ),
    "check_for_microbatch_deprecations": has_microbatch,
    "check_microbatch_model_has_a_filtered_input": has_microbatch,
    "check_forcing_batch_concurrency": lambda entry: any(
        entry.column("nodes", "config.concurrent_batches")
    ),
}


def skip_if_unconcerned(name: str) -> None:
    @seam(
        "dbt.parser.manifest:ManifestLoader",
        name,
        "a column of the entry says that it concerns no node",
    )
    def check(original: Callable[..., Any], loader: ManifestLoader) -> None:
        if not attempt(concerns_nobody, name, loader.manifest):
            original(loader)
        elif name == "check_for_model_deprecations":
            loader.manifest.build_parent_and_child_maps()  # dbt's check has this side effect


def concerns_nobody(name: str, manifest: Manifest) -> bool:
    entry = unchanged(manifest, "nodes")
    return entry is not None and not CONCERNED[name](entry)


for method in CONCERNED:
    skip_if_unconcerned(method)


@seam(
    "dbt.contracts.graph.manifest:Manifest",
    "external_node_unique_ids",
    "a column of the entry says that there are none",
    kind=Kind.PROPERTY,
)
def external_node_unique_ids(original: Callable[..., Any], manifest: Manifest) -> list[str]:
    """The ids of the models of other projects: those without a path."""
    if attempt(has_no_external_node, manifest):
        return []
    found: list[str] = original(manifest)
    return found


def has_no_external_node(manifest: Manifest) -> bool:
    entry = unchanged(manifest, "nodes")
    return entry is not None and all(entry.column("nodes", "path"))
