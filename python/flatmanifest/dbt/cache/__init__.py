"""An entry in the cache: dbt's manifest, mapped, with what it was parsed from.

- ``entry``: the files of one entry; how it is published, found, compared
- ``objects``: dbt's objects in a file, and out of it again (docs/objects.md)
- ``lazy_dict``: a dict that builds its values when they are first touched
- ``manifest_json``, ``partial_parse``: dbt's two files, written with old bytes for the unchanged
"""
