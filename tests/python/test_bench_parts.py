"""Joining the figures of parts that ``python -m bench`` measured in separate runs."""

from __future__ import annotations

from typing import Any

from bench.__main__ import join


def test_what_is_measured_again_replaces_what_was() -> None:
    def document(value: float, title: str) -> dict[str, Any]:
        figures = [{"row": 2, "name": "same", "value": value}]
        return {"facts": {title: ""}, "figures": figures, "contests": {title: {}}, "curves": []}

    earlier, later = document(1.0, "a"), document(2.0, "b")
    earlier["figures"].append({"row": 1, "name": "other", "value": 3.0})
    join(earlier, later)
    assert [figure["value"] for figure in later["figures"]] == [3.0, 2.0]
    assert {*later["contests"]} == {*later["facts"]} == {"a", "b"}
