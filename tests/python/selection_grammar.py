"""Random selections: dbt's grammar with values that a manifest has, and with others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.python.selection_oracle import Request

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

MODES = ["eager", "cautious", "buildable", "empty"]
TYPES = [
    *["model", "analysis", "test", "snapshot", "seed", "source", "exposure", "metric"],
    *["saved_query", "semantic_model", "unit_test", "function", "operation", "all", "default"],
]
COLLECTIONS = [
    *["nodes", "sources", "exposures", "metrics", "semantic_models", "saved_queries"],
    *["unit_tests", "functions"],
]
NAMED = {
    "exposures": "exposure",
    "metrics": "metric",
    "semantic_models": "semantic_model",
    "saved_queries": "saved_query",
    "unit_tests": "unit_test",
}
ODD = [
    *["", "+", "@", "++", "@+", "*", "**", "?", "[", "]", "[!]", "x", ":", ".", "..", "+x+", "2+"],
    *["tag:", "source:a.b.c.d", "metric:a.b.c", "exposure:a.b.c", "unit_test:a.b.c", "tags:x"],
    *["saved_query:1.2.3", "semantic_model:1.2.3", "nope.x:y", "config:x", "config.:x", "@a+"],
    *["resource_type:nope", "resource_type:rpc", "resource_type:analysis", "test_type:nope"],
    *["test_type:", "test_type:d", "test_type:n", "test_type:unit", "test_type:schema"],
    *["version:nope", "version:latest", "version:old", "version:none", "version:prerelease"],
    *["access:nope", "package:", "package:this", "path:", "path:/x", "path:a**", "path:**"],
    *[
        "path:.",
        "path:./",
        "file:",
        "file:*",
        "file:.*",
        "é",
        "tag:é*",
        "٣+*",
        "99999999999999999999+*",
    ],
    *["state:new", "state:nope", "result:error", "source_status:fresher", "a\nb", "a:b:c"],
    *["config.meta.keys:x", "config.extra.x:y", "config.tags.append:x", "config.get:x"],
    *["config.docs.show:true", "config.docs.node_color:red", "config.contract.enforced:false"],
    *["config.contract.alias_types:TRUE", "config.severity:ERROR", "config.severity:Warn"],
    *["config.pre_hook:x", "config.freshness.warn_after.period:day", "config.lookback:1"],
    *["config.enabled:True", "config.enabled:false", "config.persist_docs.relation:true"],
    *["config.on_schema_change:ignore", "config.where:x", "config.meta:x", "config.nope.nope:x"],
    *["test_name:unique", "test_name:not_null", "test_name:*", "test_type:generic"],
    *["test_type:singular", "test_type:data", "group:*", "tag:*", "source:*", "exposure:*"],
    *["metric:*", "semantic_model:*", "saved_query:*", "unit_test:*", "access:public"],
    *["access:protected", "access:private", "resource_type:model", "resource_type:test"],
]


CHARACTERS = [
    *["@", "+", "1+", "+2", ",", " ", ":", ".", "*", "?", "[", "]", "!", "-", "/", "\\", "'", '"'],
    *[
        "\0",
        "\n",
        "\t",
        "\x1b",
        "\x7f",
        "\u00a0",
        "\u2028",
        "é",
        "ß",
        "\u017f",
        "²",
        "٣",
        "\U0001f600",
    ],
    *["tag:", "config.", "path:", "state:", "source:", "9" * 30],
]


class Grammar:
    """Makes selections for one manifest, the same ones for the same ``choice``."""

    def __init__(self, manifest: dict[str, Any], choice: random.Random) -> None:
        """Collect the values that each method may select."""
        self.choice = choice
        self.values: dict[str, list[str]] = {}
        for collection in COLLECTIONS:
            for resource in manifest.get(collection, {}).values():
                for method, value in values_of(collection, resource):
                    self.values.setdefault(method, []).append(value)
        self.values = {method: sorted(set(found)) for method, found in self.values.items()}
        self.methods = sorted(self.values)
        self.types_known = [kind for kind in TYPES if kind in known_types()]
        self.selectors = list(manifest.get("selectors") or {})

    def value(self) -> str:
        """Return a method and a value, mostly of a resource in the manifest."""
        choice = self.choice
        if not self.methods or choice.random() < 0.15:
            return choice.choice(ODD)
        method = choice.choice(self.methods)
        value = choice.choice(self.values[method])
        if choice.random() < 0.3:
            value = self.blurred(value)
        if method == "" or choice.random() < 0.03:
            return value
        return f"{method}:{value}"

    def blurred(self, value: str) -> str:
        """Return the value with wildcards or with a mistake."""
        choice = self.choice
        if not value:
            return value
        at = choice.randrange(len(value))
        end = min(len(value), at + choice.randrange(1, 4))
        middle = value[at:end]
        return choice.choice(
            [
                value[:at] + "*",
                "*" + value[at:],
                value[:at] + "*" + value[end:],
                value[:at] + "?" + value[at + 1 :],
                f"{value[:at]}[{middle}]{value[at + 1 :]}",
                f"{value[:at]}[!{middle}]{value[at + 1 :]}",
                f"{value[:at]}[a-z]{value[at + 1 :]}",
                value[:at],
                value[at:],
                value.upper(),
                value + "x",
            ]
        )

    def criterion(self) -> str:
        """Return a value with operators."""
        choice = self.choice
        before = choice.choice(["", "", "", "", "+", "1+", "2+", "@", "0+"])
        behind = choice.choice(["", "", "", "", "+", "+1", "+2", "+0"])
        if before == "@" and choice.random() < 0.95:
            behind = ""
        return before + self.value() + behind

    def text(self) -> str:
        """Return a union of intersections."""
        choice = self.choice
        text = " ".join(
            ",".join(self.criterion() for _ in range(choice.choice([1, 1, 1, 2, 2, 3])))
            for _ in range(choice.choice([1, 1, 1, 2, 3]))
        )
        return self.garbled(text) if choice.random() < 0.05 else text

    def garbled(self, text: str) -> str:
        """Return the text with some characters added or removed."""
        for _ in range(self.choice.randrange(1, 4)):
            at = self.choice.randrange(len(text) + 1)
            cut = self.choice.choice([0, 0, 1])
            text = text[:at] + self.choice.choice(CHARACTERS) + text[at + cut :]
        return text

    def types(self) -> tuple[str, ...]:
        """Return no types or some types of resources."""
        if self.choice.random() < 0.8:
            return ()
        return tuple(
            self.choice.choice(self.types_known) for _ in range(self.choice.randrange(1, 4))
        )

    def request(self) -> Request:
        """Return the options of one selection."""
        choice = self.choice
        selector = None
        if self.selectors and choice.random() < 0.1:
            selector = choice.choice([*self.selectors, "nope"])
        exclude_types = tuple(kind for kind in self.types() if kind not in {"all", "default"})
        return Request(
            select=None
            if choice.random() < 0.05
            else tuple(self.text() for _ in range(choice.choice([0, 1, 1, 1, 1, 2]))),
            exclude=(self.text(),) if choice.random() < 0.25 else (),
            selector=selector,
            resource_type=self.types(),
            exclude_resource_type=exclude_types,
            indirect_selection=choice.choice(MODES),
            include_empty=choice.random() < 0.8,
        )

    def definition(self, depth: int = 3) -> Any:
        """Return the definition of a YAML selector."""
        choice = self.choice
        kind = choice.choice(["text", "pair", "dict", "dict", "union", "intersection"])
        if depth == 0 and kind in {"union", "intersection"}:
            kind = "dict"
        if kind == "text":
            return self.criterion()
        method, _, value = self.value().rpartition(":")
        method = method or "fqn"
        if kind == "pair":
            return {method: choice.choice([value, value, value, True, 1])}
        if kind == "dict":
            definition: dict[str, Any] = {"method": method, "value": value}
            options: dict[str, list[Any]] = {
                "parents": [True, False],
                "children": [True, False],
                "childrens_parents": [True, False, False],
                "parents_depth": [0, 1, "2"],
                "children_depth": [0, 1, "2"],
                "indirect_selection": MODES,
            }
            for key, values in options.items():
                if choice.random() < 0.25:
                    definition[key] = choice.choice(values)
            if depth > 0 and choice.random() < 0.2:
                definition["exclude"] = [self.definition(depth - 1)]
            return definition
        members = [self.definition(depth - 1) for _ in range(choice.randrange(4))]
        if choice.random() < 0.3:
            excluded = [self.definition(depth - 1) for _ in range(choice.randrange(3))]
            members.insert(choice.randrange(len(members) + 1), {"exclude": excluded})
        return {kind: members}


def known_types() -> set[str]:
    """Return the resource types of the installed dbt: functions came with 1.11."""
    from dbt.node_types import NodeType

    return {*map(str, NodeType), "all", "default"}


def values_of(collection: str, resource: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield methods and values that should find a resource; '' is the method of bare names."""
    name, package = resource.get("name", ""), resource.get("package_name", "")
    if collection == "sources":
        yield "source", resource["source_name"]
        yield "source", f"{resource['source_name']}.{name}"
        yield "source", f"{package}.{resource['source_name']}.{name}"
    elif collection in NAMED:
        yield NAMED[collection], name
        yield NAMED[collection], f"{package}.{name}"
    yield "", name
    yield "fqn", name
    fqn = resource.get("fqn") or []
    for length in range(1, len(fqn) + 1):
        yield "fqn", ".".join(fqn[:length])
        yield "", ".".join(fqn[1 : length + 1])
    yield "package", package
    path = resource.get("original_file_path") or ""
    yield "path", path
    yield "", path
    yield "file", path.rpartition("/")[2]
    yield "file", path.rpartition("/")[2].rpartition(".")[0]
    while "/" in path:
        path = path.rpartition("/")[0]
        yield "path", path
        yield "path", path + "/*"
        yield "path", path + "/**/*.sql"
    if resource.get("patch_path"):
        yield "path", resource["patch_path"].partition("://")[2]
    tags = resource.get("tags") or []
    for tag in [tags] if isinstance(tags, str) else tags:
        yield "tag", tag
    yield "resource_type", resource.get("resource_type") or ""
    if resource.get("test_metadata"):
        yield "test_name", resource["test_metadata"]["name"]
    config = resource.get("config") or {}
    if config.get("group"):
        yield "group", config["group"]
    yield from config_values("config", config, 3)


def config_values(method: str, config: dict[str, Any], depth: int) -> Iterator[tuple[str, str]]:
    """Yield methods of the form config.a.b: with their values."""
    for key, value in config.items():
        inner = f"{method}.{key}"
        if isinstance(value, dict):
            if depth:
                yield from config_values(inner, value, depth - 1)
        elif isinstance(value, list):
            for member in value:
                yield inner, str(member)
        else:
            yield inner, str(value)
