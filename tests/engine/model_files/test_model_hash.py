"""A model file's fingerprint: what it is of, and how it is read."""

import hashlib
import sys
from pathlib import Path
from types import FrameType

import pytest

from studio.engine.model_files.model_hash import model_hash


def test_a_small_files_fingerprint_is_its_sha_256(tmp_path: Path) -> None:
    path = tmp_path / "m"
    path.write_bytes(b"abc")
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert model_hash(path) == f"sha256:{digest}"


def test_a_fingerprint_asks_for_pythons_lock_seldom(tmp_path: Path) -> None:
    path, data = tmp_path / "m", bytes(range(256)) * (20 << 12)  # 20 MiB
    path.write_bytes(data)
    reads = 0

    def count(_frame: FrameType, event: str, called: object) -> None:
        nonlocal reads
        reads += event == "c_call" and getattr(called, "__name__", "") == "readinto"

    sys.setprofile(count)
    try:
        found = model_hash(path)
    finally:
        sys.setprofile(None)
    assert found == f"sha256:{hashlib.sha256(data).hexdigest()}"
    assert reads == 4, "three pieces, and the end"


def test_a_large_files_fingerprint_sees_a_change_of_the_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.engine.model_files.model_hash.WHOLE", 1000)
    monkeypatch.setattr("studio.engine.model_files.model_hash._PIECE", 16)
    path = tmp_path / "m"
    found = set()
    for place in (None, 0, 5000, 9999):
        data = bytearray(b"w" * 10_000)
        if place is not None:
            data[place // 16 * 16 : place // 16 * 16 + 100] = b"v" * len(
                data[place // 16 * 16 : place // 16 * 16 + 100]
            )
        path.write_bytes(data)
        found.add(model_hash(path))
    path.write_bytes(b"w" * 10_001)
    found.add(model_hash(path))
    assert len(found) == 5
    assert all(entry.startswith("sha256-sampled:") for entry in found)
