"""Damaged files: an error or a readable manifest, never a crash, a hang or wild memory."""

from __future__ import annotations

import json
import struct
from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest

import flatmanifest
from tests.python.samples import write
from tests.randomness import seeded

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# Of each section of dbt's manifest; it holds hundreds of macros.
KEPT_MEMBERS = 3


@pytest.fixture(params=["made by hand", "made by dbt"])
def intact_path(
    request: pytest.FixtureRequest, json_path: Path, generated: Callable[[str], Path]
) -> Path:
    """A small converted manifest."""
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
    """Look at every value through views."""
    if isinstance(view, flatmanifest.Object):
        for key, value in view.items():
            view.get(key)  # a damaged order may hide it
            walk(value)
    elif isinstance(view, flatmanifest.Array):
        for value in reversed(view):
            walk(value)


def read_all(path: Path) -> bool:
    """Read everything there is to read; return whether the file called itself damaged."""
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
        return True  # an error of the format, or another shape than a manifest has
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
            if kind == 0:  # another part of the file
                at = choice.randrange(len(intact) - length)
                damaged[to : to + length] = intact[at : at + length]
            elif kind == 1:
                damaged[to : to + length] = choice.randbytes(length)
            elif kind == 2:
                damaged[to : to + length] = b"\xff" * length
            else:  # a large number where some index or length may be
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
