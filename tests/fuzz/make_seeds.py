"""Write the inputs that fuzzing starts from: small manifests, and the files made of them.

    make_seeds.py EXECUTABLE OUT

OUT/convert gets JSON texts, OUT/reader the .fman files that EXECUTABLE, flatmanifest, makes
of them, OUT/select selections and selectors, OUT/front the small files of the cache as JSON.
"""

from __future__ import annotations

import base64
import itertools
import json
import subprocess
import sys
import zlib
from collections.abc import Iterator
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


# Texts that json.dumps does not write.
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


SNAPSHOT = [1, 2**63, 3, 1_700_000_000_000_000_000, ["models/a.sql"]]
DEPENDENCIES = {
    "files": {"read": ["models"], "listed": ["."], "probed": ["x"], "alone": ["."]},
    "snapshot": SNAPSHOT,
    "variables": ["HOME"],
    "salt": "00" * 16,
    "environment": "ab" * 32,
    "values": {},
}
FRONT = {
    "transcript": {
        "nodes": {},
        "dependencies": DEPENDENCIES,
        "until_ns": 0,
        "entry": "~/a.fman",  # where the target lets it lie
        "generation": 1,
        "sinks": [
            {
                "path": "",
                "max_bytes": 0,
                "before": ["\x01  Running\n"],
                "after": ["\x01  \x06\n"],
                "is_json": False,
                "line": "\x01  \x14\n",
                "default_selector": None,
                "unmatched": "\x14 does not match\n",
                "nothing": "No nodes\n",
            }
        ],
        "outputs": [
            {"path": "manifest.json", "beginning": "\x13", "facts": {"a": [1, None, True, "x"]}}
        ],
        "written": {"perf_info.json": "{\x13}"},
        "defaults": {"select": ["a"], "output": "json", "indirect_selection": "eager"},
        "selectors": {"a": {"name": "a", "definition": "tag:nightly"}},
        "has_default_selector": False,
        "warns": True,
    },
    "record": {
        "nodes": {},
        "generation": 1,
        "files": {"manifest.json": {"snapshot": SNAPSHOT, "metadata_end": 1, "a": [1]}},
    },
    "answer": {
        "nodes": {},
        "until": 0,
        "dependencies": {**DEPENDENCIES, "files": {"alone": []}, "variables": None},
        "text": "Usage: dbt",
    },
}
# Both in one, so that a mutation of either has the other to be read with.
FRONT["both"] = {**FRONT["transcript"], **FRONT["record"], **FRONT["answer"]}

METHODS = (
    *("fqn:shop.*", "tag:nightly", "group:finance", "access:public", "source:raw.t"),
    *("path:models/*", "file:stg.sql", "package:this", "config.materialized:table"),
    *("config.meta.tier:gold", "config.quoting.a:1.5", "test_name:unique", "test_type:generic"),
    *("resource_type:model", "exposure:dash", "version:latest", "state:modified.body", "state:new"),
    *("result:error", "source_status:fresher", "unit_test:*", "metric:*", "saved_query:*"),
    *("semantic_model:*", "function:*", "selector:nightly", "wildcard.[a-c]?*", "no_such:method"),
)
OPERATORS = ("{}", "+{}", "{}+", "2+{}+1", "@{}", "{},tag:nightly", "{} orders", "1+{},{}+ @{}")
MODES = ("eager", "cautious", "buildable", "empty")


def selections() -> dict[str, str]:
    """Every method with every operator, each with one of the ways of excluding."""
    texts = {}
    others = itertools.cycle(
        [(mode, *rest) for mode in MODES for rest in (("", ""), ("model test", "1.10.2"))]
    )
    for number, (method, operator) in enumerate(itertools.product(METHODS, OPERATORS)):
        selected = operator.replace("{}", method)
        excluded = METHODS[number % len(METHODS)] if number % 3 else ""
        texts[f"text_{number}"] = "\n".join((selected, excluded, *next(others)))
    return texts


DEFINITIONS: dict[str, Any] = {
    "method": {"method": "tag", "value": "nightly", "children": True, "parents_depth": "2"},
    "union": {"union": [{"method": "fqn", "value": "stg"}, {"exclude": [{"tag": "nightly"}]}]},
    "intersection": {"intersection": ["tag:nightly", {"method": "access", "value": "public"}]},
    "modes": {"method": "fqn", "value": "*", "indirect_selection": "buildable"},
    "inherited": {"method": "selector", "value": "method", "childrens_parents": True},
    "text": "+stg,tag:nightly",
    "key": {"config.lookback": 7},
    "circle": {"method": "selector", "value": "circle"},
    "nothing": {"union": []},
    "wrong": {"union": [], "intersection": []},
    "number": 7,
}


def selectors() -> dict[str, str]:
    """The "selectors" of a manifest: each definition alone, and all of them."""

    def written(*names: str, is_default: bool = False) -> str:
        return json.dumps(
            {
                name: {"name": name, "definition": DEFINITIONS[name], "default": is_default}
                for name in names
            }
        )

    alone = {f"yaml_{name}": written(name, is_default=True) for name in DEFINITIONS}
    return {
        **alone,
        "yaml_all": written(*DEFINITIONS),
        "yaml_inherited": written("method", "inherited"),
    }


def write(directory: Path, texts: dict[str, str], suffix: str = "") -> None:
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (directory / f"{name}{suffix}").write_text(text, encoding="utf-8", newline="")


def saved(target: str) -> Iterator[tuple[str, bytes]]:
    """The inputs that save_corpus.py has saved of earlier runs."""
    path = Path(__file__).parent / "saved" / f"{target}.txt"
    lines = path.read_text().split() if path.exists() else []
    for number, line in enumerate(lines):
        yield f"saved_{number}", zlib.decompress(base64.b64decode(line))


def main() -> None:
    executable, out = Path(sys.argv[1]), Path(sys.argv[2])
    texts = {name: json.dumps(manifest) for name, manifest in manifests().items()}
    write(out / "convert", {**TEXTS, **texts}, ".json")
    write(out / "select", {**selections(), **selectors()})
    write(out / "front", {name: json.dumps(fields) for name, fields in FRONT.items()})
    reader = out / "reader"
    reader.mkdir(exist_ok=True)
    for name in texts:
        source, output = out / "convert" / f"{name}.json", reader / f"{name}.fman"
        subprocess.run([executable, "convert", "--quiet", source, "-o", output], check=True)
    for target in ("convert", "select", "front", "reader"):
        for name, content in saved(target):
            (out / target / name).write_bytes(content)


if __name__ == "__main__":
    main()
