"""``import flatmanifest.dbt.activate``: warm starts in a program that calls dbt's code itself.

dbt imports its plugins while it loads a manifest. In a program that makes dbt's ``ManifestLoader``
itself, instead of running a command of dbt's, that is too late for this manifest. Such a program
imports this module first. The import puts the seams in: at once if ``dbt.parser.manifest`` has been
imported, else as soon as it is imported. The import costs nothing if dbt is not used. It also has
dbt make locks without names (``locks``).

sqlfluff imports this module through its entry point (pyproject.toml), and flatmanifest.pth does for
programs whose name begins with "dbt-", such as dbt-osmosis.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from flatmanifest.dbt.awaited_imports import wait_for
from flatmanifest.dbt.locks import use_unnamed
from flatmanifest.dbt.switch import switch_on

if TYPE_CHECKING:
    from collections.abc import Callable

# The function to call when a module of dbt has been imported.
AWAITED: dict[str, Callable[[], object]] = {
    "dbt.mp_context": use_unnamed,
    "dbt.parser.manifest": switch_on,
}


def wait_for_dbt() -> None:
    """Call the functions of the modules that are imported now, and the others at their import."""
    for name, action in AWAITED.items():
        if name in sys.modules:
            action()
    awaited = {name: action for name, action in AWAITED.items() if name not in sys.modules}
    if awaited:
        wait_for(after=awaited)


wait_for_dbt()
