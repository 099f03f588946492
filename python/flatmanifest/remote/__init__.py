"""Portable files of a cache directory, shared over any URL that fsspec knows.

docs/guides/sharing.md is the manual. From the top down:

- ``__main__``: the command line of ``flatmanifest cache push`` and ``cache pull``
- ``supervision``: the work runs in a process of its own, which is ended if the remote hangs
- ``worker``: that process
- ``transfer``: which files are sent and taken, and in which order
- ``landing``: how files get into the cache directory
- ``store``: the remote, by fsspec
- ``records``: what the files are named, and whether a record may be believed

The remote has a directory for each KEY, with records ``KEY-CONTENT.portable.fman`` and packed files
``KEY-CONTENT.DIGEST.zst``. A packed file is named by the digest of its contents: two parses of the
same files differ in times and ids, so that two writers of one record have different packed files.
"""
