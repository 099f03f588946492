"""Save what fuzzing has found as text: ``save_corpus.py BUILD_TREE TARGET``.

Writes the inputs in BUILD_TREE/found/TARGET that reach more than the seeds do to saved/TARGET.txt
beside this file: one in a line, compressed (zlib) in base64, the shortest first. make_seeds.py
makes seeds of them again.
"""

from __future__ import annotations

import base64
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

SAVED = Path(__file__).with_name("saved")
# A long line hardly says more than its short relatives.
LONGEST = 800
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
    packed = [base64.b64encode(zlib.compress(each, 9)).decode() for each in found if each]
    short = sorted((line for line in packed if len(line) <= LONGEST), key=lambda x: (len(x), x))
    SAVED.mkdir(exist_ok=True)
    lines = short[:MOST]
    (SAVED / f"{target}.txt").write_text("".join(f"{line}\n" for line in lines))
    sys.stdout.write(f"{target}: {len(lines)} of {len(found)} inputs saved\n")


if __name__ == "__main__":
    main()
