"""Inside dbt: warm starts in an unmodified dbt-core. docs/dbt.md.

``dbt_flatmanifest``, which dbt discovers by its name, calls :func:`switch_on`;
:mod:`flatmanifest.dbt.activate` does so before programs load a manifest by themselves.
"""

from __future__ import annotations

import re

V2_PARSER = (1, 12)  # dbt can let another parser work since then
SUPPORTED = ((1, 10), (1, 11), (1, 12))

_active = False


def switch_on() -> None:
    """Put the seams into the dbt of this process, once. Does nothing under ``FLATMANIFEST=0``."""
    global _active  # noqa: PLW0603
    from flatmanifest.dbt.seams import is_on  # noqa: PLC0415

    if _active or not is_on():
        return
    _active = True
    from dbt.version import __version__  # noqa: PLC0415

    found = re.match(r"(\d+)\.(\d+)", __version__)
    if found is None or tuple(map(int, found.groups())) not in SUPPORTED:
        refuse(__version__)
        return
    from flatmanifest.dbt.seams import attempt  # noqa: PLC0415

    attempt(put_seams, tuple(map(int, found.groups())))


def put_seams(release: tuple[int, ...]) -> None:
    """Import what replaces dbt's functions; importing it does."""
    from flatmanifest.dbt import (  # noqa: F401, PLC0415
        artifacts,
        behavior,
        checking,
        dumping,
        linking,
        listing,
        loading,
        lookups,
        scrubbing,
        selecting,
        texts,
        validating,
    )
    from flatmanifest.dbt.dependencies import values  # noqa: PLC0415
    from flatmanifest.dbt.parsing import (  # noqa: F401, PLC0415
        codes,
        configs,
        parallel,
        reading,
        showing,
        trees,
    )

    values.watch()
    if release >= V2_PARSER:
        from flatmanifest.dbt import handoff  # noqa: F401, PLC0415


def refuse(version: str) -> None:
    """Say once that this dbt is not known."""
    from dbt_common.events.base_types import EventLevel  # noqa: PLC0415
    from dbt_common.events.functions import fire_event  # noqa: PLC0415
    from dbt_common.events.types import Note  # noqa: PLC0415

    known = ", ".join(".".join(map(str, release)) for release in SUPPORTED)
    message = f"flatmanifest knows dbt-core {known}, not {version}: dbt runs without it"
    fire_event(Note(msg=message), level=EventLevel.WARN)
