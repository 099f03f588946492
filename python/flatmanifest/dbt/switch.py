"""Putting the seams into the dbt of this process, or saying why they do not fit it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flatmanifest.dbt.releases import Release
    from flatmanifest.dbt.seams import Seam

_refusal: str | None = None
_was_told = False


def switch_on(*, records: bool = False) -> bool:
    """Put the seams into the dbt of this process, and return whether they are in it.

    ``records``: also put in the seams of the recorder, before dbt has set up its log.

    Does nothing under ``FLATMANIFEST=0``. dbt stays as it is if its release is not supported, or if
    the target of a seam is missing or unknown (``seam_lock``). The first call without ``records``
    then warns. No error is raised.
    """
    global _refusal  # noqa: PLW0603
    from flatmanifest.dbt.seams import is_on  # noqa: PLC0415

    if not is_on():
        return False
    if _refusal is None:
        _refusal = reason_against(records=records)
    if _refusal is not None and not records:
        tell(_refusal)
    return _refusal is None


def reason_against(*, records: bool) -> str | None:
    """Put the seams in. Returns None, or the reason why they do not fit."""
    from dbt.version import __version__  # noqa: PLC0415

    from flatmanifest.dbt.releases import SUPPORTED, release_of  # noqa: PLC0415
    from flatmanifest.dbt.seams import REGISTRY, Stage, install, not_installed  # noqa: PLC0415

    release = release_of(__version__)
    if release is None:
        known = ", ".join(".".join(map(str, each)) for each in SUPPORTED)
        return f"knows dbt-core {known}, not {__version__}"
    try:
        declare(release)
        stages = (Stage.PLUGIN, Stage.COMMAND) if records else (Stage.PLUGIN,)
        new = not_installed(each for each in REGISTRY if each.is_for(release, *stages))
        if new:
            install(known_ones(new, release))
    except Exception as error:  # noqa: BLE001 - dbt must go on after any error
        cause = f"{type(error).__name__}: {error}"
        return f"does not fit dbt-core {__version__} as it is installed ({cause})"
    return None


def known_ones(seams: list[Seam], release: Release) -> list[Seam]:
    """These seams, without every switch that has a seam with an unknown target.

    Raises UnknownFunctionError if a seam without a switch has an unknown target: other seams depend
    on it.
    """
    from flatmanifest.dbt.seam_lock import UnknownFunctionError, changed  # noqa: PLC0415

    unknown = changed(seams, release)
    necessary = sorted({each.target for each in unknown if each.switch is None})
    if necessary:
        raise UnknownFunctionError(", ".join(necessary))
    switches = {each.switch for each in unknown}
    return [each for each in seams if each.switch is None or each.switch not in switches]


def declare(release: Release) -> None:
    """Import the modules that declare the seams of a release. dbt is not changed."""
    from flatmanifest.dbt import locks  # noqa: F401, PLC0415
    from flatmanifest.dbt.cold import (  # noqa: F401, PLC0415  # noqa: F401, PLC0415
        behavior_flags,
        compiled_templates,
        node_configs,
        plain_text,
        reading,
        secret_scrubbing,
        syntax_trees,
        validation,
        write_json,
    )
    from flatmanifest.dbt.dependencies import values  # noqa: F401, PLC0415
    from flatmanifest.dbt.progress import showing  # noqa: F401, PLC0415
    from flatmanifest.dbt.releases import SINCE_1_12  # noqa: PLC0415
    from flatmanifest.dbt.warm import (  # noqa: F401, PLC0415
        artifacts,
        checks,
        linker,
        list_task,
        loading,
        lookups,
        relations,
        selector,
    )
    from flatmanifest.dbt.workers import parse_project, static_parser  # noqa: F401, PLC0415

    if release in SINCE_1_12:
        from flatmanifest.dbt.v2_parser import handoff  # noqa: F401, PLC0415


def tell(why: str) -> None:
    """Warn, once in a process, that dbt runs without the seams."""
    global _was_told  # noqa: PLW0603
    from dbt_common.events.base_types import EventLevel  # noqa: PLC0415

    from flatmanifest.dbt.events import fire_note  # noqa: PLC0415

    if _was_told:
        return
    _was_told = True
    message = (
        f"flatmanifest {why}: dbt runs without it. A newer flatmanifest may know this dbt; "
        "FLATMANIFEST=0 turns this warning off."
    )
    fire_note(message, EventLevel.WARN)
