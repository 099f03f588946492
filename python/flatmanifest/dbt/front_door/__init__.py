"""What the front door needs to repeat a command without Python: docs/front.md.

- ``transcript``: records what a command of dbt says and leaves
- ``blanks``: dbt's texts, with blanks for what changes from command to command
- ``answers``: records ``--help`` and ``--version``
"""
