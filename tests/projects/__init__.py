"""Generates dbt projects for tests and benchmarks.

Every project runs on DuckDB, in a file inside its own directory, with its own ``profiles.yml``:
``dbt parse`` in that directory needs nothing else set up. dbt-core 1.10 to 1.12 read them. The same
arguments always give the same bytes, whatever the machine.

    >>> from tests.projects import generate
    >>> generate("chain", tmp_path, size=10)
"""

from tests.projects.catalog import PROJECTS, ProjectKind, generate

__all__ = ["PROJECTS", "ProjectKind", "generate"]
