"""Save what fuzzing has found as text: ``save_corpus.py BUILD_TREE TARGET``.

Of the inputs in BUILD_TREE/found/TARGET, those that reach something that the seeds do not are
written to saved/TARGET.hex beside this file, one in a line, in hexadecimal, the shortest first.
make_seeds.py makes seeds of them again.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

SAVED = Path(__file__).with_name("saved")
# A long one hardly says more than its short relatives.
LONGEST = 400
MOST = 600


def main() -> None:
    tree, target = Path(sys.argv[1]), sys.argv[2]
    seeds = {path.read_bytes() for path in (tree / "corpus" / target).iterdir()}
    with tempfile.TemporaryDirectory(prefix="flatmanifest-corpus-") as name:
        chosen = Path(name)
        merge = [tree / f"fuzz_{target}", "-merge=1", chosen]
        merge += [tree / "corpus" / target, tree / "found" / target]
        subprocess.run(merge, check=True, stderr=subprocess.DEVNULL)
        found = {path.read_bytes() for path in chosen.iterdir()} - seeds
    short = sorted((each for each in found if 0 < len(each) <= LONGEST), key=lambda x: (len(x), x))
    SAVED.mkdir(exist_ok=True)
    lines = [each.hex() for each in short[:MOST]]
    (SAVED / f"{target}.hex").write_text("".join(f"{line}\n" for line in lines))
    sys.stdout.write(f"{target}: {len(lines)} of {len(found)} inputs saved\n")


if __name__ == "__main__":
    main()
