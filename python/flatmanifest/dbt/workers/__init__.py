"""A parse by several processes: docs/cold-parse.md.

When dbt has loaded its macros, worker processes parse the project's files with dbt's own parsers.

- ``parse_project``: the seams; they divide the files into tasks
- ``job``: the tasks, and performing them in a worker
- ``pool``: worker processes, copied from this process
- ``forkserver``, ``invocation``, ``code_digest``: workers copied from another process, which is
  made to know the same and checked to run the same code
- ``record_file``: a worker records what parsing a file does to the manifest
- ``replay_file``: this process replays the records, file by file, in dbt's order
- ``schema_parts``: large schema files in parts
- ``static_parser``: whether dbt's static parser prevents copies of this process
- ``write_manifest``: writing manifest.json by several processes

Records are handed back as segments, files in the mapped format. If a worker cannot prove that its
result equals dbt's, dbt parses that file in its usual place. Errors, and their consequences, are
therefore dbt's.
"""
