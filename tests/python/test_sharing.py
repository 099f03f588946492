"""Manifests that refresh, that are sent to other processes, and that are private copies."""

from __future__ import annotations

import gc
import multiprocessing
import os
import pickle
import subprocess
import sys
import threading
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

import flatmanifest
from tests.python.samples import ORDERS, RAW_CODE, identical, sample, write

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flatmanifest import Manifest


def publish(path: Path, **also: Any) -> None:
    """Publish the sample with additional keys as the next generation of an .fman file."""
    source = write(path.with_name("source.json"), {**sample(), **also})
    flatmanifest.convert(source, path)
    source.unlink()


def mappings(path: Path) -> int:
    with open("/proc/self/maps", encoding="utf-8", errors="replace") as maps:  # noqa: PTH123
        return sum(str(path) in line for line in maps)


# --- refresh ---


def test_refresh_moves_on(fman_path: Path, manifest: Manifest) -> None:
    assert manifest.generation == 1
    assert not manifest.refresh()
    publish(fman_path, number=2)
    assert "number" not in manifest
    assert manifest.refresh()
    assert (manifest.generation, manifest["number"]) == (2, 2)
    assert manifest == {**sample(), "number": 2}
    assert not manifest.refresh()
    for number in (3, 4):
        publish(fman_path, number=number)
    assert manifest.refresh()
    assert (manifest.generation, manifest["number"]) == (4, 4)


def test_what_was_taken_before_a_refresh_stays(fman_path: Path, manifest: Manifest) -> None:
    content = fman_path.read_bytes()
    nodes, node, scalars = manifest["nodes"], manifest.node(ORDERS), manifest["scalars"]
    raw, whole, graph = manifest.raw(ORDERS, "raw_code"), memoryview(manifest), manifest.graph
    iterator = iter(manifest.items())
    first = next(iterator)
    source = write(fman_path.with_name("other.json"), {"nodes": {}})
    flatmanifest.convert(source, fman_path)
    assert manifest.refresh()
    assert manifest == {"nodes": {}}
    gc.collect()
    manifest.close()  # closes the new generation
    assert identical(nodes.to_dict(), sample()["nodes"])
    assert node.name == "orders"
    assert scalars == sample()["scalars"]
    assert bytes(raw).decode() == RAW_CODE
    assert bytes(whole) == content
    assert graph.id(graph.row(ORDERS)) == ORDERS
    assert dict([first, *iterator]) == sample()


def test_refresh_lets_go_of_old_generations(fman_path: Path) -> None:
    if not os.path.exists("/proc/self/maps"):  # noqa: PTH110
        pytest.skip("there is no /proc on this system")
    manifest = flatmanifest.open(fman_path)
    before = len(os.listdir("/dev/fd"))
    for number in range(20):
        publish(fman_path, number=number)
        kept = manifest["nodes"]
        assert manifest.refresh()
        assert mappings(fman_path) == 2  # `kept` and the new generation
        del kept
        assert mappings(fman_path) == 1
    assert len(os.listdir("/dev/fd")) == before


def test_refresh_of_what_is_gone_made_again_or_damaged(fman_path: Path, manifest: Manifest) -> None:
    content = fman_path.read_bytes()
    fman_path.unlink()
    assert not manifest.refresh()
    assert manifest == sample()
    fman_path.write_bytes(content[:-8])
    with pytest.raises(flatmanifest.FormatError):
        manifest.refresh()
    assert manifest == sample()
    fman_path.unlink()
    publish(fman_path, number=1)
    assert manifest.refresh()
    assert (manifest.generation, manifest["number"]) == (1, 1)


def test_refresh_of_a_touched_file(fman_path: Path, manifest: Manifest) -> None:
    os.utime(fman_path, (0, 0))
    assert not manifest.refresh()


def test_refresh_follows_the_json(json_path: Path) -> None:
    manifest = flatmanifest.open(json_path)
    assert not manifest.refresh()
    write(json_path, {"nodes": {}, "number": 2})
    assert manifest.refresh()
    assert manifest == {"nodes": {}, "number": 2}
    assert manifest.path == str(json_path)
    assert not manifest.refresh()


@pytest.mark.parametrize("name", ["manifest.json", "manifest.fman"])
def test_refresh_knows_its_path_elsewhere(
    fman_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(fman_path.parent)
    manifest = flatmanifest.open(name)
    monkeypatch.chdir("/")
    write(fman_path.with_name("manifest.json"), {"nodes": {}})
    flatmanifest.convert(fman_path.with_name("manifest.json"))
    assert manifest.refresh()
    assert manifest == {"nodes": {}}
    assert pickle.loads(pickle.dumps(manifest)) == {"nodes": {}}


def test_threads_refresh_one_manifest(fman_path: Path) -> None:
    manifest = flatmanifest.open(fman_path)
    over = threading.Event()
    wrong: list[object] = []

    def use() -> None:
        seen = 0
        while not over.is_set():
            manifest.refresh()
            generation, whole = manifest.generation, memoryview(manifest)
            if generation < seen:
                wrong.append((generation, seen))
            right = (
                manifest["nodes"] == sample()["nodes"],
                manifest.node(ORDERS).name == "orders",
                bytes(whole[4:8]) == b"FMAN",
                len(manifest.to_json()) > 0,
            )
            if not all(right):
                wrong.append(right)
            seen = generation

    def use_until_it_fails() -> None:
        try:
            use()
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=use_until_it_fails) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(100):
        publish(fman_path, number=number)
    over.set()
    for thread in threads:
        thread.join()
    assert wrong == []
    manifest.refresh()
    assert (manifest.generation, manifest["number"]) == (101, 99)


# A comparison runs Python code, which may refresh the compared manifest.
def test_refresh_in_the_middle_of_a_call(fman_path: Path, manifest: Manifest) -> None:
    class Refreshing:
        def __eq__(self, other: object) -> bool:
            publish(fman_path, number=manifest.generation)
            assert manifest.refresh()
            gc.collect()
            return True

        __hash__ = None  # type: ignore[assignment]

    expected = sample()
    expected["scalars"] = [Refreshing() for _ in expected["scalars"]]
    assert manifest == expected
    assert manifest["number"] == len(expected["scalars"])

    def refreshing_ids() -> Iterator[str]:
        for _ in range(5):
            source = write(fman_path.with_name("empty.json"), {"nodes": {}})
            flatmanifest.convert(source, fman_path)
            manifest.refresh()
            gc.collect()
            yield ORDERS

    lines = manifest.list_lines([ORDERS])
    assert manifest.list_lines(refreshing_ids()) == lines * 5
    assert manifest == {"nodes": {}}


# --- other processes ---


def summary(manifest: Manifest) -> tuple[dict[str, Any], int, str, bool]:
    same = pickle.loads(pickle.dumps(manifest))
    return manifest.to_dict(), manifest.generation, manifest.path, same == manifest


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_a_manifest_travels_to_a_process(fman_path: Path, method: str) -> None:
    publish(fman_path, number=2)
    manifest = flatmanifest.open(fman_path)
    context = multiprocessing.get_context(method)
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        plain, generation, path, is_same = pool.submit(summary, manifest).result(60)
    assert identical(plain, {**sample(), "number": 2})
    assert (generation, path, is_same) == (2, str(fman_path), True)


def test_it_travels_as_its_path_and_generation(json_path: Path) -> None:
    write(json_path, {**sample(), "long": "x" * 100_000})
    manifest = flatmanifest.open(json_path)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        sent = pickle.dumps(manifest, protocol)
        assert len(sent) < 500
        assert pickle.loads(sent) == manifest
        assert type(pickle.loads(sent)) is flatmanifest.Manifest


def test_the_generation_may_be_gone(fman_path: Path) -> None:
    sent = pickle.dumps(flatmanifest.open(fman_path))
    publish(fman_path, number=2)
    with pytest.raises(flatmanifest.GenerationError) as error:
        pickle.loads(sent)
    assert str(error.value) == (
        f"{fman_path}: generation 1 is gone: the file is generation 2 now; open the path again for "
        "the newest one, or send to_dict() where the data must be this"
    )
    fman_path.unlink()
    with pytest.raises(flatmanifest.GenerationError, match="there is no file any more"):
        pickle.loads(sent)
    publish(fman_path, number=1)  # another file with generation 1
    with pytest.raises(flatmanifest.GenerationError, match="the file is another generation 1 now"):
        pickle.loads(sent)


def test_a_manifest_in_memory_travels_as_its_bytes(json_path: Path) -> None:
    json_path.with_suffix(".fman").mkdir()  # a directory prevents writing there
    manifest = flatmanifest.open(json_path)
    sent = pickle.dumps(manifest)
    json_path.unlink()
    received = pickle.loads(sent)
    assert type(received) is flatmanifest.Manifest
    assert received == sample()
    assert received.path == manifest.path
    assert not received.refresh()


# --- copies ---


def test_a_copy_travels_as_a_copy(fman_path: Path) -> None:
    received = pickle.loads(pickle.dumps(flatmanifest.open(fman_path, copy=True)))
    fman_path.write_bytes(b"")
    assert received == sample()


TRUNCATE = """
import os, sys, flatmanifest
manifest = flatmanifest.open(sys.argv[1], copy=sys.argv[2] == "copy")
with open(sys.argv[1], "r+b") as file:
    file.truncate(0)
print(len(manifest.to_dict()))
manifest.verify()
"""


def test_a_copy_outlives_truncation_in_place(fman_path: Path) -> None:
    content = fman_path.read_bytes()
    done = {}
    for how in ("copy", "mapping"):
        fman_path.write_bytes(content)
        done[how] = subprocess.run(
            [sys.executable, "-c", TRUNCATE, str(fman_path), how],
            capture_output=True,
            text=True,
            check=False,
        )
    assert done["copy"].returncode == 0
    assert done["copy"].stdout == f"{len(sample())}\n"
    # Private copies exist for this case.
    assert done["mapping"].returncode < 0


def test_a_copy_of_a_json_file_copies_its_neighbour(json_path: Path) -> None:
    manifest = flatmanifest.open(json_path, copy=True)
    assert mappings(json_path.parent) == 0
    json_path.with_suffix(".fman").write_bytes(b"")
    assert manifest == sample()
    write(json_path, {"nodes": {}})
    assert manifest.refresh()
    json_path.with_suffix(".fman").write_bytes(b"")
    assert manifest == {"nodes": {}}


def test_a_copy_is_checked(fman_path: Path) -> None:
    content = bytearray(fman_path.read_bytes())
    content[content.index(b"nightly")] ^= 1
    fman_path.write_bytes(content)
    flatmanifest.open(fman_path)
    with pytest.raises(flatmanifest.FormatError, match="the checksum is wrong"):
        flatmanifest.open(fman_path, copy=True)
