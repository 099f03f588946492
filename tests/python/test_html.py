"""The HTML for notebooks: small tables for any manifest, and a picture of a selection."""

from __future__ import annotations

import os
import re
import shutil
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest

import flatmanifest
from tests.python.samples import CUSTOMERS, ORDERS, sample, write

if TYPE_CHECKING:
    from pathlib import Path

BOUND = 30_000


class Text(HTMLParser):
    """Collects the open tags and all text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, _: Any) -> None:
        self.tags.append(tag)
        self.open.append(tag)

    def handle_startendtag(self, tag: str, _: Any) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def parsed(html: str) -> Text:
    assert len(html) < BOUND
    text = Text()
    text.feed(html)
    text.close()
    assert not text.open, "some tags are not closed"
    return text


def html_of(view: Any) -> str:
    html: str = view._repr_html_()
    return html


def test_a_manifest_is_a_table_of_counts(manifest: flatmanifest.Manifest) -> None:
    texts = parsed(html_of(manifest)).texts
    assert texts[0] == f"Manifest {manifest.path}, generation 1"
    rows = dict(zip(texts[1::2], texts[2::2], strict=False))
    assert rows["generated_at"] == "2026-01-01T00:00:00Z"
    assert rows["models"] == "2"
    assert rows["sources"] == "1"


def test_a_node_is_a_table_of_fields_and_its_code(manifest: flatmanifest.Manifest) -> None:
    text = parsed(html_of(manifest.node(ORDERS)))
    assert ORDERS in text.texts
    assert {"table", "models/marts/orders.sql", "public"} <= set(text.texts)
    assert "pre" in text.tags
    assert any("select 'é€😀'" in part for part in text.texts)
    assert "description" not in text.texts, "an empty field is shown"
    assert f"{CUSTOMERS}, source.shop.raw.orders" in text.texts


def test_a_graph_is_a_table_of_counts(manifest: flatmanifest.Manifest) -> None:
    assert parsed(html_of(manifest.graph)).texts[:5] == ["Graph", "nodes", "4", "edges", "3"]
    circle = flatmanifest.Graph([("a", "b"), ("b", "a")])
    assert "a → b" in parsed(html_of(circle)).texts
    assert "longest" not in html_of(circle)
    assert "nodes on the longest path" in html_of(flatmanifest.Graph())


def test_an_object_is_a_table_of_its_first_keys(manifest: flatmanifest.Manifest) -> None:
    assert "Object of 2" in parsed(html_of(manifest["nodes"])).texts


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_a_selection_is_a_table_and_a_picture(manifest: flatmanifest.Manifest) -> None:
    html = html_of(manifest.select("customers+"))
    assert html.count("<svg") == 1
    assert "<?xml" not in html
    assert "<!DOCTYPE" not in html
    texts = parsed(html).texts
    assert "3 selected" in texts
    assert "customers" in texts


def test_without_graphviz_the_picture_is_text(
    manifest: flatmanifest.Manifest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(os.environ, "PATH", str(tmp_path))
    text = parsed(html_of(manifest.select("customers+")))
    assert "svg" not in text.tags
    assert "pre" in text.tags
    with pytest.raises(RuntimeError, match="dot"):
        manifest.draw([ORDERS])


def test_a_selection_is_shown_after_its_manifest_is_closed(manifest: flatmanifest.Manifest) -> None:
    selected = manifest.select("customers+")
    manifest.close()
    assert ORDERS in parsed(html_of(selected)).texts
    assert parsed(html_of(flatmanifest.Selection())).texts[0] == "0 selected"
    assert "closed" in html_of(manifest)


def test_drawing(manifest: flatmanifest.Manifest) -> None:
    assert manifest.draw([ORDERS, CUSTOMERS, ORDERS], "tree").splitlines() == [
        "customers (model)",
        "└── orders.v2 (model)",
    ]
    assert manifest.draw(iter([ORDERS]), "dot").startswith("digraph")
    assert manifest.draw([], "tree") == ""
    with pytest.raises(KeyError, match="nothing"):
        manifest.draw(["nothing"], "dot")
    with pytest.raises(ValueError, match="tree, dot or svg, not png"):
        manifest.draw([], "png")
    manifest.close()
    with pytest.raises(ValueError, match="closed"):
        manifest.draw([], "dot")


def test_markup_in_a_manifest_is_text(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>\"'&"
    document = sample()
    document["metadata"]["project_name"] = evil
    model = document["nodes"].pop(ORDERS)
    model_id = f"model.shop.{evil}"
    model.update(unique_id=model_id, name=evil, description=evil, raw_code=evil, tags=[evil])
    model["columns"] = {evil: {"name": evil}}
    document["nodes"][model_id] = model
    document[evil] = {evil: evil}
    with flatmanifest.open(write(tmp_path / "manifest.json", document)) as m:
        for view in (m, m.node(model_id), m.graph, m[evil], m.select("+fqn:*")):
            assert "script" not in parsed(html_of(view)).tags
            assert "<script" not in html_of(view)
        assert evil in "".join(parsed(html_of(m.node(model_id))).texts)


def test_large_and_odd_values_are_cut(tmp_path: Path) -> None:
    long = "x" * 1_000
    document = sample()
    node = document["nodes"][ORDERS]
    node["columns"] = {f"{long}{number}": {} for number in range(1000)}
    node["raw_code"] = "\n".join([long] * 1000)
    node.update(description=long, depends_on=None, config=7, tags=long)
    document["metadata"] = []
    document["macros"] = None
    document["large"] = {f"{long}{number}": [long] * 50 for number in range(1000)}
    with flatmanifest.open(write(tmp_path / "manifest.json", document)) as m:
        for view in (m, m.node(ORDERS), m["large"], m.graph, m["nodes"], m.select()):
            parsed(html_of(view))
        assert "… and 980 more" in html_of(m["large"])
        assert re.search(r"x…", html_of(m.node(ORDERS)))
