"""Whether the seams are put into the dbt of this process, and why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flatmanifest.dbt.releases import Release
    from flatmanifest.dbt.seams import Seam

_refusal: str | None = None
_was_told = False


def switch_on(*, records: bool = False) -> bool:
    """Put the seams into the dbt of this process, and return whether they are in it.

    ``records``: those of the recorder, too, before dbt has set up its log.

    Does nothing under ``FLATMANIFEST=0``. In a dbt of another release, or where dbt lacks what one
    of the seams replaces or has another function there (seam_lock.py), dbt stays as it is, and the
    first call without ``records`` warns.
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
    """Put the seams in; why that cannot be, if so."""
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
    except Exception as error:  # noqa: BLE001 - whatever it is, dbt must go on
        said = f"{type(error).__name__}: {error}"
        return f"does not fit dbt-core {__version__} as it is installed ({said})"
    return None


def known_ones(seams: list[Seam], release: Release) -> list[Seam]:
    """These seams, without those of a switch of which one replaces a function that is not known.

    Raises UnknownFunctionError where one without a switch does: the others depend on it.
    """
    from flatmanifest.dbt.seam_lock import UnknownFunctionError, changed  # noqa: PLC0415

    unknown = changed(seams, release)
    necessary = sorted({each.target for each in unknown if each.switch is None})
    if necessary:
        raise UnknownFunctionError(", ".join(necessary))
    switches = {each.switch for each in unknown}
    return [each for each in seams if each.switch is None or each.switch not in switches]


def declare(release: Release) -> None:
    """Import the modules that declare the seams of a release, which changes nothing."""
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
        selector,
    )
    from flatmanifest.dbt.workers import parse_project, static_parser  # noqa: F401, PLC0415

    if release in SINCE_1_12:
        from flatmanifest.dbt.v2_parser import handoff  # noqa: F401, PLC0415


def tell(why: str) -> None:
    """Warn once that dbt is left as it is."""
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
