"""``Manifest.select``: arguments, warnings, errors. test_selection_parity.py compares results."""

from __future__ import annotations

import sys
import threading
import time
import warnings
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flatmanifest
from tests.python.samples import write


def model(name: str, **more: Any) -> dict[str, Any]:
    return {
        "resource_type": "model",
        "package_name": "p",
        "name": name,
        "fqn": ["p", name],
        "tags": [],
        "original_file_path": f"models/{name}.sql",
        "config": {"enabled": True},
        "depends_on": {"nodes": []},
        **more,
    }


def opened(path: Path, nodes: dict[str, Any], **more: Any) -> flatmanifest.Manifest:
    write(path, {"metadata": {"project_name": "p"}, "nodes": nodes, **more})
    return flatmanifest.open(path)


@pytest.fixture
def shop(tmp_path: Path) -> flatmanifest.Manifest:
    parents = {"nodes": ["model.p.a"]}
    nodes = {"model.p.a": model("a", tags=["t"]), "model.p.b": model("b", depends_on=parents)}
    return opened(tmp_path / "manifest.json", nodes)


def test_kinds_of_arguments(shop: flatmanifest.Manifest) -> None:
    both = ["model.p.a", "model.p.b"]
    assert shop.select() == both
    assert shop.select("a+") == both
    assert shop.select(["a", "b"]) == shop.select(("a b",)) == both
    assert shop.select(name for name in "ab") == both
    assert shop.select("a+", exclude="tag:t") == ["model.p.b"]
    assert shop.select(exclude=["b"]) == ["model.p.a"]
    assert shop.select(resource_type="model") == shop.select(resource_type=["all"]) == both


def test_nothing_selected_warns_as_dbt_does(shop: flatmanifest.Manifest) -> None:
    with pytest.warns(flatmanifest.SelectionWarning) as caught:
        assert shop.select("nothing") == []
    assert [str(warning.message) for warning in caught] == [
        "The selection criterion 'nothing' does not match any enabled nodes",
        "No nodes selected!",
    ]
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(flatmanifest.SelectionWarning):
            shop.select("nothing")


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"select": 1}, TypeError, "select must be a str or an iterable of str, not int"),
        ({"select": [1]}, TypeError, "select must be a str or an iterable of str, not int"),
        ({"exclude": [None]}, TypeError, "exclude must be"),
        ({"selector": 1}, TypeError, "selector must be"),
        ({"select": "nope:x"}, ValueError, "'nope' is not a valid method name"),
        ({"select": "a\0b:\n"}, ValueError, 'Invalid selector spec "a\0b:\n"'),
        ({"indirect_selection": "all"}, ValueError, "'all' is not a valid IndirectSelection"),
        ({"resource_type": "modle"}, ValueError, "'modle' is not a valid NodeType"),
        ({"selector": "s"}, ValueError, "Could not find selector named s"),
        ({"state": "a\0b"}, ValueError, "embedded null byte"),
        ({"nope": 1}, TypeError, "incompatible function arguments"),
    ],
)
def test_wrong_arguments(
    shop: flatmanifest.Manifest, arguments: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as caught:
        shop.select(**arguments)
    assert message in str(caught.value)
    if error is ValueError and "null byte" not in message:
        assert type(caught.value) is flatmanifest.SelectionError


NEAR = st.text(alphabet="ab[]!-*?^&\\é\U0001f600.", max_size=8)


@settings(max_examples=200, deadline=None)
@given(pattern=NEAR, texts=st.lists(NEAR | st.text(max_size=5), min_size=1, max_size=6))
def test_wildcards_are_fnmatchs(
    tmp_path_factory: pytest.TempPathFactory, pattern: str, texts: list[str]
) -> None:
    texts = [text for text in texts if text.isprintable()]
    nodes = {f"model.p.m{i}": model(f"m{i}", tags=[text]) for i, text in enumerate(texts)}
    definition = {"method": "tag", "value": pattern, "indirect_selection": "empty"}
    selectors = {"s": {"name": "s", "definition": definition}}
    path = tmp_path_factory.mktemp("glob") / "manifest.json"
    expected = {f"model.p.m{i}" for i, text in enumerate(texts) if fnmatchcase(text, pattern)}
    with opened(path, nodes, selectors=selectors) as manifest, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert set(manifest.select(selector="s")) == expected


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="pathlib's glob is followed as of 3.11")
@settings(max_examples=150, deadline=None)
@given(pattern=st.text(alphabet="ab*?/.[]", min_size=1, max_size=10))
def test_paths_are_pathlibs(tmp_path_factory: pytest.TempPathFactory, pattern: str) -> None:
    work = tmp_path_factory.mktemp("paths")
    files = ["a", "b/a", "b/b/a.a", "a.b/b", "b/a.b/a", "..a"]
    nodes = {f"model.p.m{i}": model(f"m{i}", original_file_path=f) for i, f in enumerate(files)}
    for file in files:
        (work / "project" / file).parent.mkdir(parents=True, exist_ok=True)
        (work / "project" / file).touch()
    root = work / "project"
    try:
        found = {path.relative_to(root) for path in root.glob(pattern)}
    except (ValueError, NotImplementedError, IndexError, AttributeError):
        found = None
    selectors = {"s": {"name": "s", "definition": {"method": "path", "value": pattern}}}
    with (
        opened(work / "manifest.json", nodes, selectors=selectors) as manifest,
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        if found is None:
            with pytest.raises(flatmanifest.SelectionError):
                manifest.select(selector="s")
            return
        expected = [
            f"model.p.m{i}"
            for i, file in enumerate(files)
            if found & {Path(file), *Path(file).parents}
        ]
        assert manifest.select(selector="s") == expected
        assert manifest.select(selector="s", project_dir=root) == expected


def test_many_and_large_selections_take_no_time(tmp_path: Path) -> None:
    nodes = {f"model.p.m{i}": model(f"m{i}") for i in range(2_000)}
    with opened(tmp_path / "manifest.json", nodes) as manifest, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        started = time.perf_counter()
        assert len(manifest.select([f"m{i % 2_000}" for i in range(100_000)])) == 2_000
        assert len(manifest.select("m1 " * 3_000_000 + "m2")) == 2
        assert manifest.select("[" * 1_000_000) == []
        assert manifest.select("*a" * 100_000) == []
        assert manifest.select("path:" + "**/a/" * 100_000) == []
        assert manifest.select("+" * 1_000_000) == []
        assert time.perf_counter() - started < 60


def test_threads_select_from_one_manifest(shop: flatmanifest.Manifest) -> None:
    found: list[list[str]] = []

    def work() -> None:
        found.extend(shop.select("a+", exclude="path:nothing/*,a") for _ in range(200))

    threads = [threading.Thread(target=work) for _ in range(4)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == [["model.p.a", "model.p.b"]] * 800
