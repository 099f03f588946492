"""The registry of seams: the replacements of dbt's functions, and their failures.

:func:`seam` declares a replacement and changes nothing. :func:`install` finds the target of every
declaration, and then puts all replacements in place, or none. Modules that declare seams may
therefore be imported in any order, and may import dbt's functions, which are not replaced yet.

A replacement gets dbt's function as its first argument, and calls it wherever it has no better
answer. Its own work goes through :func:`attempt`: an error there is reported once, and dbt's
function is called instead. So dbt does not fail because of this package.
"""

from __future__ import annotations

import importlib
import os
import traceback
from dataclasses import dataclass
from enum import Enum, IntEnum
from functools import wraps
from types import WrapperDescriptorType
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from flatmanifest.dbt.releases import Release

T = TypeVar("T")

VARIABLE = "FLATMANIFEST"
LEFT_VARIABLE = "FLATMANIFEST_LEAVE"
# The names as os.environ keeps them: bytes on POSIX, text elsewhere.
SPELLINGS = {VARIABLE, LEFT_VARIABLE, VARIABLE.encode(), LEFT_VARIABLE.encode()}
_reported: set[str] = set()


def encoded_environment() -> dict[Any, Any] | None:
    """The environment as os.environ keeps it, undecoded; None if Python does not show it."""
    kept = getattr(os.environ, "_data", None)
    return kept if isinstance(kept, dict) else None


def is_on(switch: str | None = None) -> bool:
    """Whether the environment lets the plugin, or a seam with this switch, work.

    ``FLATMANIFEST=0`` turns everything off. ``FLATMANIFEST_LEAVE=validation,secrets`` turns off the
    seams with these switches.
    """
    environment = encoded_environment()
    if environment is not None and environment.keys().isdisjoint(SPELLINGS):
        return True  # fast, because a parse asks a hundred thousand times
    if os.environ.get(VARIABLE) == "0":
        return False
    return switch is None or switch not in os.environ.get(LEFT_VARIABLE, "").split(",")


class Level(IntEnum):
    """The order of several seams on one function: a higher level calls the lower ones."""

    WARM = 0  # starts from an entry
    COLD = 1  # makes a parse cheaper
    WORKERS = 2  # divides a parse among processes
    PROGRESS = 3  # shows the progress of a parse
    RECORDER = 4  # records the whole command


class Stage(Enum):
    """When a seam is put in place."""

    EARLY = "before dbt's commands are imported"  # flatmanifest.dbt.locks
    PLUGIN = "wherever the plugin is on"
    COMMAND = "in `flatmanifest dbt`, which records"


class Kind(Enum):
    """The kind of a target, and the arguments that its replacement gets."""

    FUNCTION = "function"  # or method: the original, then the arguments, at each call
    CLASSMETHOD = "classmethod"  # the same; the original takes the class
    STATICMETHOD = "staticmethod"
    PROPERTY = "property"  # the original getter and the object
    ATTRIBUTE = "attribute"  # the original value, once; it returns the new value
    ITEM = "item"  # the same for an item of a dict
    ADDITION = "addition"  # no arguments, once; the owner has no such attribute


@dataclass(frozen=True)
class Seam:
    """One declared replacement.

    - ``owner``: "module" or "module:Class"; ``name``: its attribute or item
    - ``does``: a line that says what the replacement does instead
    - ``switch``: the name for ``FLATMANIFEST_LEAVE``; None for a seam that others depend on
    - ``releases``: the releases of dbt that have the target; empty for all supported ones
    - ``level``: the order of several seams on one function
    - ``stage``: when the seam is put in place
    """

    owner: str
    name: str
    kind: Kind
    does: str
    switch: str | None
    releases: tuple[Release, ...]
    level: Level
    stage: Stage
    replacement: Callable[..., Any]

    @property
    def target(self) -> str:
        """The dotted path of the function or value that the seam replaces."""
        return f"{self.owner.replace(':', '.')}.{self.name}"

    def is_for(self, release: Release, *stages: Stage) -> bool:
        return self.stage in stages and (not self.releases or release in self.releases)

    def find(self) -> tuple[Any, Any]:
        """The owner, and the current value of the target.

        Raises MissingTargetError if this dbt has no such target, or one of another kind.
        """
        module, _, path = self.owner.partition(":")
        try:
            owner: Any = importlib.import_module(module)
            for name in filter(None, path.split(".")):
                owner = getattr(owner, name)
            return owner, self._of(owner)
        except (ImportError, AttributeError, KeyError, TypeError) as error:
            raise MissingTargetError(self.target) from error

    def _of(self, owner: Any) -> Any:
        if self.kind is Kind.ADDITION:
            if hasattr(owner, self.name):
                raise MissingTargetError(self.target)
            return None
        if self.kind is Kind.ITEM:
            return owner[self.name]
        if self.kind in _DESCRIPTORS:
            found = vars(owner)[self.name]
            if not isinstance(found, _DESCRIPTORS[self.kind]):
                raise MissingTargetError(self.target)
            return found
        found = getattr(owner, self.name)
        # A WrapperDescriptorType is a method that is inherited from object.
        is_of_python = callable(found) and not isinstance(found, WrapperDescriptorType)
        if self.kind is Kind.FUNCTION and not is_of_python:
            raise MissingTargetError(self.target)
        return found

    def replaced(self, original: Any) -> Any:
        """The value that takes the place of ``original``."""
        if self.kind in (Kind.ATTRIBUTE, Kind.ITEM):
            return self.replacement(original)
        if self.kind is Kind.ADDITION:
            return self.replacement()
        if self.kind is Kind.PROPERTY:
            return property(patched(self.replacement, original.fget, self.switch))
        if self.kind in _DESCRIPTORS:
            function = patched(self.replacement, original.__func__, self.switch)
            return _DESCRIPTORS[self.kind](function)
        return patched(self.replacement, original, self.switch)


_DESCRIPTORS: dict[Kind, Any] = {
    Kind.CLASSMETHOD: classmethod,
    Kind.STATICMETHOD: staticmethod,
    Kind.PROPERTY: property,
}


class MissingTargetError(Exception):
    """The installed dbt lacks the target of a seam. The message is the path of the target."""


# Every declared seam, in the order of the declarations.
REGISTRY: list[Seam] = []
_installed: set[Seam] = set()


def seam(  # noqa: PLR0913 - a declaration
    owner: str,
    name: str,
    does: str,
    *,
    switch: str | None = None,
    kind: Kind = Kind.FUNCTION,
    releases: tuple[Release, ...] = (),
    level: Level = Level.WARM,
    stage: Stage = Stage.PLUGIN,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare that the decorated function replaces ``owner.name``. See :class:`Seam`."""

    def declare(replacement: Callable[..., Any]) -> Callable[..., Any]:
        REGISTRY.append(Seam(owner, name, kind, does, switch, releases, level, stage, replacement))
        return replacement

    return declare


def not_installed(seams: Iterable[Seam]) -> list[Seam]:
    return [each for each in seams if each not in _installed]


def install(seams: Iterable[Seam]) -> None:
    """Put all these seams in place, or none. Seams that are in place already are skipped.

    Raises MissingTargetError, with nothing changed, if a target is missing.
    """
    new = sorted(not_installed(seams), key=lambda each: each.level)
    for each in new:
        each.find()
    done: list[tuple[Seam, Any, Any]] = []
    try:
        for each in new:
            owner, original = each.find()
            put(each, owner, each.replaced(original))
            done.append((each, owner, original))
    except BaseException:
        for each, owner, original in reversed(done):
            take_back(each, owner, original)
        raise
    _installed.update(new)


def put(which: Seam, owner: Any, value: Any) -> None:
    if which.kind is Kind.ITEM:
        owner[which.name] = value
    else:
        setattr(owner, which.name, value)


def take_back(which: Seam, owner: Any, original: Any) -> None:
    if which.kind is Kind.ADDITION:
        delattr(owner, which.name)
    else:
        put(which, owner, original)


def patched(replacement: Callable[..., Any], original: Any, switch: str | None) -> Any:
    """A function that calls ``replacement``, or ``original`` if the switch is off."""

    @wraps(original)
    def call(*args: Any, **kwargs: Any) -> Any:
        if not is_on(switch):
            return original(*args, **kwargs)
        return replacement(original, *args, **kwargs)

    return call


def attempt(call: Callable[..., T], *args: Any) -> T | None:
    """Return ``call(*args)``. If it raises, report the error and return None."""
    try:
        return call(*args)
    except Exception as error:  # noqa: BLE001 - dbt must go on after any error
        report(error)
        return None


def report(error: Exception) -> None:
    """Warn of an error, once per process for the same text, and log its traceback for debugging."""
    from dbt_common.events.base_types import EventLevel  # noqa: PLC0415 - dbt may not be there

    from flatmanifest.dbt.events import fire_note  # noqa: PLC0415

    text = f"{type(error).__name__}: {error}"
    if text not in _reported:
        _reported.add(text)
        message = f"flatmanifest failed and leaves this to dbt ({text}); {VARIABLE}=0 turns it off"
        fire_note(message, EventLevel.WARN)
    trace = "".join(traceback.format_exception(error))
    fire_note(f"flatmanifest: {trace}", EventLevel.DEBUG)
