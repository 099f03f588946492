"""The lock of seams: whether the functions that seams replace are the known ones.

For each release of dbt, ``seams.lock.json`` has a digest of the source of every target of a seam,
and the versions of the packages that the digests were taken from. If other versions are installed,
the digests are compared before a seam is put in place. So no seam replaces a function that the
authors of the seam have not seen.
"""

from __future__ import annotations

import inspect
import json
import linecache
from functools import cache
from hashlib import blake2b
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flatmanifest.dbt.releases import SUPPORTED
from flatmanifest.dbt.seams import Seam

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flatmanifest.dbt.releases import Release

LOCK = Path(__file__).with_name("seams.lock.json")
# The packages whose functions are replaced by seams.
PACKAGES = ("dbt-core", "dbt-common", "mashumaro", "Jinja2")


class UnknownFunctionError(Exception):
    """A seam would replace a function that it was not written for. The message lists the paths."""


def lock(path: Path | None = None) -> dict[str, Any]:
    """The lock by release: the versions of the packages, and a digest for each target."""
    known: dict[str, Any] = json.loads((path or LOCK).read_text("utf-8"))
    return known


def changed(seams: Iterable[Seam], release: Release) -> list[Seam]:
    """The seams whose targets differ from the lock; none if the packages' versions are the lock's.

    Call it before these seams are in place. Raises MissingTargetError if a target is missing.
    """
    known = lock()[name_of(release)]
    if known["packages"] == installed_packages():
        return []
    return compared(seams, known["targets"])


def compared(seams: Iterable[Seam], targets: dict[str, str]) -> list[Seam]:
    """The seams whose targets have other digests than ``targets``."""
    return [each for each in seams if targets.get(each.target) != digest_of(each)]


@cache
def installed_packages() -> dict[str, str]:
    return {name: metadata.version(name) for name in PACKAGES}


def digest_of(which: Seam) -> str:
    """The digest of a target's source without comments; of its type's name if it has no source."""
    _, found = which.find()
    return digest_of_source(found)


def digest_of_source(found: Any) -> str:
    """The digest of the source of a function, a method, a property; else of its type's name."""
    function = getattr(found, "fget", None) or getattr(found, "__func__", None) or found
    code = getattr(inspect.unwrap(function) if callable(function) else None, "__code__", None)
    if code is None:
        text = f"{type(found).__module__}.{type(found).__qualname__}"
    else:
        text = source_at(linecache.getlines(code.co_filename), code.co_firstlineno)
    return blake2b(text.encode(), digest_size=8).hexdigest()


def source_at(lines: list[str], number: int) -> str:
    """The source of the function at a line, found by its indentation, without comments.

    It takes a hundredth of the time of ``inspect.getsource``, and gives the same text in every
    release of Python.
    """
    found: list[str] = []
    indentation, is_defined = None, False
    for line in lines[number - 1 :]:
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        depth = len(line) - len(line.lstrip())
        if indentation is None:
            indentation = depth
        if is_defined and depth <= indentation and not text.startswith(")"):
            break
        is_defined |= text.startswith(("def ", "async def "))
        found.append(line[indentation:].rstrip())
    return "\n".join(found)


def name_of(release: Release) -> str:
    return ".".join(map(str, release))


def write(path: Path, release: Release, seams: list[Seam]) -> None:
    """Write the installed versions and their digests into the lock of a checkout."""
    known = lock(path)
    known[name_of(release)] = {
        "packages": installed_packages(),
        "targets": dict(sorted((each.target, digest_of(each)) for each in seams)),
    }
    ordered = {name_of(each): known[name_of(each)] for each in SUPPORTED if name_of(each) in known}
    path.write_text(json.dumps(ordered, indent=1) + "\n", "utf-8")
