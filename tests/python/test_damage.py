"""A damaged file is an error or a readable manifest, never a crash, a hang or a stray access."""

from __future__ import annotations

import copy
import ctypes
import ctypes.util
import json
import pickle
import struct
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest

import flatmanifest
from tests.python.samples import write
from tests.randomness import seeded

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from pathlib import Path

# Members of each section that are kept: dbt's manifest has hundreds of macros.
KEPT_MEMBERS = 3


@pytest.fixture(params=["made by hand", "made by dbt"])
def intact_path(
    request: pytest.FixtureRequest, json_path: Path, generated: Callable[[str], Path]
) -> Path:
    """Return a small converted manifest."""
    if request.param == "made by dbt":
        manifest = json.loads(generated("small_everything").read_text())
        write(
            json_path,
            {
                name: dict(islice(part.items(), KEPT_MEMBERS)) if isinstance(part, dict) else part
                for name, part in manifest.items()
            },
        )
    return flatmanifest.convert(json_path)


def walk(view: Any) -> None:
    """Read every value through views."""
    if isinstance(view, flatmanifest.Object):
        for key, value in view.items():
            view.get(key)  # a damaged key order may hide a key
            walk(value)
    elif isinstance(view, flatmanifest.Array):
        for value in reversed(view):
            walk(value)


def read_all(path: Path) -> bool:
    """Read everything; return whether some call reported damage."""
    try:
        manifest = flatmanifest.open(path)
    except flatmanifest.FormatError:
        return True
    with manifest:
        damaged = False
        for part in (
            manifest.to_dict,
            manifest.to_json,
            lambda: [repr(value) for value in manifest.values()],
            lambda: [manifest.node(unique_id).to_dict() for unique_id in manifest["nodes"]],
            lambda: [manifest.node(unique_id).name for unique_id in manifest["nodes"]],
            lambda: manifest.graph.ids,
            lambda: bytes(manifest.graph.indices),
            lambda: bytes(manifest.graph.parent_indptr),
            lambda: [manifest.graph.row(unique_id) for unique_id in manifest.graph.ids],
            lambda: [bytes(manifest.raw(key, "name")) for key in manifest["nodes"]],
            lambda: manifest == manifest.to_dict(),
            lambda: walk(manifest),
            manifest.verify,
        ):
            damaged |= fails(part)
        return damaged


def fails(part: Callable[[], object]) -> bool:
    try:
        part()
    except (flatmanifest.FormatError, KeyError, TypeError, AttributeError):
        return True  # an error of the format, or a shape that no manifest has
    return False


def test_an_intact_file_is_not_damaged(intact_path: Path) -> None:
    assert not read_all(intact_path)


def test_every_flipped_bit_is_found(intact_path: Path) -> None:
    intact = intact_path.read_bytes()
    choice = seeded(1)
    for offset in choice.sample(range(len(intact)), 700):
        damaged = bytearray(intact)
        damaged[offset] ^= 1 << choice.randrange(8)
        intact_path.write_bytes(damaged)
        assert read_all(intact_path), offset


def test_every_truncation_is_found_at_open(intact_path: Path) -> None:
    intact = intact_path.read_bytes()
    for length in [*range(128), *range(128, len(intact), 199), len(intact) - 1]:
        intact_path.write_bytes(intact[:length])
        with pytest.raises(flatmanifest.FormatError, match=str(intact_path)):
            flatmanifest.open(intact_path)


def test_splices_and_noise_are_survived(intact_path: Path) -> None:
    intact = intact_path.read_bytes()
    choice = seeded(2)
    for _ in range(700):
        damaged = bytearray(intact)
        for _ in range(choice.randrange(1, 8)):
            length = choice.randrange(1, 64)
            to = choice.randrange(len(intact) - length)
            kind = choice.randrange(4)
            if kind == 0:  # bytes of another part of the file
                at = choice.randrange(len(intact) - length)
                damaged[to : to + length] = intact[at : at + length]
            elif kind == 1:
                damaged[to : to + length] = choice.randbytes(length)
            elif kind == 2:
                damaged[to : to + length] = b"\xff" * length
            else:  # a large number in the place of an index or a length
                to -= to % 4
                struct.pack_into("<I", damaged, to, choice.choice([2**31, 2**32 - 1, 10**9]))
        intact_path.write_bytes(damaged)
        read_all(intact_path)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b"x", "not an .fman file"),
        (b"\0" * 1000, "identifier FMAN is missing"),
        (seeded(3).randbytes(10_000), "identifier FMAN is missing"),
        (b'{"nodes": {}}', "this is JSON"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "other.fman"
    path.write_bytes(content)
    with pytest.raises(flatmanifest.FormatError, match=why):
        flatmanifest.open(path)


def test_bytes_in_the_wrong_order_are_named(fman_path: Path) -> None:
    intact = fman_path.read_bytes()
    words = len(intact) // 4
    swapped = struct.pack(f">{words}I", *struct.unpack(f"<{words}I", intact[: 4 * words]))
    fman_path.write_bytes(swapped)
    with pytest.raises(flatmanifest.FormatError, match="wrong order"):
        flatmanifest.open(fman_path)


# --- damage with a right checksum ---

ODD = [0, 1, 2, 3, 7, 0x7F, 0xFF, 0x100, 2**28 - 1, 2**31, 2**32 - 1, 2**60, 2**63, 2**64 - 1]
KINDS = 16
SELECTIONS = ["*", "tag:*", "config.materialized:table", "fqn:*", "path:models", "group:*"]
MUTANTS = 800


@pytest.fixture(scope="module")
def digest() -> Callable[[bytes], int]:
    name = ctypes.util.find_library("xxhash")
    if name is None:
        pytest.skip("libxxhash is not on this machine")
    function = ctypes.CDLL(name).XXH3_64bits
    function.restype, function.argtypes = ctypes.c_uint64, (ctypes.c_char_p, ctypes.c_size_t)
    return lambda file: int(function(file, len(file)))


def mutant(intact: bytes, choice: random.Random) -> bytearray:
    """Change some numbers to others that have a meaning in some column."""
    file = bytearray(intact)
    for _ in range(choice.choice([1, 1, 1, 2, 3])):
        at = choice.randrange(len(file) // 8) * 8
        (word,) = struct.unpack_from("<Q", file, at)
        kind = choice.randrange(5)
        if kind == 0:  # a cell of another kind
            struct.pack_into("<Q", file, at, word & ~15 | choice.randrange(KINDS))
        elif kind == 1:  # a small change of an index, an offset or a length
            at += choice.choice([0, 4])
            (half,) = struct.unpack_from("<I", file, at)
            struct.pack_into("<I", file, at, (half + choice.randrange(-3, 4)) % 2**32)
        elif kind == 2:
            struct.pack_into("<Q", file, at, choice.choice(ODD))
        elif kind == 3:  # another cell, range or id of the same file
            other = choice.randrange(len(file) // 8) * 8
            file[at : at + 8] = file[other : other + 8]
        else:
            file[choice.randrange(len(file))] ^= 1 << choice.randrange(8)
    return file


def everything(manifest: Any) -> dict[str, Callable[[], object]]:
    """Return every reading call; none may refuse a file that verify accepts."""

    def graph() -> list[object]:
        graph = manifest.graph
        first = graph.ids[0]
        columns = [graph.indices, graph.indptr, graph.parent_indices, graph.parent_indptr]
        return [*map(bytes, columns), graph.ancestors(first), graph.descendants(first)]

    def lines() -> list[object]:
        ids = manifest.graph.ids
        keys = ["config.materialized", "tags"]
        outputs = ("json", "name", "path", "selector")
        found = [manifest.list_lines(ids, output) for output in outputs]
        return [*found, manifest.list_lines(ids, "json", output_keys=keys)]

    return {
        "to_dict": manifest.to_dict,
        "to_json": manifest.to_json,
        "walk": lambda: walk(manifest),
        "repr": lambda: [repr(value) for value in manifest.values()],
        "nodes": lambda: [manifest.node(one).to_dict() for one in manifest.graph.ids],
        "fields": lambda: [manifest.node(one).tags for one in manifest.graph.ids],
        "equality": lambda: manifest == manifest.to_dict(),
        "itself": lambda: manifest == flatmanifest.open(manifest.path),
        "deepcopy": lambda: copy.deepcopy(manifest),
        "pickle": lambda: pickle.dumps(manifest["nodes"]),
        "graph": graph,
        "lines": lines,
        **{text: partial(manifest.select, text) for text in SELECTIONS},
    }


def refusal(call: Callable[[], object]) -> Exception | None:
    try:
        call()
    except (KeyError, IndexError, flatmanifest.SelectionError, flatmanifest.GraphError):
        return None  # the file is a manifest with other resources and edges
    except flatmanifest.FormatError as damage:
        return damage
    return None


@pytest.mark.filterwarnings("ignore::flatmanifest.SelectionWarning")
def test_what_verify_passes_every_reader_takes(
    intact_path: Path, digest: Callable[[bytes], int]
) -> None:
    intact = intact_path.read_bytes()
    with flatmanifest.open(intact_path) as manifest:
        reference = manifest._reference()  # noqa: SLF001
        assert reference is not None
        checksum = struct.pack("<Q", reference[2])
    at = intact.index(checksum)
    assert digest(intact[:at] + bytes(8) + intact[at + 8 :]) == struct.unpack("<Q", checksum)[0]
    choice = seeded(5)
    passed = 0
    for _ in range(MUTANTS):
        damaged = mutant(intact, choice)
        damaged[at : at + 8] = bytes(8)
        struct.pack_into("<Q", damaged, at, digest(bytes(damaged)))
        intact_path.write_bytes(damaged)
        try:
            manifest = flatmanifest.open(intact_path)
        except flatmanifest.FormatError:
            continue
        with manifest:
            fault = refusal(manifest.verify)
            faults = {name: refusal(call) for name, call in everything(manifest).items()}
            if fault is None:
                passed += 1
                is_internal = "dbt's objects" in str(faults["lines"])
                assert is_internal or not any(faults.values()), faults
            assert (faults["to_dict"] is None) == (faults["to_json"] is None), faults
    assert passed > MUTANTS / 20
