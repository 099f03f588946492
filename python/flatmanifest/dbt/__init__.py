"""Inside dbt: warm starts in an unmodified dbt-core. docs/dbt.md.

``dbt_flatmanifest``, which dbt discovers by its name, calls ``switch.switch_on``. A program that
loads manifests itself imports ``flatmanifest.dbt.activate`` first. ``flatmanifest dbt`` runs this
package (``__main__``). The seams are in the rooms ``warm``, ``cold``, ``workers``, ``progress``,
``v2_parser``, ``front_door`` and ``dependencies``; ``seams`` is their registry.
"""
