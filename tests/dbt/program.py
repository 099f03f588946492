"""Runs dbt under the name that its own executable has: ``python -m tests.dbt.program``."""

from __future__ import annotations

import sys

from dbt.cli.main import cli

if __name__ == "__main__":
    sys.argv[0] = "dbt"
    cli(prog_name="dbt")
