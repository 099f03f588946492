"""``Manifest.select`` compared with the installed dbt's selector, on thousands of selections.

For a long run, FLATMANIFEST_SELECTIONS multiplies the number of selections.
"""

from __future__ import annotations

import gzip
import json
import os
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

import flatmanifest
from tests.conftest import COMPARED
from tests.projects.parsed import GENERATED
from tests.python.selection_grammar import Grammar
from tests.python.selection_oracle import (
    Answer,
    Oracle,
    Request,
    is_disputed,
    project_of,
    untagged,
)
from tests.randomness import seeded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

FACTOR = int(os.environ.get("FLATMANIFEST_SELECTIONS", "1"))
# From the largest manifest, each selection takes dbt a third of a second.
SELECTIONS = 400 * FACTOR
SELECTIONS_FROM_LARGE = 30 * FACTOR
LARGE = 20_000_000
# dbt reads no older schema version; the manifest of version 4 has an edge to a missing model.
UNREADABLE = {"jaffle_shop_v1", "jaffle_shop_v2", "jaffle_shop_v3", "jaffle_shop_v4"}


class Pair:
    """One manifest in dbt and in flatmanifest."""

    def __init__(self, path: Path, directory: Path) -> None:
        """Load a manifest's JSON into both; ``directory`` becomes the project's."""
        self.plain: dict[str, Any] = json.loads(path.read_text())
        self.project = project_of(self.plain, directory)
        self.dbt = Oracle(path, self.project)
        self.manifest = flatmanifest.open(path)
        self.is_large = path.stat().st_size > LARGE

    def ours(self, request: Request, **more: Any) -> Answer:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                ids = self.manifest.select(request.select, **request.keywords(), **more)
            except flatmanifest.SelectionError as error:
                return Answer(error=str(error))
        return Answer(ids, [untagged(str(warning.message)) for warning in caught])


@pytest.fixture(scope="module", params=[*GENERATED, *sorted(COMPARED.keys() - UNREADABLE)])
def pair(
    request: pytest.FixtureRequest,
    generated: Callable[[str], Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Pair]:
    name: str = request.param
    directory = tmp_path_factory.mktemp("pair")
    path = directory / "manifest.json"
    if name in COMPARED:
        path.write_bytes(gzip.decompress(COMPARED[name].read_bytes()))
    else:
        path.write_bytes(generated(name).read_bytes())
    made = Pair(path, directory / "project")
    yield made
    made.manifest.close()


def test_random_selections(pair: Pair) -> None:
    grammar = Grammar(pair.plain, seeded(FACTOR))
    for _ in range(SELECTIONS_FROM_LARGE if pair.is_large else SELECTIONS):
        request = grammar.request()
        if is_disputed((*(request.select or ()), *request.exclude)):
            continue
        assert pair.ours(request) == pair.dbt.select(request), request


def test_everything_in_every_mode(pair: Pair) -> None:
    for mode in ("eager", "cautious", "buildable", "empty"):
        request = Request(indirect_selection=mode)
        assert pair.ours(request) == pair.dbt.select(request)


def test_paths_of_a_project_directory(pair: Pair) -> None:
    grammar = Grammar(pair.plain, seeded(2))
    paths = grammar.values.get("path", [])
    for _ in range(5 if pair.is_large else 100):
        value = grammar.choice.choice(paths)
        if grammar.choice.random() < 0.7:
            value = grammar.blurred(value)
        if is_disputed([value]):
            continue
        request = Request(select=(f"path:{value}",))
        expected = pair.dbt.select(request)
        assert pair.ours(request) == expected, request
        assert pair.ours(request, project_dir=pair.project) == expected, request


def normalized(definitions: dict[str, Any]) -> dict[str, Any]:
    """Return YAML selectors as dbt writes them into a manifest."""
    from dbt.config.selectors import SelectorDict

    listed = [{"name": name, "definition": value} for name, value in definitions.items()]
    written: dict[str, Any] = SelectorDict.parse_from_selectors_list(listed)
    return written


def make_definitions(grammar: Grammar) -> dict[str, Any]:
    """Return some selectors; later ones may inherit from earlier ones."""
    definitions: dict[str, Any] = {}
    for number in range(3):
        definition = grammar.definition()
        if number and grammar.choice.random() < 0.5:
            inherited = {"method": "selector", "value": f"s{number - 1}"}
            definition = {"union": [definition, inherited]}
        definitions[f"s{number}"] = definition
    return definitions


def comparable(answer: Answer, expected: Answer) -> Answer:
    """Return an answer without flatmanifest's own messages."""
    if expected.error and "must be text" in (answer.error or ""):
        return expected  # dbt fails with a Python error
    if answer.error and "multiple exclude arguments" in answer.error:
        return Answer(error=answer.error.partition("operator:")[0])  # dbt adds YAML
    return answer


def test_random_yaml_selectors(pair: Pair, tmp_path: Path) -> None:
    from dbt_common.exceptions import DbtRuntimeError

    if pair.is_large:
        pytest.skip("its copies with other selectors take too long to make")
    grammar = Grammar(pair.plain, seeded(3))
    plain = dict(pair.plain)
    path = tmp_path / "manifest.json"
    compared = 0
    while compared < 40 * FACTOR:
        try:
            plain["selectors"] = normalized(make_definitions(grammar))
        except (DbtRuntimeError, AttributeError, TypeError):
            continue  # dbt writes no manifest with such a selector
        if is_disputed([json.dumps(plain["selectors"])]):
            continue
        plain["selectors"]["s0"]["default"] = grammar.choice.random() < 0.3
        path.write_text(json.dumps(plain))
        pair.dbt.selectors = list(plain["selectors"].values())
        with flatmanifest.open(path) as pair.manifest:
            for name in (*plain["selectors"], None, "missing"):
                request = replace(
                    Request(selector=name),
                    indirect_selection=grammar.choice.choice(["eager", "cautious"]),
                )
                answer = pair.ours(request)
                expected = pair.dbt.select(request)
                assert comparable(answer, expected) == comparable(expected, expected), (
                    request,
                    plain["selectors"],
                )
        compared += 1
