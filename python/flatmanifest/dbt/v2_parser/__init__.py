"""dbt 1.12's ``--use-v2-parser``: an entry of what another parser has handed to dbt.

- ``handoff``: the seams; an entry is used as long as no input of that parser has changed
- ``parser_inputs``: what that parser may read
- ``reload``: which resources dbt has to load after that parser has run again
- ``pattern``: resources that differ in texts only, made like the first of their kind
"""
