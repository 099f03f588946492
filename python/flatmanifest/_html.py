"""The HTML that notebooks show for views: small tables, and a picture of a selection."""

from __future__ import annotations

from collections import Counter
from html import escape
from itertools import islice

from flatmanifest._native import Array, Graph, Manifest, Node, Object
from flatmanifest._reprs import brief

TYPE_CHECKING = False  # instead of typing.TYPE_CHECKING: importing typing costs each reader memory
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from flatmanifest._selection import Selection

MOST_ROWS = 20
MOST_DRAWN = 60  # resources: a picture of more is not readable
MOST_CHARACTERS = 300
MOST_LINES = 15
LEFT = 'style="text-align:left"'

OF_A_NODE = (
    "resource_type",
    "package_name",
    "original_file_path",
    "materialized",
    "access",
    "group",
    "version",
    "tags",
)
OF_A_SELECTED = ("resource_type", "package_name", "materialized", "original_file_path")


def of(view: Object | Graph) -> str:
    """The HTML of a view; the repr of the view if its manifest is closed."""
    try:
        if isinstance(view, Manifest):
            return of_manifest(view)
        if isinstance(view, Node):
            return of_node(view)
        if isinstance(view, Graph):
            return of_graph(view)
        return of_object(view)
    except ValueError:
        return f"<code>{escape(repr(view))}</code>"


def of_manifest(manifest: Manifest) -> str:
    metadata = member(manifest, "metadata")
    rows = [
        (name, shown(metadata[name]))
        for name in ("project_name", "adapter_type", "dbt_version", "generated_at")
        if metadata.get(name) is not None
    ]
    types: Counter[str] = Counter()
    for name in ("nodes", "sources", "exposures", "metrics", "semantic_models", "unit_tests"):
        types.update(unique_id.partition(".")[0] for unique_id in member(manifest, name))
    rows += [(f"{kind}s", f"{count:,}") for kind, count in types.most_common(MOST_ROWS)]
    rows.append(("macros", f"{len(member(manifest, 'macros')):,}"))
    title = f"Manifest {manifest.path}, generation {manifest.generation}"
    return titled(title, pairs(rows))


def of_node(node: Node) -> str:
    rows = [(name, shown(getattr(node, name))) for name in OF_A_NODE]
    rows += [
        ("description", shown(node.get("description"))),
        ("depends on", listed(member(node, "depends_on").get("nodes"))),
        ("columns", listed(member(node, "columns"))),
    ]
    html = titled(node.unique_id, pairs([(name, text) for name, text in rows if text]))
    code = node.get("raw_code")
    if not isinstance(code, str) or not code:
        return html
    lines = [cut(line) for line in code.splitlines()]
    shown_lines = lines[:MOST_LINES] + ["…"] * (len(lines) > MOST_LINES)
    return html + f"<pre>{escape(chr(10).join(shown_lines))}</pre>"


def of_graph(graph: Graph) -> str:
    rows = [("nodes", f"{len(graph):,}"), ("edges", f"{graph.number_of_edges():,}")]
    types = Counter(unique_id.partition(".")[0] for unique_id in graph)
    rows += [(f"{kind}s", f"{count:,}") for kind, count in islice(types.most_common(), MOST_ROWS)]
    cycle = graph.find_cycle()
    if cycle is None:
        rows.append(("nodes on the longest path", f"{len(graph.topological_generations()):,}"))
    else:
        rows.append(("cycle", " → ".join(cycle[:MOST_ROWS])))
    return titled("Graph", pairs(rows))


def of_object(view: Object) -> str:
    rows = [(key, shown(value)) for key, value in islice(view.items(), MOST_ROWS)]
    return titled(f"Object of {len(view):,}", pairs(rows) + rest(len(view)))


def of_selection(selection: Selection) -> str:
    """A table of the first resources, and a picture of the edges between the selected ones."""
    try:
        html = of_selected(selection, selection.manifest)
    except (KeyError, ValueError):  # the manifest is closed, or has moved to another generation
        html = of_selected(selection, None)
    return titled(f"{len(selection):,} selected", html)


def of_selected(selection: Selection, manifest: Manifest | None) -> str:
    first = selection[:MOST_ROWS]
    if manifest is None:
        return table(("unique_id",), [[unique_id] for unique_id in first]) + rest(len(selection))
    rows = [
        [node.name or node.unique_id, *(shown(getattr(node, name)) for name in OF_A_SELECTED)]
        for node in map(manifest.node, first)
    ]
    below = rest(len(selection)) + picture(manifest, selection)
    return table(("name", *OF_A_SELECTED), rows) + below


def picture(manifest: Manifest, unique_ids: Sequence[str]) -> str:
    """An SVG by Graphviz; a tree of text where Graphviz is not installed."""
    if not 0 < len(unique_ids) <= MOST_DRAWN:
        return ""
    try:
        svg = manifest.draw(unique_ids, "svg")
    except RuntimeError:  # the program `dot` is missing or fails
        return f"<pre>{escape(manifest.draw(unique_ids, 'tree'))}</pre>"
    return svg[svg.index("<svg") :]  # without the XML declaration and doctype of a file


def titled(title: str, html: str) -> str:
    return f"<div><b>{escape(title)}</b>{html}</div>"


def pairs(rows: Iterable[tuple[str, str]]) -> str:
    cells = (
        f"<tr><th {LEFT}>{escape(cut(name))}</th><td {LEFT}>{escape(cut(text))}</td></tr>"
        for name, text in rows
    )
    return f"<table>{''.join(cells)}</table>"


def table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th {LEFT}>{escape(name)}</th>" for name in names)
    body = "".join(
        "<tr>" + "".join(f"<td {LEFT}>{escape(cut(text))}</td>" for text in row) + "</tr>"
        for row in rows
    )
    return f"<table><tr>{head}</tr>{body}</table>"


def rest(count: int) -> str:
    return f"<p>… and {count - MOST_ROWS:,} more</p>" if count > MOST_ROWS else ""


def member(view: Object, name: str) -> Object | dict[str, Any]:
    """The object at a key of a view; an empty dict if the value is no object."""
    found = view.get(name)
    return found if isinstance(found, Object) else {}


def listed(names: object) -> str:
    if not isinstance(names, (Array, Object)):
        return ""
    taken = [str(name) for name in islice(names, MOST_ROWS + 1)]
    return ", ".join(taken[:MOST_ROWS] + ["…"] * (len(taken) > MOST_ROWS))


def shown(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else brief(value)


def cut(text: str) -> str:
    return text if len(text) <= MOST_CHARACTERS else text[:MOST_CHARACTERS] + "…"
