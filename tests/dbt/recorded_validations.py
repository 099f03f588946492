"""``PROJECT FILE``: writes a pickle of every (class, data) that dbt validates while it parses."""

from __future__ import annotations

import os
import pickle
import sys
from pathlib import Path
from typing import Any

from dbt.cli.main import dbtRunner
from dbt_common.dataclass_schema import dbtClassMixin


def main(project: Path, file: Path) -> None:
    records: list[bytes] = []
    validate = dbtClassMixin.__dict__["validate"].__func__

    def recorded(kind: type, data: Any) -> None:
        records.append(pickle.dumps((kind.__module__, kind.__qualname__, data)))
        validate(kind, data)

    dbtClassMixin.validate = classmethod(recorded)
    os.environ["FLATMANIFEST"] = "0"
    os.chdir(project)
    assert dbtRunner().invoke(["parse", "--quiet"]).success
    file.write_bytes(pickle.dumps(records))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]).resolve())
