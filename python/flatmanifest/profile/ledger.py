"""What a program serializes: each manifest, and everything large, as which bytes, and where from.

A manifest that is made into the same format twice within a process is *double serialization*: the
second time could have used the first one's bytes, or, with a mapped file, none.
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

LARGE = 64 * 1024  # what is less is only worth its time where it is a manifest's
# Whose frames say how something was serialized, not who wanted that.
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
# Module, function, format, and whether it is given the objects (True) or makes them.
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
    """Which manifest it is: equal ones are of one parse."""

    invocation_id: str
    nodes: int
    sources: int


@dataclass
class Entry:
    """One act of serializing (or of reading back)."""

    format: str
    is_written: bool
    bytes: int
    seconds: float
    caller: str
    manifest: Manifest | None


class Ledger:
    """The entries of this process; any thread adds to them."""

    def __init__(self) -> None:
        """Watches nothing yet."""
        self.entries: list[Entry] = []
        self.calls = 0  # of what is watched, entered or not
        self._within: set[int] = set()  # threads: msgpack.packb within pickle.dumps is the latter's

    def watch_libraries(self) -> None:
        """Before dbt is imported, whose modules take some of these functions by name."""
        for module, name, format_, is_written in WATCHED:
            if module in {"orjson", "msgpack"} and not _is_installed(module):
                continue
            watched = partial(self._watched, format_=format_, is_written=is_written)
            replace(f"{module}:{name}", watched)
        replace("json:dump", self._watched_dump)
        replace("pickle:dump", self._watched_dump)

    def watch_plugin(self) -> None:
        """After dbt is imported: what flatmanifest publishes, and what it maps."""
        for name, is_written in (("publish", True), ("find", False)):
            watched = partial(self._watched_file, is_written=is_written)
            replace(f"flatmanifest.dbt.cache.entry:{name}", watched)

    def seconds_per_call(self) -> float:
        """What it costs a function to be watched, if nothing is entered."""
        calls = self.calls
        watched = self._watched(_text, "text", is_written=True)
        cost = cost_of_wrapping(_text, watched)
        self.calls = calls
        return cost

    def double(self) -> list[list[Entry]]:
        """Entries of one manifest in one format, where there is more than one."""
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
        """What returns an entry of the cache, with the manifest it was given, if any."""
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
    """Which manifest these objects are, if they are one: dbt's class, or what its JSON is."""
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
        # What the text takes in memory, exact where it is ASCII, as dbt's JSON is.
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
    """Who wanted it: the innermost function that is not of a serializer."""
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
