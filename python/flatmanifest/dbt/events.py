"""dbt's events: hearing them, and firing notes (dbt_common.events)."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from dbt_common.events.event_manager_client import get_event_manager
from dbt_common.events.functions import fire_event
from dbt_common.events.types import Note

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dbt_common.events.base_types import EventLevel


@contextlib.contextmanager
def heard_by(hear: Callable[[Any], object]) -> Iterator[None]:
    """Within the block, have dbt call ``hear`` with the message of each event."""
    callbacks = get_event_manager().callbacks
    callbacks.append(hear)
    try:
        yield
    finally:
        if hear in callbacks:  # dbt may have emptied the list
            callbacks.remove(hear)


def fire_note(text: str, level: EventLevel) -> None:
    """Fire a note. dbt prints and logs it like its own events."""
    fire_event(Note(msg=text), level=level)
