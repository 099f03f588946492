"""Parses a PROJECT, and compares each config that the plugin reuses with the config that dbt makes.

Prints the number of configs that were taken and that were made.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from dbt.cli.main import dbtRunner
from dbt.context.context_config import ContextConfigGenerator

import dbt_flatmanifest  # noqa: F401 - the seams before the first look at dbt
from flatmanifest.dbt.cold import node_configs


def main(project: str) -> None:
    with_seam: Any = ContextConfigGenerator.calculate_node_config_dict
    of_dbt = with_seam.__wrapped__
    counts = {"taken": 0, "made": 0}

    def compared(generator: Any, **asked: Any) -> dict[str, Any]:
        known = node_configs.CONFIGS.get()
        before = len(known or "")
        found: dict[str, Any] = with_seam(generator, **asked)
        counts["made" if len(known or "") > before else "taken"] += 1
        expected = of_dbt(generator, **asked)
        # repr() distinguishes types and the order of keys.
        assert repr(found) == repr(expected), (found, expected)
        spoil(found)
        return expected  # type: ignore[no-any-return]

    ContextConfigGenerator.calculate_node_config_dict = compared
    os.chdir(project)
    done = dbtRunner().invoke(["parse", "--quiet"])
    if done.exception:
        raise done.exception
    assert done.success
    sys.stdout.write(json.dumps(counts))


def spoil(config: Any) -> None:
    """Empty a config as a resource might: a config that is given again must not change with it."""
    for value in config.values() if isinstance(config, dict) else config:
        if isinstance(value, (dict, list)):
            spoil(value)
    config.clear()


if __name__ == "__main__":
    main(sys.argv[1])
