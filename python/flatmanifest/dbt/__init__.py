"""The plugin inside dbt: warm starts in an unmodified dbt-core. docs/dbt.md.

There are four ways in:

- dbt discovers the module ``dbt_flatmanifest`` by its name; it calls ``switch.switch_on``.
- A program that loads manifests itself imports ``flatmanifest.dbt.activate`` first.
- Plain ``dbt`` imports ``plain_command`` at its start (flatmanifest.pth), to record the command.
- ``flatmanifest dbt`` runs this package (``__main__``).

The seams are in the packages ``warm``, ``cold``, ``workers``, ``progress``, ``v2_parser``,
``front_door`` and ``dependencies``, and in the module ``locks``. ``seams`` is their registry.
"""
