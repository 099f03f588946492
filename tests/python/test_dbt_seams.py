"""The result of each seam for an entry equals dbt's result for the same manifest, in one process.

The tests in tests/dbt compare whole commands of dbt, with all seams at once.
"""

from __future__ import annotations

import copy
import io
import json
import re
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from flatmanifest._native import Unbuilt
from tests.python.selection_oracle import Oracle, project_of, warnings_of_dbt

if TYPE_CHECKING:
    from collections.abc import Callable

    from flatmanifest.dbt.cache.entry import Entry
    from flatmanifest.dbt.dependencies import Dependencies


@pytest.fixture(scope="module")
def source(generated: Callable[[str], Path]) -> Path:
    """Return the manifest.json of a project with every type of resource."""
    return generated("small_everything")


@pytest.fixture
def dbts(source: Path, tmp_path: Path) -> Any:
    """Return dbt's manifest, made from its JSON by dbt alone."""
    from dbt.flags import get_flags

    import dbt_flatmanifest  # noqa: F401 - puts the seams in

    plain = json.loads(source.read_text())
    manifest = Oracle(source, project_of(plain, tmp_path / "files")).manifest
    manifest.selectors = plain.get("selectors") or {}
    get_flags().SEND_ANONYMOUS_USAGE_STATS = False
    return manifest


def published(manifest: Any, path: Path) -> Entry:
    from flatmanifest.dbt.cache import entry as entries

    return entries.publish(path, manifest, parsed_from([]), entries.ParseFacts({}, {}))


def parsed_from(trees: list[str]) -> Dependencies:
    from flatmanifest.dbt.dependencies.record import READ, taken

    return taken({READ: trees}, [], {})


@pytest.fixture
def entry(dbts: Any, tmp_path: Path) -> Entry:
    entry = published(dbts, tmp_path / "key.fman")
    dbts.flatmanifest_entry = None  # without an entry, all seams leave the manifest to dbt
    return entry


@pytest.fixture
def ours(entry: Entry) -> Any:
    """Return the same manifest as a warm start reads it."""
    return entry.manifest()


def edges(graph: Any) -> list[Any]:
    return [list(graph.nodes), list(graph.edges(data=True))]


def is_unbuilt(manifest: Any) -> bool:
    """Return whether no node has been built: then the seams have answered from columns."""
    return all(type(node) is Unbuilt for node in dict.values(manifest.nodes))


def test_a_graph_is_linked_as_by_dbt(dbts: Any, ours: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from dbt.compilation import Linker

    one, other = Linker(), Linker()
    one.link_graph(dbts)
    other.link_graph(ours)
    assert edges(other.graph) == edges(one.graph)
    summary = other.get_graph_summary(ours)
    assert is_unbuilt(ours)
    monkeypatch.setenv("FLATMANIFEST", "0")
    assert summary == one.get_graph_summary(dbts)


@pytest.mark.parametrize("fast", [False, True])
def test_test_edges_are_dbts(dbts: Any, ours: Any, *, fast: bool) -> None:
    from dbt.compilation import Linker
    from dbt.flags import get_flags

    get_flags().USE_FAST_TEST_EDGES = fast
    graphs = []
    for manifest in (dbts, ours):
        manifest.build_parent_and_child_maps()
        linker = Linker()
        linker.link_graph(manifest)
        linker.add_test_edges(manifest)
        graphs.append(linker.graph)
    one, other = graphs
    assert sorted(other.edges(data="edge_type")) == sorted(one.edges(data="edge_type"))
    assert "parent_test" in {kind for _, _, kind in other.edges(data="edge_type")}
    assert is_unbuilt(ours)


def test_a_part_of_the_graph_is_dbts(dbts: Any, ours: Any) -> None:
    import dbt.graph
    from dbt.compilation import Linker

    parts = []
    for manifest in (dbts, ours):
        linker = Linker()
        linker.link_graph(manifest)
        names = [name for number, name in enumerate(linker.graph) if number % 3]
        parts.append(dbt.graph.Graph(linker.graph).get_subset_graph(names).graph)
    one, other = parts
    assert set(other.nodes) == set(one.nodes)
    assert set(other.edges) == set(one.edges)


def test_relatives_and_groups_are_dbts(dbts: Any, ours: Any) -> None:
    for manifest in (dbts, ours):
        manifest.build_parent_and_child_maps()
        manifest.build_group_map()
    assert ours.parent_map == dbts.parent_map
    assert ours.child_map == dbts.child_map
    assert list(ours.child_map) == list(dbts.child_map)
    assert ours.group_map == dbts.group_map
    assert any(ours.group_map.values())
    assert is_unbuilt(ours)


def test_counts_come_from_columns(dbts: Any, tmp_path: Path) -> None:
    from dbt import compilation

    test = next(key for key in dbts.nodes if key.startswith("test."))
    dbts.nodes[test].config.enabled = False  # disabled tests do not count
    ours = published(dbts, tmp_path / "other.fman").manifest()
    dbts.flatmanifest_entry = None
    one, other = (compilation._generate_stats(each) for each in (dbts, ours))  # noqa: SLF001
    assert other == one
    assert is_unbuilt(ours)


def edit(manifest: Any) -> None:
    """Change a model, remove another, add a third and move a fourth to the end."""
    models = [key for key in manifest.nodes if key.startswith("model.")]
    manifest.nodes[models[0]].description = "edited"
    del manifest.nodes[models[1]]
    manifest.nodes["model.added"] = manifest.nodes[models[2]]
    manifest.nodes[models[3]] = manifest.nodes.pop(models[3])


def test_the_flat_graph_is_dbts(dbts: Any, ours: Any) -> None:
    for manifest in (dbts, ours):
        edit(manifest)
        manifest.build_flat_graph()
    assert list(ours.flat_graph) == list(dbts.flat_graph)
    for name, expected in dbts.flat_graph.items():
        assert dict(ours.flat_graph[name].items()) == expected, name
        assert list(ours.flat_graph[name]) == list(expected), name


def test_a_file_for_partial_parsing_is_packed_again_as_by_dbt(
    dbts: Any, entry: Entry, ours: Any
) -> None:
    from dbt.parser.manifest import extended_mashumaro_encoder, extended_mashumuro_decoder

    from flatmanifest.dbt.cache.partial_parse import repack

    before = dbts.to_msgpack(extended_mashumaro_encoder)
    edit(dbts)
    edit(ours)
    ours.metadata = dbts.metadata
    packed = b"".join(repack(entry, before, ours, extended_mashumaro_encoder))
    expected = dbts.to_msgpack(extended_mashumaro_encoder)
    one, other = map(extended_mashumuro_decoder, (expected, packed))
    assert other["nodes"] == one["nodes"]
    assert packed == expected


def test_manifest_json_is_spliced_as_dbt_writes_it(
    dbts: Any, entry: Entry, ours: Any, tmp_path: Path
) -> None:
    from flatmanifest.dbt.cache.manifest_json import splice

    shown, expected = tmp_path / "shown.json", tmp_path / "expected.json"
    models = [key for key in dbts.nodes if key.startswith("model.")]
    description = dbts.nodes[models[0]].description
    dbts.write(str(shown))
    edit(dbts)
    edit(ours)
    ours.metadata = dbts.metadata
    dbts.write(str(expected))
    ours.build_parent_and_child_maps()
    ours.build_group_map()
    pieces, stale = splice(entry, {}, ours, str(shown))
    assert json.loads(b"".join(pieces)) == json.loads(expected.read_text())
    assert b"".join(pieces) == expected.read_bytes()
    # In the next write, the stored text of these resources is stale.
    assert stale == {"nodes": [models[0], "model.added"]}
    shown.write_bytes(b"".join(pieces))
    for manifest in (dbts, ours):
        manifest.nodes[models[0]].description = description
    dbts.write(str(expected))
    pieces, stale = splice(entry, stale, ours, str(shown))
    assert b"".join(pieces) == expected.read_bytes()
    assert stale == {"nodes": ["model.added"]}


def test_one_node_stands_for_all_with_its_schema(
    dbts: Any, ours: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dbt.adapters.duckdb.impl import DuckDBAdapter
    from dbt.flags import get_flags

    from flatmanifest.dbt.warm.relations import representatives

    monkeypatch.setattr(get_flags(), "STORE_FAILURES", False, raising=False)
    adapter: Any = object.__new__(DuckDBAdapter)
    adapter.config = SimpleNamespace(quoting={"database": True, "schema": True, "identifier": True})

    def schemas(nodes: dict[str, Any]) -> Any:
        relational = [
            node
            for node in nodes.values()
            if node.is_relational and not node.is_ephemeral_model and not node.is_external_node
        ]
        return adapter._get_cache_schemas(relational)  # noqa: SLF001 - dbt's own

    few = representatives(ours, adapter)
    assert few is not None
    assert schemas(few) == schemas(dbts.nodes)
    assert len(few) < len(dbts.nodes) / 2
    models = [key for key in dbts.nodes if key.startswith("model.")]
    for manifest in (dbts, ours):
        manifest.nodes[models[0]].schema = "another"
        manifest.nodes[models[1]].database = "elsewhere"
    few = representatives(ours, adapter)
    assert few is not None
    assert schemas(few) == schemas(dbts.nodes)
    assert len(schemas(few)) > 2

    class Other(DuckDBAdapter):  # type: ignore[misc]
        """An adapter whose method may read more of a node."""

        def _get_cache_schemas(self, relation_configs: Any) -> Any:
            return super()._get_cache_schemas(relation_configs)

    assert representatives(ours, object.__new__(Other)) is None


def test_what_is_selected_is_dbts(dbts: Any, tmp_path: Path) -> None:
    import dbt.task.runnable
    from dbt.compilation import Linker
    from dbt.graph import Graph, ResourceTypeSelector
    from dbt.node_types import NodeType

    dbts.selectors = {}  # a default selector would leave the command to dbt
    ours = published(dbts, tmp_path / "other.fman").manifest()
    dbts.flatmanifest_entry = None
    for excluded in ([], ["stg_orders"]):
        found = []
        for manifest in (dbts, ours):
            linker = Linker()
            linker.link_graph(manifest)
            spec = dbt.task.runnable.parse_difference(["tag:nightly+", "+customers"], excluded)
            selector = ResourceTypeSelector(
                graph=Graph(linker.graph),
                manifest=manifest,
                previous_state=None,
                resource_types=[NodeType.Model, NodeType.Test],
            )
            found.append(selector.get_selected(spec))
        assert found[0] == found[1]
        assert ("model.small_everything.stg_orders" in found[1]) is not bool(excluded)
    assert is_unbuilt(ours)


@pytest.mark.parametrize("secret", ["", "planted"])
def test_lines_are_printed_as_dbt_prints_them(secret: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from dbt_common.events.base_types import EventLevel
    from dbt_common.events.event_manager import EventManager
    from dbt_common.events.functions import env_scrubber
    from dbt_common.events.logger import LineFormat, LoggerConfig
    from dbt_common.events.types import PrintEvent

    from flatmanifest.dbt.warm.list_task import is_known, print_lines

    if secret:
        monkeypatch.setenv("DBT_ENV_SECRET_PLANTED", secret)
    lines = ["one", "two with planted words", "drei \u00e4"]
    said = []
    for is_ours in (False, True):
        manager, stream = EventManager(), io.StringIO()
        manager.add_logger(
            LoggerConfig(
                name=f"seams_{is_ours}_{secret}",
                level=EventLevel.DEBUG,
                line_format=LineFormat.DebugText,
                output_stream=stream,
                scrubber=env_scrubber,
                filter=lambda message: message.info.name == "PrintEvent",
            )
        )
        if is_ours:
            assert all(map(is_known, manager.loggers))
            print_lines(manager.loggers, lines)
        else:
            for line in lines:
                manager.fire_event(PrintEvent(msg=line))
        said.append(re.sub(r"\d\d:\d\d:\d\d\.\d+", "TIME", stream.getvalue()))
    assert said[1] == said[0]
    assert said[1].count("\n") >= len(lines)
    assert ("planted" in said[1]) is not bool(secret)


@pytest.mark.parametrize("workers", [1, 2])
def test_manifest_json_is_written_again_as_dbt_writes_it(
    dbts: Any, entry: Entry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    from flatmanifest.dbt.cache.entry import Entry as Opened

    monkeypatch.setenv("FLATMANIFEST_PARSE_WORKERS", str(workers))
    one, other = tmp_path / "dbts.json", tmp_path / "ours.json"

    def write(ours: Any, dbt_version: str) -> None:
        for manifest, path in ((dbts, one), (ours, other)):
            manifest.metadata = copy.copy(dbts.metadata)
            manifest.metadata.dbt_version = dbt_version
            manifest.write(str(path))
        assert other.read_bytes() == one.read_bytes()

    # The first time, dbt builds every node to write it, unless worker processes do.
    write(entry.manifest(), "1.11.1")
    # The metadata are as long as before, shorter or longer; the rest of the file stays.
    ours = Opened(entry.path).manifest()
    for dbt_version in ("1.11.2", "1.1", "1.11.10"):
        write(ours, dbt_version)
    assert is_unbuilt(ours)
    other.write_bytes(other.read_bytes().replace(b"stg_orders", b"stg_others"))
    write(ours, "1.11.11")
    other.unlink()
    write(ours, "1.11.12")


@pytest.mark.parametrize("user_id", [None, UUID(int=7), str(UUID(int=7))])
def test_the_users_id_is_kept_as_text(dbts: Any, tmp_path: Path, user_id: Any) -> None:
    """The id is a UUID where dbt has read its own file, and only with usage statistics."""
    dbts.metadata.user_id = user_id
    ours = published(dbts, tmp_path / "key.fman").manifest()
    assert dbts.metadata.user_id is user_id
    assert ours.metadata.user_id == (None if user_id is None else str(UUID(int=7)))
    assert ours.metadata.to_dict() == dbts.metadata.to_dict()


def test_an_edit_is_seen(entry: Entry, ours: Any) -> None:
    from flatmanifest.dbt.cache.entry import unchanged

    assert unchanged(ours) is entry
    node = next(iter(ours.nodes.values()))
    node.tags.append("added")
    assert unchanged(ours) is None
    assert unchanged(ours, "nodes") is None
    assert unchanged(ours, "sources") is entry
    node.tags.pop()
    assert unchanged(ours) is entry


def test_records_of_another_generation_are_not_used(entry: Entry, tmp_path: Path) -> None:
    from flatmanifest.dbt.cache import entry as entries
    from flatmanifest.dbt.cache import objects

    trees, artifact = [str(tmp_path / "model.sql")], str(tmp_path / "artifact.json")

    def write(text: str) -> None:
        for path in (*trees, artifact):
            Path(path).write_text(text)

    def keep(entry: Entry) -> None:
        entry.keep_state(parsed_from(trees))
        entry.keep_artifact(artifact)

    def known(entry: Entry) -> tuple[bool, bool]:
        return entry.is_fresh(trees), entry.artifact(artifact) is not None

    write("1")
    keep(entry)
    assert known(entries.Entry(entry.path)) == (True, True)
    write("2")
    assert known(entries.Entry(entry.path)) == (False, False)
    keep(entry)
    assert known(entries.Entry(entry.path)) == (True, True)
    # Another process publishes under the same name; state and artifacts are still the earlier ones.
    objects.publish(entry.path, {"env_vars": {}})
    assert known(entries.Entry(entry.path)) == (False, False)


def test_variables_are_known_by_their_values(monkeypatch: pytest.MonkeyPatch) -> None:
    from dbt.constants import DEFAULT_ENV_PLACEHOLDER

    from flatmanifest.dbt.cache.hidden_values import CHANGED, hidden, values_now

    values = {"SAME": "correct horse", "OTHER": "then", "MISSING": DEFAULT_ENV_PLACEHOLDER}
    salted = hidden(values)
    assert salted.keys() == values.keys()
    assert not any(value in text for value in values.values() for text in salted.values())
    assert salted != hidden(values)  # another salt
    monkeypatch.setenv("SAME", "correct horse")
    monkeypatch.setenv("OTHER", "now")
    monkeypatch.delenv("MISSING", raising=False)
    assert values_now(salted) == {**values, "OTHER": CHANGED}
    assert values_now(salted, values) == values
    assert values_now(salted, {"OTHER": "never"})["OTHER"] == CHANGED


CONCERNING: dict[str, Callable[[Any], None]] = {
    "check_for_model_deprecations": lambda model: setattr(
        model, "deprecation_date", datetime(2020, 1, 1, tzinfo=timezone.utc)
    ),
    "check_for_spaces_in_resource_names": lambda model: setattr(model, "name", "two words"),
    "check_for_microbatch_deprecations": lambda model: setattr(
        model.config, "incremental_strategy", "microbatch"
    ),
    "check_microbatch_model_has_a_filtered_input": lambda model: setattr(
        model.config, "incremental_strategy", "microbatch"
    ),
    "check_forcing_batch_concurrency": lambda model: setattr(
        model.config, "concurrent_batches", True
    ),
}


def test_checks_are_left_out_where_they_concern_nobody(dbts: Any, tmp_path: Path) -> None:
    from flatmanifest.dbt.warm.checks import CONCERNED, concerns_nobody

    assert CONCERNING.keys() == CONCERNED.keys()
    unique_id = "model.small_everything.customers"
    model = dbts.nodes[unique_id]

    def with_nodes(*nodes: Any) -> Any:
        dbts.nodes = {f"{unique_id}.{number}": node for number, node in enumerate(nodes)}
        dbts.flatmanifest_entry = None
        return published(dbts, tmp_path / "key.fman").manifest()

    for name, change in CONCERNING.items():
        assert concerns_nobody(name, with_nodes(model, model)), name
        changed = copy.deepcopy(model)
        change(changed)
        assert not concerns_nobody(name, with_nodes(model, changed)), name


class Answering:
    def answer(self) -> str:
        return "dbt's"


def test_what_fails_is_left_to_dbt(monkeypatch: pytest.MonkeyPatch) -> None:
    from flatmanifest.dbt import seams

    @seams.seam(f"{__name__}:Answering", "answer", "fails")
    def answer(original: Callable[..., str], owner: Answering) -> str:
        return seams.attempt(fails) or original(owner)

    def fails() -> str:
        message = "planted failure"
        raise ValueError(message)

    monkeypatch.setattr(Answering, "answer", Answering.answer)  # restores it after the test
    seams.install([seams.REGISTRY.pop()])
    monkeypatch.setattr(seams, "_reported", set())
    with warnings_of_dbt() as said:
        assert Answering().answer() == "dbt's"
        assert Answering().answer() == "dbt's"
    assert len(said) == 1
    assert "flatmanifest failed and leaves this to dbt (ValueError: planted failure)" in said[0]
    monkeypatch.setenv("FLATMANIFEST", "0")
    monkeypatch.setattr(seams, "attempt", None)  # must not be called any more
    assert Answering().answer() == "dbt's"


def test_entries_are_named_by_what_makes_dbt_parse_anew(tmp_path: Path) -> None:
    from dbt.adapters.factory import load_plugin

    from flatmanifest.dbt.warm.loading import parse_key

    load_plugin("duckdb")
    names = {
        "project_root": str(tmp_path),
        "project_name": "orders",
        "profile_name": "shop",
        "target_name": "dev",
        "vars_hash": "vars",
        "profile_hash": "profile",
        "project_env_vars_hash": "variables",
    }

    def key(**changed: str) -> str:
        values = {**names, **changed}
        hashes = {
            name: SimpleNamespace(checksum=value)
            for name, value in values.items()
            if name.endswith("_hash")
        }
        project = SimpleNamespace(**values, credentials=SimpleNamespace(type="duckdb"))
        manifest = SimpleNamespace(state_check=SimpleNamespace(**hashes))
        loader: Any = SimpleNamespace(root_project=project, manifest=manifest)
        return " ".join(parse_key(loader))

    assert key() == key()
    assert len({key(), *(key(**{name: "another"}) for name in names)}) == len(names) + 1
