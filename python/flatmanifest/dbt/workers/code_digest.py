"""Digests of code, to find out whether two processes parse with the same code.

A program may have replaced functions of dbt, or of the libraries that dbt parses with. The digest
of a module covers its functions: their names, their places in source files, and their bytecode.
Functions that are made at run time, for example by dataclasses and mashumaro, have no source file.
They are left out, and so are functions with generated names.
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
# Generated names: mashumaro adds such functions to a class at the first serialization of an object.
MADE_UP = re.compile(r".*_[0-9a-f]{32}").fullmatch


def digests_of_code() -> dict[str, str]:
    """The digests of the loaded modules that take part in parsing, by the module's name."""
    names = [name for name, module in sys.modules.items() if module and is_of_parsing(name)]
    return {name: digest_of(name) for name in sorted(names)}


def first_unlike(there: dict[str, str]) -> str | None:
    """The first module of another process whose digest differs in this process; None if none does.

    The modules are imported here if they have not been.
    """
    return next((name for name, digest in there.items() if loaded(name) != digest), None)


def loaded(module: str) -> str:
    try:
        importlib.import_module(module)
    except Exception:  # noqa: BLE001 - after any error, this process has not got the module
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
    """The text of a class for the digest: its functions; its name if it is of another module."""
    if kind.__module__ != module:
        return f"{kind.__module__}:{kind.__qualname__}"
    described = ((name, described_code(value)) for name, value in sorted(vars(kind).items()))
    return ",".join(f"{name}={each}" for name, each in described if each and not MADE_UP(name))


def described_code(value: Any) -> str:
    """The text of a function, method or property for the digest; "" for any other value."""
    if isinstance(value, (classmethod, staticmethod)):
        value = value.__func__
    if isinstance(value, property):
        return "|".join(map(described_code, (value.fget, value.fset, value.fdel)))
    if not isinstance(value, FunctionType):
        return ""
    codes = [written(each.__code__) for each in chain_of(value)]
    return "" if "" in codes else ">".join(codes)


def chain_of(function: Any) -> Iterator[FunctionType]:
    """The function, and the functions that it wraps (``__wrapped__``)."""
    while isinstance(function, FunctionType):
        yield function
        function = vars(function).get("__wrapped__")


def written(code: CodeType) -> str:
    if code.co_filename.startswith("<"):
        return ""
    digest = blake2b(code.co_code, digest_size=8).hexdigest()
    return f"{code.co_filename}:{code.co_firstlineno}:{digest}"
