"""A manifest made by hand, its expected values, and comparisons of values."""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any

import flatmanifest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ORDERS = "model.shop.orders"
CUSTOMERS = "model.shop.customers"
RAW_CODE = "select 'é€😀' as \"unicode\"\nfrom {{ ref('customers') }}\t-- ü"


def sample() -> dict[str, Any]:
    """Return a small manifest with every kind of value, a new one each time."""
    return {
        "metadata": {"dbt_schema_version": "v12", "generated_at": "2026-01-01T00:00:00Z"},
        "nodes": {
            ORDERS: {
                "unique_id": ORDERS,
                "resource_type": "model",
                "package_name": "shop",
                "name": "orders",
                "path": "marts/orders.sql",
                "original_file_path": "models/marts/orders.sql",
                "patch_path": "shop://models/_models.yml",
                "fqn": ["shop", "marts", "orders"],
                "tags": ["nightly", "finance"],
                "config": {"materialized": "table", "tags": ["nightly"], "meta": {"a.b": "dotted"}},
                "access": "public",
                "group": "finance",
                "version": 2,
                "depends_on": {"nodes": [CUSTOMERS, "source.shop.raw.orders"], "macros": []},
                "raw_code": RAW_CODE,
                "description": "",
                "latest": True,
                "relation_name": None,
            },
            CUSTOMERS: {
                "unique_id": CUSTOMERS,
                "resource_type": "model",
                "package_name": "shop",
                "name": "customers",
                "config": {"materialized": "view", "access": "private", "group": "people"},
                "fqn": ["shop", "customers"],
                "tags": [],
                "depends_on": {"nodes": ["model.shop.is_not_here"], "macros": []},
            },
        },
        "sources": {
            "source.shop.raw.orders": {
                "unique_id": "source.shop.raw.orders",
                "resource_type": "source",
                "source_name": "raw",
                "name": "orders",
            }
        },
        "exposures": {
            "exposure.shop.report": {
                "unique_id": "exposure.shop.report",
                "name": "report",
                "depends_on": {"nodes": [ORDERS, ORDERS]},
            }
        },
        "macros": {"macro.shop.cents": {"unique_id": "macro.shop.cents", "name": "cents"}},
        "docs": {"doc.shop.intro": {"name": "intro"}},
        "groups": {"group.shop.finance": {"resource_type": "group", "name": "finance"}},
        "scalars": [
            None,
            True,
            False,
            0,
            -1,
            1.0,
            -0.0,
            0.1,
            1e300,
            2**63,
            -(2**63),
            2**64,
            10**40,
        ],
        "strings": ["", "plain", "é€😀", '"\\/\b\f\n\r\t\x00\x1f\x7f', "\u2028", "a" * 300],
        "": {"empty": {}, "empty_list": [], "nested": [[[]], [{}], {"a": [{"b": [1]}]}]},
    }


def write(path: Path, document: object) -> Path:
    """Write a document as JSON and return its path."""
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def names(directory: Path) -> list[str]:
    """Return the sorted names of a directory's entries."""
    return sorted(path.name for path in directory.iterdir())


def identical(left: object, right: object) -> bool:
    """Return whether two plain values have equal types, order of keys and sign of zero, too."""
    pairs: list[tuple[Any, Any]] = [(left, right)]
    while pairs:
        a, b = pairs.pop()
        if type(a) is not type(b):
            return False
        if isinstance(a, dict):
            if list(a) != list(b):
                return False
            pairs.extend(zip(a.values(), b.values(), strict=True))
        elif isinstance(a, list):
            if len(a) != len(b):
                return False
            pairs.extend(zip(a, b, strict=True))
        elif isinstance(a, float):
            if struct.pack("d", a) != struct.pack("d", b):
                return False
        elif a != b:
            return False
    return True


def containers(view: object, plain: object) -> Iterator[tuple[Any, Any]]:
    """Yield every container of a view with its plain counterpart, from the outside in."""
    pairs: list[tuple[Any, Any]] = [(view, plain)]
    while pairs:
        view, plain = pairs.pop()
        if isinstance(plain, dict):
            yield view, plain
            assert isinstance(view, flatmanifest.Object)
            pairs.extend(zip(view.values(), plain.values(), strict=True))
        elif isinstance(plain, list):
            yield view, plain
            assert isinstance(view, flatmanifest.Array)
            pairs.extend(zip(view, plain, strict=True))
