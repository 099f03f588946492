"""The seams of a warm start: each takes from the entry what dbt would compute again.

``loading`` comes first. The other modules use the entry that ``loading`` has found. They call
dbt's function if there is no entry, or if the manifest differs from it.
"""
