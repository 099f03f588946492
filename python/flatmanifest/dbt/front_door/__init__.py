"""Recordings of commands, from which the front door repeats them without Python: docs/front.md.

- ``transcript``: records what a command of dbt prints and writes
- ``blanks``: dbt's texts, with blanks for the parts that change from command to command
- ``answers``: records ``--help`` and ``--version``
"""
