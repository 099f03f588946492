"""Entries for dbt 1.12's ``--use-v2-parser``, with which another parser hands a manifest to dbt.

- ``handoff``: the seams; an entry is used as long as no input of that parser has changed
- ``parser_inputs``: the files that the parser may read
- ``reload``: the resources that dbt has to load after the parser has run again
- ``pattern``: resources that differ in texts only, made like the first of their kind
"""
