"""Runs one dbt command in this process and times its phases.

``python -m bench.dbt_phases ARGUMENTS OF DBT`` prints the seconds of each phase that handles the
manifest (flatmanifest.profile.phases) as JSON on the last line. ``bench.dbt_commands`` runs this
module with the plugin and without.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import sys
import time

from flatmanifest.profile import phases
from flatmanifest.profile.clock import Clock


def main() -> None:
    from dbt.cli.main import dbtRunner  # noqa: PLC0415 - seconds of imports, not part of a phase

    # The clocks wrap the seams, so the seams come first.
    importlib.import_module("dbt_flatmanifest")
    clock = Clock(time.perf_counter())
    phases.install(clock)
    start = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):
        result = dbtRunner().invoke(sys.argv[1:])
    elapsed = time.perf_counter() - start
    if result.exception is not None:
        raise result.exception
    seconds = {name: clock.phases[name].seconds for name in phases.OF_THE_MANIFEST}
    print(json.dumps({**seconds, "command": elapsed}))


if __name__ == "__main__":
    main()
