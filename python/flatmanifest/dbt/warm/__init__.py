"""The seams of a warm start: each takes from the entry what dbt would compute again.

``loading`` comes first. The other modules ask the entry that ``loading`` has found, and call
dbt's function where there is no entry or the manifest differs from it.
"""
