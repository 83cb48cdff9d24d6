"""The bench's sampler on real logits: where they come from, and which figures it gives."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from studio.commands.bench_logits import (
    RECORDED,
    logits_file,
    read_logits,
    record_logits,
    row_like_llama_cpps,
)
from studio.commands.bench_sampler import SETTINGS, Caches, measure_memory_traffic, measure_sampler
from studio.engine.llama.native_samplers import NativeChain, NativeSeconds
from studio.sampling import LogitStatistics


def some_logits(count: int, size: int) -> NDArray[np.float32]:
    return np.random.default_rng(0).normal(size=(count, size)).astype(np.float32) * 3


# Where they come from


def test_a_file_beside_the_program_or_further_up_is_found(tmp_path: Path) -> None:
    program = tmp_path / "work" / "trees" / "studio"
    program.mkdir(parents=True)
    assert logits_file(program) is None
    further = tmp_path / RECORDED
    beside = tmp_path / "work" / "trees" / RECORDED
    for file in (further, beside):
        file.parent.mkdir(parents=True)
        file.touch()
        assert logits_file(program) == file


def test_what_a_file_holds(tmp_path: Path) -> None:
    path = tmp_path / "some.npz"
    logits = some_logits(3, 50)
    np.savez_compressed(path, logits=logits)
    assert np.array_equal(read_logits(path), logits)


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"others": some_logits(3, 50)}, "cannot be read"),
        ({"logits": some_logits(3, 50)[0]}, r"shape \(50,\)"),
        ({"logits": some_logits(3, 50).astype(np.float64)}, "type float64"),
        ({"logits": np.array([{}])}, "cannot be read"),
    ],
)
def test_a_file_without_them_is_refused(
    tmp_path: Path, arrays: dict[str, NDArray[np.float32]], said: str
) -> None:
    path = tmp_path / "some.npz"
    np.savez(path, **arrays)  # type: ignore[arg-type]  # whose stub takes them for its own options
    with pytest.raises(SystemExit, match=said):
        read_logits(path)


def test_no_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "some.npz"
    path.write_bytes(b"PK and then nothing")
    with pytest.raises(SystemExit, match=r"some\.npz cannot be read"):
        read_logits(path)


def test_a_model_is_recorded_at_several_places_of_several_texts(tiny: str) -> None:
    logits = record_logits(Path(tiny))
    assert logits.shape == (64, 261)
    assert logits.dtype == np.float32
    assert np.isfinite(logits).all()
    assert len(np.unique(logits, axis=0)) > 40  # each place is its own, but for like ends of texts


# What is measured


def test_every_setting_has_the_same_figures() -> None:
    figures = measure_sampler(some_logits(7, 2000), rounds=2)
    assert list(figures) == list(SETTINGS)
    spread = {"median_us", "p90_us", "worst_us"}
    names = {*spread, *(f"llama_cpp_{name}" for name in spread), "llama_cpp_filling_us"}
    names |= {"statistics_us", "draw_us", "sketch_us"}
    for found in figures.values():
        assert set(found) == names
        assert all(value > 0.0 for value in found.values())
        assert found["median_us"] <= found["p90_us"]
        assert found["llama_cpp_filling_us"] < found["llama_cpp_median_us"]


@pytest.fixture
def happened(monkeypatch: pytest.MonkeyPatch) -> list[str | float]:
    """What is done one after another: sweeps, and both samplers' steps by their first logit."""
    seen: list[str | float] = []
    sweep, step, take = Caches.sweep, NativeChain.step, LogitStatistics.__init__

    def swept(caches: Caches) -> None:
        seen.append("sweep")
        sweep(caches)

    def stepped(chain: NativeChain, row: NDArray[np.float32]) -> NativeSeconds:
        seen.extend(("theirs", float(row[0])))
        return step(chain, row)

    def ranked(statistics: LogitStatistics, row: NDArray[np.float32]) -> None:
        assert not row.flags.writeable  # as a view of llama.cpp's memory is
        seen.extend(("ours", float(row[0])))
        take(statistics, row)

    monkeypatch.setattr(Caches, "sweep", swept)
    monkeypatch.setattr(NativeChain, "step", stepped)
    monkeypatch.setattr(LogitStatistics, "__init__", ranked)
    return seen


def test_both_take_turns_on_each_vector_after_a_sweep(happened: list[str | float]) -> None:
    logits = some_logits(7, 2000)
    measure_sampler(logits, rounds=2)
    turns = [happened[start : start + 6] for start in range(0, len(happened), 6)]
    for turn in turns:
        vector = turn[2]
        assert turn == ["sweep", "theirs", vector, "sweep", "ours", vector]
    each = logits[:, 0].tolist() * len(SETTINGS) * 3  # the first round warms
    assert sorted(turn[2] for turn in turns if isinstance(turn[2], float)) == sorted(each)


def test_a_sweep_writes_more_than_the_caches_hold() -> None:
    caches = Caches()
    before = caches._memory.copy()
    caches.sweep()
    assert caches._memory.nbytes == 32 << 20
    assert not (caches._memory == before).any()


def test_the_bare_look_at_the_logits(monkeypatch: pytest.MonkeyPatch) -> None:
    # Much less than the caches hold: no figure is looked at here.
    monkeypatch.setattr("studio.commands.bench_sampler.SWEPT_BYTES", 2**16)
    monkeypatch.setattr("studio.commands.bench_sampler.ask_for_huge_pages", lambda: None)
    assert measure_memory_traffic(some_logits(3, 2000), rounds=2) > 0.0


def test_logits_stand_as_llama_cpps() -> None:
    for size in (1, 261, 2000):
        row = row_like_llama_cpps(size)
        assert row.shape == (size,)
        assert row.ctypes.data % 64 == 0
