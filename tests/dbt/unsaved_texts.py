"""``python -m tests.dbt.unsaved_texts FIRST SECOND``: uses dbt's loader as an editor does.

Loads a project twice with one ManifestLoader. FIRST and SECOND are ``files``, the files on disk, or
``texts``, unsaved texts of the editor. Everything else is as in ``dbt parse``.
"""

from __future__ import annotations

import sys
from typing import Any

from dbt.adapters.factory import get_adapter
from dbt.cli.main import cli
from dbt.contracts.graph.manifest import Manifest
from dbt.parser.manifest import ManifestLoader
from dbt.parser.read_files import FileDiff

CHANGED, ADDED = "models/edited.sql", "models/unsaved.sql"
TEXTS = {
    "deleted": [],
    "changed": [
        {
            "path": CHANGED,
            "content": "{{ config(tags=['in the editor']) }} select 1 as a",
            "modification_time": 1.0,
        }
    ],
    "added": [
        {
            "path": ADDED,
            "content": "{{ config(tags=['in the editor']) }} select 2 as a",
            "modification_time": 1.0,
        }
    ],
}


def load_twice(first: str, second: str, config: Any) -> Any:
    diffs = {"files": None, "texts": FileDiff.from_dict(TEXTS)}
    loader = ManifestLoader(
        config,
        config.load_dependencies(),
        macro_hook=get_adapter(config).connections.set_query_header,
        file_diff=diffs[first],
    )
    loader.load()
    # The next load starts from the manifest that was loaded.
    empty = Manifest()
    empty.metadata, empty.state_check = loader.manifest.metadata, loader.manifest.state_check
    loader.saved_manifest, loader.manifest, loader.new_manifest = loader.manifest, empty, empty
    loader.partially_parsing = False
    loader.file_diff = diffs[second]
    manifest = loader.load()
    manifest.build_flat_graph()
    return manifest


def main() -> None:
    first, second = sys.argv[1:]

    def get_full_manifest(config: Any, **_: Any) -> Any:
        return load_twice(first, second, config)

    ManifestLoader.get_full_manifest = staticmethod(get_full_manifest)  # type: ignore[method-assign, assignment, unused-ignore]
    cli.main(["parse"], prog_name="dbt", standalone_mode=False)


if __name__ == "__main__":
    main()
