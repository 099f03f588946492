"""cProfile's functions, ordered by their own time and by their cumulative time."""

from __future__ import annotations

import cProfile
import pstats
import sys
import sysconfig
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

HERE = str(Path(__file__).parent)


@dataclass(frozen=True)
class Function:
    """One row: ``own`` seconds exclude the functions that it called; ``cumulative`` do not."""

    name: str
    calls: int
    own: float
    cumulative: float


def top(profiler: cProfile.Profile, count: int) -> dict[str, list[Function]]:
    """The first ``count`` functions in both orders, by the name of the order."""
    table = pstats.Stats(profiler).stats  # type: ignore[attr-defined]
    functions = [
        Function(shown(*where), calls, own, cumulative)
        for where, (_, calls, own, cumulative, _) in table.items()
        if not where[0].startswith(HERE)  # the profiler's own frames do not count
    ]
    return {
        "cumulative": sorted(functions, key=lambda f: -f.cumulative)[:count],
        "own": sorted(functions, key=lambda f: -f.own)[:count],
    }


def shown(file: str, line: int, name: str) -> str:
    """A name as ``dbt/parser/models.py:176(parse)``, without the directory of the installation.

    The name of a builtin stays as it is.
    """
    if file in {"~", ""}:
        return name
    root = next((root for root in roots() if file.startswith(root)), "")
    return f"{file[len(root) :]}:{line}({name})"


@lru_cache(maxsize=1)
def roots() -> tuple[str, ...]:
    """The directories that modules are found in, longest path first."""
    paths = {sysconfig.get_path("purelib"), sysconfig.get_path("stdlib"), *sys.path} - {""}
    return tuple(sorted((f"{path}/" for path in paths), key=len, reverse=True))
