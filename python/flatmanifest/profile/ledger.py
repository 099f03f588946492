"""The ledger of what a program serializes: each manifest, and every large value.

An entry has the format, the size, the time and the caller. If a process makes one manifest into one
format twice, that is *double serialization*: the second time could have used the bytes of the
first, or, with a mapped file, none.
"""

from __future__ import annotations

import io
import os
import pickle
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, wraps
from threading import get_ident
from typing import Any

from flatmanifest.profile.clock import cost_of_wrapping
from flatmanifest.profile.phases import replace

LARGE = 64 * 1024  # bytes: smaller values are entered only if they are a manifest
# Modules that serialize for others: their frames are not the caller.
CARRIERS = (
    "json",
    "flatmanifest.profile",
    "mashumaro",
    "msgpack",
    "dbt_common",
    "dbt.artifacts.schemas.base",
    "dbt.artifacts.utils",
    "contextlib",
)
# Module, function, format, and whether the function takes the objects (True) or makes them.
WATCHED = (
    ("json", "dumps", "JSON", True),
    ("json", "loads", "JSON", False),
    ("json", "load", "JSON", False),
    ("orjson", "dumps", "JSON", True),
    ("orjson", "loads", "JSON", False),
    ("msgpack", "packb", "msgpack", True),
    ("msgpack", "unpackb", "msgpack", False),
    ("pickle", "dumps", "pickle", True),
    ("pickle", "loads", "pickle", False),
)

_IDENTITY = ("metadata", "nodes", "sources")


@dataclass(frozen=True)
class Manifest:
    """The identity of a manifest: equal ones come from one parse."""

    invocation_id: str
    nodes: int
    sources: int


@dataclass
class Entry:
    """One call that serializes, or reads back (``is_written`` is False)."""

    format: str
    is_written: bool
    bytes: int
    seconds: float
    caller: str
    manifest: Manifest | None


class Ledger:
    """The entries of this process. Any thread may add entries."""

    def __init__(self) -> None:
        """Make a ledger that watches nothing yet."""
        self.entries: list[Entry] = []
        self.calls = 0  # of watched functions, whether or not an entry was made
        # Threads inside a watched call: msgpack.packb within pickle.dumps counts for pickle.
        self._within: set[int] = set()

    def watch_libraries(self) -> None:
        """Watch the serializers. Call it before dbt imports some of these functions by name."""
        for module, name, format_, is_written in WATCHED:
            if module in {"orjson", "msgpack"} and not _is_installed(module):
                continue
            watched = partial(self._watched, format_=format_, is_written=is_written)
            replace(f"{module}:{name}", watched)
        replace("json:dump", self._watched_dump)
        replace("pickle:dump", self._watched_dump)

    def watch_plugin(self) -> None:
        """Watch what flatmanifest publishes and maps. Call it after dbt is imported."""
        for name, is_written in (("publish", True), ("find", False)):
            watched = partial(self._watched_file, is_written=is_written)
            replace(f"flatmanifest.dbt.cache.entry:{name}", watched)

    def seconds_per_call(self) -> float:
        """The seconds that watching adds to a call that makes no entry."""
        calls = self.calls
        watched = self._watched(_text, "text", is_written=True)
        cost = cost_of_wrapping(_text, watched)
        self.calls = calls
        return cost

    def double(self) -> list[list[Entry]]:
        """The groups of two or more entries that made one manifest into one format."""
        groups: dict[tuple[Manifest, str], list[Entry]] = {}
        for entry in self.entries:
            if entry.manifest is not None and entry.is_written:
                groups.setdefault((entry.manifest, entry.format), []).append(entry)
        return [group for group in groups.values() if len(group) > 1]

    def _watched(
        self, call: Callable[..., Any], format_: str, *, is_written: bool
    ) -> Callable[..., Any]:
        @wraps(call)
        def watched(*args: Any, **kwargs: Any) -> Any:
            thread = get_ident()
            if thread in self._within:
                return call(*args, **kwargs)
            self._within.add(thread)
            self.calls += 1
            start = time.perf_counter()
            try:
                result = call(*args, **kwargs)
            finally:
                elapsed = time.perf_counter() - start
                self._within.discard(thread)
            given = args[0] if args else None
            objects, text = (given, result) if is_written else (result, given)
            manifest = manifest_of(objects)
            size = _size(text)
            if manifest is not None or size >= LARGE:
                self.entries.append(Entry(format_, is_written, size, elapsed, _caller(), manifest))
            return result

        return watched

    def _watched_dump(self, call: Callable[..., Any]) -> Callable[..., Any]:
        format_ = "pickle" if call is pickle.dump else "JSON"

        @wraps(call)
        def watched(objects: Any, file: Any, *args: Any, **kwargs: Any) -> Any:
            self.calls += 1
            before = _position(file)
            start = time.perf_counter()
            result = call(objects, file, *args, **kwargs)
            elapsed = time.perf_counter() - start
            size = _position(file) - before
            manifest = manifest_of(objects)
            if manifest is not None or size >= LARGE:
                entry = Entry(format_, True, size, elapsed, _caller(), manifest)  # noqa: FBT003
                self.entries.append(entry)
            return result

        return watched

    def _watched_file(self, call: Callable[..., Any], *, is_written: bool) -> Callable[..., Any]:
        """Watch a function that returns an entry of the cache; a manifest may be an argument."""
        format_ = "fman" if is_written else "fman, in place"

        @wraps(call)
        def watched(*args: Any, **kwargs: Any) -> Any:
            start = time.perf_counter()
            result = call(*args, **kwargs)
            elapsed = time.perf_counter() - start
            if result is not None:
                manifest = next(filter(None, map(manifest_of, (*args, *kwargs.values()))), None)
                size = os.path.getsize(result.path)  # noqa: PTH202
                self.entries.append(Entry(format_, is_written, size, elapsed, _caller(), manifest))
            return result

        return watched


def manifest_of(objects: Any) -> Manifest | None:
    """The identity of a manifest of dbt's, or of its JSON as a dict; None for other objects."""
    if isinstance(objects, dict):
        if "nodes" not in objects or "macros" not in objects:
            return None
        metadata, nodes, sources = (objects.get(name) for name in _IDENTITY)
    elif type(objects).__name__ in {"Manifest", "WritableManifest"}:
        metadata, nodes, sources = (getattr(objects, name, None) for name in _IDENTITY)
    else:
        return None
    invocation_id = (
        metadata.get("invocation_id")
        if isinstance(metadata, dict)
        else getattr(metadata, "invocation_id", None)
    )
    return Manifest(str(invocation_id), len(nodes or ()), len(sources or ()))


def _text() -> str:
    return "nothing"


def _size(text: Any) -> int:
    if isinstance(text, str):
        # The size of the text in UTF-8. dbt's JSON is ASCII, so that no encoding is needed.
        return len(text) if text.isascii() else len(text.encode(errors="surrogatepass"))
    if isinstance(text, (bytes, bytearray, memoryview)):
        return len(text)
    return _position(text) if isinstance(text, io.IOBase) else 0


def _position(file: Any) -> int:
    try:
        return int(file.tell())
    except (AttributeError, OSError, ValueError):
        return 0


def _caller() -> str:
    """The caller: the innermost function that is in none of the modules :data:`CARRIERS`."""
    frame = sys._getframe(2)  # noqa: SLF001
    while frame.f_back is not None:
        module = frame.f_globals.get("__name__", "")
        if not any(module == name or module.startswith(name + ".") for name in CARRIERS):
            code = frame.f_code
            function = getattr(code, "co_qualname", code.co_name)
            return f"{module}:{function}" + (f":{frame.f_lineno}" if module == "__main__" else "")
        frame = frame.f_back
    return "?"


def _is_installed(module: str) -> bool:
    from importlib.util import find_spec  # noqa: PLC0415

    return find_spec(module) is not None
