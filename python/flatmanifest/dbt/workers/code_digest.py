"""Whether two processes parse by the same code.

A program may have replaced functions of dbt, or of what dbt parses with. So each module's functions
have a digest: their names, where they were written, and their bytecode. Functions that are made at
run time, as dataclasses and mashumaro make them, have no place, and no part in it; nor have names
that are made up.
"""

from __future__ import annotations

import importlib
import re
import sys
from hashlib import blake2b
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

PARSING = (
    *("dbt.adapters", "dbt.artifacts", "dbt.clients", "dbt.config", "dbt.context", "dbt.contracts"),
    *("dbt.deprecations", "dbt.events", "dbt.jsonschemas", "dbt.node_types", "dbt.parser"),
    *("dbt.utils", "dbt_common", "jinja2", "yaml"),
)
# mashumaro's, when it first serializes an object of a class with the class's own functions.
MADE_UP = re.compile(r".*_[0-9a-f]{32}").fullmatch


def digests_of_code() -> dict[str, str]:
    """By the names of the modules, as far as they are loaded here, that have to do with parsing."""
    names = [name for name, module in sys.modules.items() if module and is_of_parsing(name)]
    return {name: digest_of(name) for name in sorted(names)}


def first_unlike(there: dict[str, str]) -> str | None:
    """The first of another process's modules that this one, having loaded it, has otherwise."""
    return next((name for name, digest in there.items() if loaded(name) != digest), None)


def loaded(module: str) -> str:
    try:
        importlib.import_module(module)
    except Exception:  # noqa: BLE001 - whatever it is, this process has not got it
        return ""
    return digest_of(module)


def is_of_parsing(module: str) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in PARSING)


def digest_of(module: str) -> str:
    whole = blake2b(digest_size=16)
    for name, value in sorted(vars(sys.modules[module]).items()):
        described = (
            described_class(value, module) if isinstance(value, type) else described_code(value)
        )
        if described:
            whole.update(f"{name}={described};".encode())
    return whole.hexdigest()


def described_class(kind: type, module: str) -> str:
    """Of a class of this module, its functions; of another, its name."""
    if kind.__module__ != module:
        return f"{kind.__module__}:{kind.__qualname__}"
    described = ((name, described_code(value)) for name, value in sorted(vars(kind).items()))
    return ",".join(f"{name}={each}" for name, each in described if each and not MADE_UP(name))


def described_code(value: Any) -> str:
    """Of a function, or of what a class makes of one; "" for anything else."""
    if isinstance(value, (classmethod, staticmethod)):
        value = value.__func__
    if isinstance(value, property):
        return "|".join(map(described_code, (value.fget, value.fset, value.fdel)))
    if not isinstance(value, FunctionType):
        return ""
    codes = [written(each.__code__) for each in chain_of(value)]
    return "" if "" in codes else ">".join(codes)


def chain_of(function: Any) -> Iterator[FunctionType]:
    """The function, and those that it says it wraps."""
    while isinstance(function, FunctionType):
        yield function
        function = vars(function).get("__wrapped__")


def written(code: CodeType) -> str:
    if code.co_filename.startswith("<"):
        return ""
    digest = blake2b(code.co_code, digest_size=8).hexdigest()
    return f"{code.co_filename}:{code.co_firstlineno}:{digest}"
