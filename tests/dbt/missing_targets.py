"""Removes one target of a seam after the other from dbt, and tries to install the seams.

``python -m tests.dbt.missing_targets``, in a process without seams, prints a JSON object: for each
target of the installed dbt, whether the seams are installed, the message, and whether all other
targets are unchanged.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from typing import TYPE_CHECKING, Any

os.environ["FLATMANIFEST"] = "1"

from flatmanifest.dbt import switch
from flatmanifest.dbt.front_door import transcript  # noqa: F401 - declares seams
from flatmanifest.dbt.releases import installed_release
from flatmanifest.dbt.seams import REGISTRY, Kind, Seam, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

RELEASE = installed_release()


def holders_of(owner: Any, name: str) -> list[Any]:
    """Return the module, or the classes, that define an attribute, hidden definitions included."""
    kinds = getattr(owner, "__mro__", (owner,))
    return [kind for kind in kinds if name in vars(kind) and kind is not object]


@contextlib.contextmanager
def taken_away(which: Seam) -> Iterator[None]:
    """Remove a target for a while. The place of an addition is occupied instead."""
    owner, _ = which.find()
    if which.kind is Kind.ADDITION:
        setattr(owner, which.name, "taken")
        yield
        delattr(owner, which.name)
    elif which.kind is Kind.ITEM:
        original = owner.pop(which.name)
        yield
        owner[which.name] = original
    else:
        holders = [(each, vars(each)[which.name]) for each in holders_of(owner, which.name)]
        for holder, _ in holders:
            delattr(holder, which.name)
        yield
        for holder, original in holders:
            setattr(holder, which.name, original)


def targets(seams: list[Seam]) -> list[Any]:
    return [each.find()[1] for each in seams]


def main() -> None:
    assert RELEASE is not None
    switch.declare(RELEASE)
    declared = [each for each in REGISTRY if each.is_for(RELEASE, Stage.PLUGIN, Stage.COMMAND)]
    before = targets(declared)
    told: dict[str, Any] = {}
    for each in declared:
        switch._refusal = None  # noqa: SLF001 - as in a new process
        with taken_away(each):
            is_on = switch.switch_on(records=True)
        after = targets(declared)
        told[each.target] = {
            "is_on": is_on,
            "said": switch._refusal,  # noqa: SLF001
            "is_unchanged": all(map(is_same, before, after)),
        }
    switch._refusal = None  # noqa: SLF001
    is_on = switch.switch_on(records=True)
    sys.stdout.write(json.dumps({"each": told, "is_on": is_on, "said": switch._refusal}))  # noqa: SLF001


def is_same(one: Any, other: Any) -> bool:
    """Return whether both are the same object, or bound to the same function."""
    return one is other or getattr(one, "__func__", one) is getattr(other, "__func__", other)


if __name__ == "__main__":
    main()
