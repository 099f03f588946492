"""A parse by several processes: docs/cold-parse.md.

When dbt has its macros, worker processes parse the project's files with dbt's own parsers
(``job``). Workers are copies of this process (``pool``), or of one that was started for them
(``forkserver``). A worker records what parsing a file does to the manifest (``record_file``), and
hands the record back as a segment in the mapped format. This process replays the records, file by
file, in dbt's order (``replay_file``). If a worker cannot prove that its result equals dbt's, dbt
parses that file in its usual place: errors, and all that follows from them, are therefore dbt's.
"""
