"""The artifacts of an earlier run, which a recorded command has compared with --state."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from flatmanifest.dbt.front_door.blanks import require
from flatmanifest.dbt.releases import SINCE_1_12, installed_release

if TYPE_CHECKING:
    from flatmanifest.dbt.cache.entry import Entry
    from flatmanifest.dbt.warm.loading import Load

# The collections that state: compares, and the fields whose dates it does not compare with texts.
COMPARED = ("nodes", "sources", "exposures", "metrics", "unit_tests", "functions")
DATES_APART = ("config", "deprecation_date")  # unrendered_config is compared instead of config
CONFIG_COMPARED = ("semantic_models", "saved_queries")


def state_directories(previous: Any, load: Load) -> dict[str, Any] | None:
    """The directories of --state (native/front/transcript.h); None without it.

    ``previous``: the artifacts there, as dbt has read them (dbt.contracts.state). They are
    dependencies: dbt has opened them, or has found that they are not there. Raises
    NotRecordedError if native code would compare in another way than dbt.
    """
    from dbt.flags import get_flags  # noqa: PLC0415 - dbt is loaded by then

    if previous is None:
        return None
    # dbt 1.12 compares dates, as it has parsed them, with the texts of the earlier manifest.
    entry = load.entry
    compares_dates = installed_release() in SINCE_1_12
    dated = dated_resources(entry) if compares_dates and entry is not None else []
    require(not dated, f"dbt 1.12 takes dates for modified, as in {' '.join(dated[:1])}")
    # A plugin makes them anew in each command, with another checksum: they are modified.
    is_whole = not load.loader.manifest.external_node_unique_ids
    require(is_whole, "a plugin has added nodes, which differ from those that --state names")
    root = Path(previous.project_root).absolute()
    state, target = root / previous.state_path, root / previous.target_path
    # Its manifest.json is written by this command, and is no dependency.
    require(state.resolve() != target.resolve(), "--state is the target directory")
    return {
        "state": str(state),
        "target": str(target),
        "compare_more_unrendered_values": bool(
            getattr(get_flags(), "state_modified_compare_more_unrendered_values", False)
        ),
    }


def dated_resources(entry: Entry) -> list[str]:
    """The resources that dbt 1.12 takes for modified because of a date.

    The source are the ``same_…`` methods of dbt.contracts.graph.nodes.
    """
    apart = dict.fromkeys(COMPARED, DATES_APART) | dict.fromkeys(CONFIG_COMPARED, ())
    return [each for name, fields in apart.items() for each in entry.dated(name, *fields)]
