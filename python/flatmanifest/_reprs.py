"""Texts of bounded length for views and graphs: reprs, and the cells of tables in notebooks."""

from __future__ import annotations

import reprlib
from itertools import islice

from flatmanifest._native import Array, Graph, Manifest, Node, Object


class _Brief(reprlib.Repr):
    """Reprs of bounded size for manifests of any size. reprlib picks a method by a type's name."""

    def repr_Object(self, value: Object, level: int) -> str:
        if level <= 0:
            return "{...}" if len(value) else "{}"
        shown = [
            f"{self.repr1(key, level - 1)}: {self.repr1(member, level - 1)}"
            for key, member in islice(value.items(), self.maxdict)
        ]
        return "{" + ", ".join(shown + ["..."] * (len(value) > self.maxdict)) + "}"

    def repr_Array(self, value: Array, level: int) -> str:
        if level <= 0:
            return "[...]" if len(value) else "[]"
        shown = [self.repr1(member, level - 1) for member in islice(value, self.maxlist)]
        return "[" + ", ".join(shown + ["..."] * (len(value) > self.maxlist)) + "]"


_brief = _Brief()
_brief.maxlevel = 2
_brief.maxstring = _brief.maxother = 60


def brief(value: object) -> str:
    """The repr of a value, of bounded length."""
    return _brief.repr(value)


def representation(view: object) -> str:
    """The repr of a view or a graph, of bounded length; also for a closed manifest."""
    if isinstance(view, Manifest):
        state = "closed" if view.closed else f"generation {view.generation}"
        return f"<flatmanifest.Manifest {view.path!r}, {state}>"
    if isinstance(view, Node):
        return f"<flatmanifest.Node {view.unique_id}>"
    if isinstance(view, Graph):
        return f"<flatmanifest.Graph of {len(view)} nodes and {view.number_of_edges()} edges>"
    if isinstance(view, Array):
        return f"flatmanifest.Array({_brief.repr_Array(view, _brief.maxlevel)})"
    if isinstance(view, Object):
        return f"flatmanifest.Object({_brief.repr_Object(view, _brief.maxlevel)})"
    return object.__repr__(view)
