"""Opening a JSON file makes the .fman file beside it once, and uses it until the JSON changes."""

from __future__ import annotations

import gzip
import json
import os
import time
from typing import TYPE_CHECKING, Any

import pytest

import flatmanifest
from tests.python.samples import identical, names, sample, write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

# A change this soon after a stamp may not change the file's times (store/input_file).
CLOCK_GRANULARITY = 2.0


def neighbour(path: Path) -> Path:
    return path.with_suffix(".fman")


def numbered(number: int) -> dict[str, Any]:
    """Return one of several manifests whose JSON has the same length."""
    return {"nodes": {}, "number": number + 1000}


def opened(path: Path) -> Any:
    with flatmanifest.open(path) as manifest:
        manifest.verify()
        return manifest.to_dict()


@pytest.fixture(scope="module")
def old_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Yield JSON files that are older than the clock's granularity, each alone in a directory."""
    paths = [write(tmp_path_factory.mktemp("old") / "manifest.json", sample()) for _ in range(3)]
    time.sleep(CLOCK_GRANULARITY + 0.1)
    return iter(paths)


@pytest.fixture
def old_json(old_files: Iterator[Path]) -> Path:
    return next(old_files)


def test_the_first_open_writes_the_neighbour(json_path: Path) -> None:
    assert identical(opened(json_path), sample())
    assert names(json_path.parent) == ["manifest.fman", "manifest.json"]
    assert identical(opened(neighbour(json_path)), sample())


def test_the_neighbour_of_an_old_file_is_trusted(old_json: Path) -> None:
    with flatmanifest.open(old_json) as manifest:
        assert manifest.generation == 1
    # The test changes the neighbour: if it is opened, the change shows.
    changed = neighbour(old_json).read_bytes().replace(b"finance", b"FINANCE")
    with neighbour(old_json).open("r+b") as file:
        file.write(changed)
    with flatmanifest.open(old_json) as manifest:
        assert manifest.generation == 1
        assert "FINANCE" in manifest.to_json()
        with pytest.raises(flatmanifest.FormatError, match="checksum"):
            manifest.verify()


def test_the_neighbour_of_a_young_file_must_be_intact(json_path: Path) -> None:
    flatmanifest.open(json_path).close()
    changed = neighbour(json_path).read_bytes().replace(b"finance", b"FINANCE")
    neighbour(json_path).write_bytes(changed)
    # Otherwise the neighbour would be stamped again, with a checksum that ignores the change.
    assert identical(opened(json_path), sample())


def test_a_young_file_is_compared_and_then_left_alone(json_path: Path) -> None:
    # Right after a write, the JSON's times prove nothing: the JSON is read and compared.
    flatmanifest.open(json_path).close()
    inode = neighbour(json_path).stat().st_ino
    flatmanifest.open(json_path).close()
    early = time.time() < json_path.stat().st_ctime + CLOCK_GRANULARITY
    assert not early or neighbour(json_path).stat().st_ino == inode
    time.sleep(CLOCK_GRANULARITY + 0.1)
    with flatmanifest.open(json_path) as manifest:  # compared for the last time, then stamped
        assert manifest == sample()
    renewed = neighbour(json_path).stat()
    assert renewed.st_ino != inode
    with flatmanifest.open(json_path) as manifest:
        assert manifest.generation == 2
        manifest.verify()
    assert neighbour(json_path).stat().st_ino == renewed.st_ino


def test_a_neighbour_made_by_convert_is_used(old_json: Path) -> None:
    before = flatmanifest.convert(old_json).stat()
    assert identical(opened(old_json), sample())
    after = neighbour(old_json).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.mark.parametrize("round_trip", range(3))
@pytest.mark.parametrize("how", ["rewrite", "restore mtime", "rename", "rename and restore mtime"])
def test_an_edit_of_the_same_size_is_seen(tmp_path: Path, how: str, round_trip: int) -> None:
    path = write(tmp_path / "manifest.json", numbered(0))
    assert opened(path) == numbered(0)
    for number in range(1, 4 + round_trip):
        before = path.stat()
        if how.startswith("rename"):
            other = write(tmp_path / "other.json", numbered(number))
            if "mtime" in how:
                os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
            other.replace(path)
        else:
            write(path, numbered(number))
            if "mtime" in how:
                os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert path.stat().st_size == before.st_size
        assert opened(path) == numbered(number)
    assert names(tmp_path) == ["manifest.fman", "manifest.json"]


def test_edits_of_an_old_file_are_seen(old_json: Path) -> None:
    assert opened(old_json) == sample()
    before = old_json.stat()
    edited = sample()
    edited["metadata"]["dbt_schema_version"] = "v13"
    write(old_json, edited)
    os.utime(old_json, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert old_json.stat().st_size == before.st_size
    assert opened(old_json) == edited


def test_going_back_is_an_edit_too(tmp_path: Path) -> None:
    path = write(tmp_path / "manifest.json", numbered(0))
    assert opened(path) == numbered(0)
    kept = path.rename(tmp_path / "kept.json")
    write(path, numbered(1))
    assert opened(path) == numbered(1)
    kept.replace(path)
    assert opened(path) == numbered(0)


def test_an_edit_that_breaks_the_json(tmp_path: Path) -> None:
    path = write(tmp_path / "manifest.json", numbered(0))
    assert opened(path) == numbered(0)
    path.write_text('{"nodes": {}, "number": ')
    with pytest.raises(flatmanifest.ConvertError, match=r"manifest\.json: byte 24: "):
        flatmanifest.open(path)
    path.unlink()
    with pytest.raises(FileNotFoundError) as caught:
        flatmanifest.open(path)
    assert caught.value.filename == str(path)
    assert opened(neighbour(path)) == numbered(0)


def test_another_files_neighbour_is_not_used(tmp_path: Path) -> None:
    one = write(tmp_path / "one.json", numbered(1))
    two = write(tmp_path / "two.json", numbered(2))
    flatmanifest.convert(two, neighbour(one))
    assert opened(one) == numbered(1)
    packed = tmp_path / "one.json.gz"  # its neighbour is one.fman too
    packed.write_bytes(gzip.compress(json.dumps(numbered(3)).encode()))
    for _ in range(3):
        assert opened(packed) == numbered(3)
        assert opened(one) == numbered(1)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: b"",
        lambda content: b"not an .fman file",
        lambda content: content[: len(content) // 2],
        lambda content: content[:-1],
        lambda content: b"\0" * len(content),
        lambda content: content.replace(b"FMAN", b"FMAM"),
    ],
)
def test_a_spoilt_neighbour_is_made_anew(json_path: Path, spoil: Callable[[bytes], bytes]) -> None:
    flatmanifest.open(json_path).close()
    neighbour(json_path).write_bytes(spoil(neighbour(json_path).read_bytes()))
    assert identical(opened(json_path), sample())
    assert identical(opened(neighbour(json_path)), sample())


def test_a_copied_neighbour_vouches_for_nothing(tmp_path: Path, json_path: Path) -> None:
    flatmanifest.open(json_path).close()
    (tmp_path / "copies").mkdir()
    other = write(tmp_path / "copies" / "manifest.json", {**sample(), "metadata": {"other": 1}})
    neighbour(other).write_bytes(neighbour(json_path).read_bytes())
    assert opened(other) == {**sample(), "metadata": {"other": 1}}


# --- neighbours that cannot be written ---


def test_the_neighbours_name_is_taken(json_path: Path) -> None:
    neighbour(json_path).mkdir()
    (neighbour(json_path) / "content").touch()
    for _ in range(2):
        with flatmanifest.open(json_path) as manifest:
            assert identical(manifest.to_dict(), sample())
            assert manifest.path == str(json_path)
            assert manifest.generation == 1
            manifest.verify()
            assert bytes(memoryview(manifest)[4:8]) == b"FMAN"
    assert names(json_path.parent) == ["manifest.fman", "manifest.json"]
    assert names(neighbour(json_path)) == ["content"]


def test_an_unwritable_directory(
    json_path: Path, unprivileged: Callable[[], AbstractContextManager[None]]
) -> None:
    json_path.chmod(0o444)
    json_path.parent.chmod(0o555)
    with unprivileged():
        manifest = flatmanifest.open("manifest.json")
    json_path.parent.chmod(0o755)
    assert identical(manifest.to_dict(), sample())
    assert names(json_path.parent) == ["manifest.json"]


def test_an_unreadable_neighbour(
    json_path: Path, unprivileged: Callable[[], AbstractContextManager[None]]
) -> None:
    flatmanifest.open(json_path).close()
    neighbour(json_path).chmod(0)
    json_path.chmod(0o444)
    json_path.parent.chmod(0o555)
    with unprivileged():
        manifest = flatmanifest.open("manifest.json")
    json_path.parent.chmod(0o755)
    assert manifest == sample()


# --- kinds of files ---


@pytest.mark.parametrize("name", ["manifest", "manifest.txt", "state", "manifest.JSON"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_json_under_any_name(tmp_path: Path, name: str, pack: Callable[[bytes], bytes]) -> None:
    path = tmp_path / name
    path.write_bytes(pack(b" \n" * (pack is bytes) + json.dumps(numbered(0)).encode()))
    assert opened(path) == numbered(0)


def test_an_fman_file_under_any_name(fman_path: Path) -> None:
    other = fman_path.rename(fman_path.with_name("state"))
    assert opened(other) == sample()
    assert names(other.parent) == ["manifest.json", "state"]


@pytest.mark.parametrize("name", ["manifest.fman", "manifest.json", "manifest", "manifest.json.gz"])
def test_opening_what_is_not_there(tmp_path: Path, name: str) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        flatmanifest.open(tmp_path / name)
    assert caught.value.filename == str(tmp_path / name)
    assert names(tmp_path) == []
    (tmp_path / name).mkdir()
    with pytest.raises(IsADirectoryError) as directory:
        flatmanifest.open(tmp_path / name)
    assert directory.value.filename == str(tmp_path / name)
