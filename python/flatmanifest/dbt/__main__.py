"""``python -m flatmanifest.dbt``, which ``flatmanifest dbt`` runs: dbt, with the plugin on."""

from __future__ import annotations

import importlib.util
import sys

from flatmanifest.dbt import activate


def main() -> None:
    if importlib.util.find_spec("dbt") is None:
        sys.exit(f"flatmanifest: there is no dbt in {sys.prefix}: pip install dbt-core there")
    from dbt.cli.main import cli  # noqa: PLC0415 - seconds of imports

    activate()
    sys.argv[0] = "dbt"  # its name in dbt's messages
    cli()


if __name__ == "__main__":
    main()
