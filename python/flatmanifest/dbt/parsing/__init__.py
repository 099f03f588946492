"""Parsing by several processes: docs/dbt.md, "A cold parse".

When dbt has its macros, worker processes, which are copies of this one or of one made for it
(forkserver), parse its files with dbt's own parsers (tasks). What each file did to the manifest is
written down (recording), comes back as a segment in the mapped format (workers), and is done again
here, file by file, in dbt's order (replaying). Whatever a worker could not do in a way that is
known to come out the same, dbt does itself when its turn has come: errors, and all that follows
from them, are therefore dbt's.
"""
