"""Where dbt's functions are replaced, and what happens when ours fail.

A seam's function is given dbt's own as its first argument and calls it wherever it has no better
answer. What it does of its own goes through :func:`attempt`: whatever fails there is reported once
and dbt's way is taken, so that nobody's dbt fails because of this package.
"""

from __future__ import annotations

import os
import traceback
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

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


def seam(
    owner: Any, name: str, switch: str | None = None
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Put a function in the place of ``owner.name``, which it gets as its first argument."""

    def replace(ours: Callable[..., Any]) -> Callable[..., Any]:
        original = getattr(owner, name)

        @wraps(original)
        def patched(*args: Any, **kwargs: Any) -> Any:
            if not is_on(switch):
                return original(*args, **kwargs)
            return ours(original, *args, **kwargs)

        setattr(owner, name, patched)
        return ours

    return replace


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
    from dbt_common.events.functions import fire_event  # noqa: PLC0415
    from dbt_common.events.types import Note  # noqa: PLC0415

    text = f"{type(error).__name__}: {error}"
    if text not in _reported:
        _reported.add(text)
        message = f"flatmanifest failed and leaves this to dbt ({text}); {VARIABLE}=0 turns it off"
        fire_event(Note(msg=message), level=EventLevel.WARN)
    trace = "".join(traceback.format_exception(error))
    fire_event(Note(msg=f"flatmanifest: {trace}"), level=EventLevel.DEBUG)
