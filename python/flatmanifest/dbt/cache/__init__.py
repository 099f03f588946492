"""The cache: entries that hold dbt's manifest, mapped, with the dependencies of its parse.

- ``entry``: the files of one entry; publishing, finding and comparing it
- ``location``: the cache directory of a project, and the key of an entry
- ``portable``, ``shared``: what a parse leaves for other places, and how it gets there
- ``objects``: storing dbt's objects in a file, and restoring them (docs/objects.md)
- ``lazy_dict``: a dict that builds each value at its first use
- ``hidden_values``: the values of environment variables as salted hashes
- ``manifest_json``, ``partial_parse``: writing dbt's two files, with old bytes where possible
"""
