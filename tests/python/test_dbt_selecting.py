"""The native selector gives the same for dbt's objects as for the artifact that dbt writes.

test_selection_parity.py compares its selections from artifacts with dbt's selector.
"""

from __future__ import annotations

import gzip
import warnings
from typing import TYPE_CHECKING, Any

import pytest

import flatmanifest
from flatmanifest._native import Unbuilt
from tests.conftest import COMPARED
from tests.projects.parsed import GENERATED
from tests.python.selection_grammar import Grammar
from tests.python.selection_oracle import Oracle, Request, project_of
from tests.randomness import seeded

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SELECTIONS = 2_000
OUTPUTS = ("selector", "name", "path")
# dbt reads no older schema version; the manifest of version 4 has an edge to a missing model.
UNREADABLE = {"jaffle_shop_v1", "jaffle_shop_v2", "jaffle_shop_v3", "jaffle_shop_v4"}


class Forms:
    """One manifest as an artifact and as dbt's objects."""

    def __init__(self, path: Path, directory: Path) -> None:
        from flatmanifest.dbt.cache import entry, objects

        self.artifact = flatmanifest.open(path)
        self.plain: dict[str, Any] = self.artifact.to_dict()
        dbts = Oracle(path, project_of(self.plain, directory / "project")).manifest
        dbts.selectors = self.plain.get("selectors") or {}
        fields = {name: getattr(dbts, name) for name in entry.kept_fields()}
        fields["metadata"] = entry.storable(dbts.metadata)
        objects.publish(directory / "objects.fman", fields)
        self.stored = objects.load(directory / "objects.fman")
        self.objects = self.stored.manifest()
        self.path = directory / "objects.fman"

    def answers(self, request: Request) -> list[Any]:
        return [answer(manifest, request) for manifest in (self.artifact, self.objects)]


def answer(manifest: flatmanifest.Manifest, request: Request) -> Any:
    try:
        return manifest.select_with_warnings(request.select, **request.keywords())
    except flatmanifest.SelectionError as error:
        return str(error)


@pytest.fixture(scope="module", params=[*GENERATED, *sorted(COMPARED.keys() - UNREADABLE)])
def forms(
    request: pytest.FixtureRequest,
    generated: Callable[[str], Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Forms:
    name: str = request.param
    directory = tmp_path_factory.mktemp("forms")
    path = directory / "manifest.json"
    source = COMPARED.get(name)
    text = gzip.decompress(source.read_bytes()) if source else generated(name).read_bytes()
    path.write_bytes(text)
    return Forms(path, directory)


def test_random_selections(forms: Forms) -> None:
    grammar = Grammar(forms.plain, seeded(5))
    for _ in range(SELECTIONS):
        request = grammar.request()
        artifact, objects = forms.answers(request)
        assert objects == artifact, request


def test_lines(forms: Forms) -> None:
    ids = forms.artifact.select_with_warnings(resource_type="all")[0]
    for output in OUTPUTS:
        assert forms.objects.list_lines(ids, output) == forms.artifact.list_lines(ids, output)


def test_what_cannot_be_listed(forms: Forms) -> None:
    with pytest.raises(ValueError, match="no JSON"):
        forms.objects.list_lines([], "json")
    with pytest.raises(ValueError, match="not lines"):
        forms.artifact.list_lines([], "lines")
    with pytest.raises(KeyError, match="no_such_id"):
        forms.artifact.list_lines(["no_such_id"])


def test_graphs(forms: Forms) -> None:
    artifact, objects = forms.artifact.graph, forms.objects.graph
    assert (objects.nodes(), objects.edges()) == (artifact.nodes(), artifact.edges())


@pytest.mark.parametrize("kind", ["RefableLookup", "AnalysisLookup", "SourceLookup", "DocLookup"])
def test_lookups_have_dbts_names(forms: Forms, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import dbt.contracts.graph.manifest as manifests

    import dbt_flatmanifest  # noqa: F401 - puts the seams in
    from flatmanifest.dbt.cache.entry import Entry

    manifest = Entry(forms.path).manifest()
    lookup = getattr(manifests, kind)
    ours = lookup(manifest).storage
    versioned = [node for node in dict.values(manifest.nodes) if type(node) is not Unbuilt]
    assert len(versioned) <= sum("version" in each for each in forms.plain["nodes"].values())
    monkeypatch.setenv("FLATMANIFEST", "0")
    expected = lookup(manifest).storage
    assert ours == expected
    assert list(ours) == list(expected)


def test_columns_are_fields(forms: Forms) -> None:
    nodes = forms.stored.map("nodes")
    built = [nodes.restore(place) for place in range(len(nodes))]
    assert nodes.column("name") == [node.name for node in built]
    assert nodes.column("config.enabled") == [node.config.enabled for node in built]
    assert nodes.column("depends_on.nodes") == [
        getattr(node.depends_on, "nodes", None) for node in built
    ]
    assert nodes.column("no.such.field") == [None] * len(built)


def test_a_dict_matches_until_it_is_changed(forms: Forms) -> None:
    from flatmanifest.dbt.cache.lazy_dict import LazyDict

    nodes = LazyDict(forms.stored.map("nodes"))
    first, last = next(iter(nodes)), next(reversed(nodes))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert nodes[first].name
    assert nodes.is_as_stored()
    nodes[first].name += "x"
    assert not nodes.is_as_stored()
    nodes[first].name = nodes[first].name[:-1]
    assert nodes.is_as_stored()
    value = nodes.pop(last)
    assert not nodes.is_as_stored()
    nodes[last] = value
    assert nodes.is_as_stored()
    nodes[first] = nodes.pop(first)
    assert nodes.is_as_stored() == (first == last)
