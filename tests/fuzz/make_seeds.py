"""Write the inputs that fuzzing starts from: small manifests, and the files made of them.

    make_seeds.py EXECUTABLE OUT

OUT/convert gets JSON texts, OUT/reader the .fman files that EXECUTABLE, flatmanifest, makes
of them.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

EVERY_VALUE = [
    None,
    False,
    True,
    0,
    -1,
    2**59,
    -(2**63),
    2**64 - 1,
    10**30,
    -0.0,
    0.1,
    1e22,
    5e-324,
    1.7976931348623157e308,
    "",
    "text",
    'a "quoted" \\ line\n',
    "J\u00fcrgen \U0001f680",
    "\x00\x7f",
    [],
    {},
    [[1, [2, [3]]]],
    {"": {"a.b": {"\u00fc": None}}},
]

COLLECTIONS = (
    "nodes",
    "sources",
    "exposures",
    "metrics",
    "semantic_models",
    "saved_queries",
    "unit_tests",
    "functions",
    "macros",
    "docs",
    "groups",
)


def resource(unique_id: str, *parents: str, **fields: Any) -> dict[str, Any]:
    """A resource as dbt's manifests list it, with every member that becomes a column."""
    resource_type, package_name, *rest = unique_id.split(".")
    return {
        "unique_id": unique_id,
        "resource_type": resource_type,
        "package_name": package_name,
        "name": rest[-1],
        "path": f"{rest[-1]}.sql",
        "original_file_path": f"models/{rest[-1]}.sql",
        "patch_path": None,
        "fqn": [package_name, *rest],
        "tags": ["daily"],
        "config": {"materialized": "view", "tags": ["daily"], "meta": {}},
        "depends_on": {"macros": [], "nodes": list(parents)},
        "columns": {"id": {"name": "id", "description": ""}},
        **fields,
    }


def manifests() -> dict[str, Any]:
    """Manifests by name; together they have every kind of value, collection and edge."""
    orders, staging, raw = "model.shop.orders", "model.shop.stg_orders", "source.shop.raw.orders"
    graph = {
        orders: resource(orders, staging, version=2, access="public", group="finance"),
        staging: resource(staging, raw, "model.shop.missing"),
    }
    return {
        "empty": {"nodes": {}},
        "small": {
            "metadata": {"dbt_version": "1.11.0"},
            "nodes": graph,
            "sources": {raw: resource(raw)},
        },
        "values": {"nodes": {}, "values": EVERY_VALUE},
        "cycle": {
            "nodes": {
                "a": {"depends_on": {"nodes": ["a", "b"]}},
                "b": {"depends_on": {"nodes": ["a"]}},
            }
        },
        "collections": {
            name: {f"{name}.{member}": {} for member in ("b", "a")} for name in COLLECTIONS
        },
        "no_resources": {
            "nodes": {"a": None, "b": [], "c": "text"},
            "sources": None,
            "metrics": [],
        },
        "shared": {
            "nodes": {f"model.{i}": {"columns": EVERY_VALUE[-4:], "tags": [1, 2]} for i in range(8)}
        },
        "deep": {"nodes": {}, "deep": json.loads("[" * 100 + "]" * 100)},
    }


# What json.dumps does not write.
TEXTS = {
    "spaces": ' {\n\t"nodes" : { } , "a" : [ 1 , 2 ]\r\n} ',
    "equal_keys": '{"nodes": {"a": {"b": 1, "b": 2, "\\u0062": 3}}}',
    "utf8": '{"nodes": {}, "J\u00fcrgen": "\U0001f680 \u20ac"}',
    "escapes": '{"nodes": {}, "a": "\\/\\b\\f\\n\\r\\t\\"\\\\\\u00e9\\ud83d\\ude80"}',
    "numbers": '{"nodes": {}, "a": [-0, 1E5, 1e-7, 1.0e+1, 12345678901234567890123]}',
    "long_doubles": '{"nodes": {}, "a": [0.1000000000000000055511, 123456789012345678901.5e-9]}',
    "alike": '{"nodes": {"a": {"k": "v", "l": [1]}, "b": {"k": "v"}, "c": {"k": "v\\n"}}}',
    "lone_surrogate": '{"nodes": {}, "a": "\\ud83d"}',
    "nan": '{"nodes": {}, "a": [NaN, Infinity, -Infinity]}',
    "truncated": '{"nodes": {"a": [1, {"b": ',
    "crossed": '{"nodes": {"a": [1}]}',
    "array": "[1, 2]",
}


def main() -> None:
    executable, out = Path(sys.argv[1]), Path(sys.argv[2])
    convert, reader = out / "convert", out / "reader"
    for directory in (convert, reader):
        directory.mkdir(parents=True, exist_ok=True)
    for name, text in TEXTS.items():
        (convert / f"{name}.json").write_text(text, encoding="utf-8", newline="")
    for name, manifest in manifests().items():
        source = convert / f"{name}.json"
        source.write_text(json.dumps(manifest), encoding="utf-8")
        output = reader / f"{name}.fman"
        subprocess.run([executable, "convert", "--quiet", source, "-o", output], check=True)


if __name__ == "__main__":
    main()
