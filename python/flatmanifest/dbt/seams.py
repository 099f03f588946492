"""The registry of seams: where dbt's functions are replaced, and what happens when ours fail.

:func:`seam` declares a replacement and changes nothing. :func:`install` resolves what every
declaration replaces, and then puts all of them in place, or none. Modules that declare seams may
therefore be imported in any order, and import dbt's own functions as they are.

A seam's function is given dbt's own as its first argument and calls it wherever it has no better
answer. What it does of its own goes through :func:`attempt`: whatever fails there is reported once
and dbt's way is taken, so that nobody's dbt fails because of this package.
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
# As os.environ keeps names: bytes on POSIX, else text.
SPELLINGS = {VARIABLE, LEFT_VARIABLE, VARIABLE.encode(), LEFT_VARIABLE.encode()}
_reported: set[str] = set()


def encoded_environment() -> dict[Any, Any] | None:
    """The environment as os.environ keeps it, undecoded; None where that is not known."""
    kept = getattr(os.environ, "_data", None)
    return kept if isinstance(kept, dict) else None


def is_on(switch: str | None = None) -> bool:
    """Whether the environment lets the plugin work: ``FLATMANIFEST=0`` does not.

    ``FLATMANIFEST_LEAVE=validation,secrets`` leaves to dbt what has such a switch.
    """
    environment = encoded_environment()
    if environment is not None and environment.keys().isdisjoint(SPELLINGS):
        return True  # a parse asks a hundred thousand times
    if os.environ.get(VARIABLE) == "0":
        return False
    return switch is None or switch not in os.environ.get(LEFT_VARIABLE, "").split(",")


class Level(IntEnum):
    """How seams on one function lie around each other: a higher one calls the lower ones."""

    WARM = 0  # starts from an entry
    COLD = 1  # makes a parse cheaper
    WORKERS = 2  # divides it
    PROGRESS = 3  # shows it
    RECORDER = 4  # hears all of it


class Stage(Enum):
    """When a seam is put in place."""

    EARLY = "before dbt's commands are imported"  # locks.py
    PLUGIN = "wherever the plugin is on"
    COMMAND = "in `flatmanifest dbt`, which records"


class Kind(Enum):
    """The kind of a target, and the arguments that its replacement gets."""

    FUNCTION = "function"  # or method: the original, then the arguments, at each call
    CLASSMETHOD = "classmethod"  # the same; the original takes the class
    STATICMETHOD = "staticmethod"
    PROPERTY = "property"  # the original getter and the object
    ATTRIBUTE = "attribute"  # the original value, once; it returns what takes its place
    ITEM = "item"  # the same, of a dict
    ADDITION = "addition"  # nothing; the owner has no such attribute


@dataclass(frozen=True)
class Seam:
    """One replacement.

    ``owner`` is "module" or "module:Class". ``does`` says what the replacement does instead, in a
    line. ``releases`` are those of dbt that have it; all supported ones if empty. ``level`` orders
    several seams on one function.
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
        """The dotted path of what it replaces."""
        return f"{self.owner.replace(':', '.')}.{self.name}"

    def is_for(self, release: Release, *stages: Stage) -> bool:
        return self.stage in stages and (not self.releases or release in self.releases)

    def find(self) -> tuple[Any, Any]:
        """The owner, and its attribute or item that is replaced, as it is now.

        Raises MissingTargetError where this dbt has none, or has one of another kind.
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
        is_of_python = callable(found) and not isinstance(found, WrapperDescriptorType)  # object's
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
    """The installed dbt lacks what a seam replaces. Says its path."""


# Every seam that a module has declared, as modules were imported.
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
    """Declare that a function takes the place of ``owner.name``: :class:`Seam`."""

    def declare(replacement: Callable[..., Any]) -> Callable[..., Any]:
        REGISTRY.append(Seam(owner, name, kind, does, switch, releases, level, stage, replacement))
        return replacement

    return declare


def not_installed(seams: Iterable[Seam]) -> list[Seam]:
    return [each for each in seams if each not in _installed]


def install(seams: Iterable[Seam]) -> None:
    """Put these in place, those that are not yet; all, or none.

    Raises MissingTargetError, with nothing changed, where one has nothing to replace.
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
    """A function that calls ``replacement``, or ``original`` where the switch is off."""

    @wraps(original)
    def call(*args: Any, **kwargs: Any) -> Any:
        if not is_on(switch):
            return original(*args, **kwargs)
        return replacement(original, *args, **kwargs)

    return call


def attempt(call: Callable[..., T], *args: Any) -> T | None:
    """Call; report what it raises and return None."""
    try:
        return call(*args)
    except Exception as error:  # noqa: BLE001 - any at all: dbt must go on
        report(error)
        return None


def report(error: Exception) -> None:
    """Warn of a kind of error once in a process, and log where it was raised at debug level."""
    from dbt_common.events.base_types import EventLevel  # noqa: PLC0415 - dbt may not be there

    from flatmanifest.dbt.events import fire_note  # noqa: PLC0415

    text = f"{type(error).__name__}: {error}"
    if text not in _reported:
        _reported.add(text)
        message = f"flatmanifest failed and leaves this to dbt ({text}); {VARIABLE}=0 turns it off"
        fire_note(message, EventLevel.WARN)
    trace = "".join(traceback.format_exception(error))
    fire_note(f"flatmanifest: {trace}", EventLevel.DEBUG)
