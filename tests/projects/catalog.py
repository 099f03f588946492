"""The projects by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from tests.projects.chain import chain_project
from tests.projects.everything import everything_project
from tests.projects.scaffold import ProjectFile, write
from tests.projects.simple import simple_project


@dataclass(frozen=True)
class ProjectKind:
    """One entry of the catalog."""

    description: str
    files: Callable[[int], Iterator[ProjectFile]]
    size: int  # the default size
    unit: str | None = None  # the unit of a size; None if the size is fixed


PROJECTS: Mapping[str, ProjectKind] = MappingProxyType(
    {
        "01_2000_simple": ProjectKind(
            "2,000 models that read each other, 5,900 tests", simple_project, 2000
        ),
        "02_500_chain": ProjectKind("125 chains of 4 models, a test on each", chain_project, 125),
        "03_2000_chain": ProjectKind("500 chains of 4 models, a test on each", chain_project, 500),
        "simple": ProjectKind("as 01_2000_simple, of any size", simple_project, 100, unit="models"),
        "chain": ProjectKind("as 03_2000_chain, of any size", chain_project, 10, unit="chains"),
        "small_everything": ProjectKind(
            "every type of resource that dbt parses", lambda _size: everything_project(), 1
        ),
    }
)


def generate(name: str, directory: str | Path, size: int | None = None) -> int:
    """Write project ``name`` into ``directory`` and return the number of files.

    The directory is created, or must be empty. ``size`` is a number of chains (``chain``) or of
    models (``simple``); the other projects have one size.
    Raises ``KeyError`` for an unknown name, ``ValueError`` for a size that the project cannot have,
    ``FileExistsError`` for a directory in use.
    """
    kind = PROJECTS[name]
    if size is not None and kind.unit is None:
        raise ValueError(f"{name} has one size; 'chain' and 'simple' have any")
    if size is not None and size < 1:
        raise ValueError(f"a project of {size} {kind.unit} is empty: ask for 1 or more")
    return write(kind.files(kind.size if size is None else size), Path(directory))
