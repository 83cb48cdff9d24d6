"""`python -m studio bench`: what it says, and how sides are paired. What it finds is no test's."""

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from studio.commands import bench, bench_document, bench_engine, bench_opened
from studio.commands.bench_lanes import measure_lanes, measure_lanes_speed
from studio.commands.bench_pairs import LANE_COUNTS, LaneRounds, LanesRun
from studio.commands.bench_sampler import SETTINGS
from studio.engine.llama.bare_loop import BareLoop
from studio.engine.messages import LoadOptions
from studio.engine.model_files.gguf_header import read_header
from studio.sampling.logits import kernels
from tests.helpers.tiny_model import write_byte_level_model

REAL = {
    setting: {
        **dict.fromkeys(("median_us", "p90_us", "worst_us"), 210.0 + place),
        **dict.fromkeys(("statistics_us", "draw_us", "sketch_us"), 70.0),
        **dict.fromkeys(
            ("llama_cpp_median_us", "llama_cpp_p90_us", "llama_cpp_worst_us"), 900.0 + place
        ),
    }
    for place, setting in enumerate(SETTINGS)
}
BY_LANES = {str(lanes): 0.5 + lanes / 100 for lanes in LANE_COUNTS}


@pytest.fixture
def _measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """The parts, without their work; a model that exists."""
    figures: dict[str, dict[str, object]] = {
        "measure_document": {"document_mb": 83.1, "document_read_seconds": 0.72},
        "measure_engine": {"engine_same_pages_ratio": 0.961, "engine_small_pages_ratio": 1.012},
        "measure_lanes": {
            "four_lanes_fresh_ratio": 0.444,
            "four_lanes_reuse_ratio": 0.777,
            "lanes_engine_ratio": BY_LANES,
        },
        "measure_window": {"window_ratio": 0.905, "lanes_window_ratio": BY_LANES},
    }
    for part, found in figures.items():
        monkeypatch.setattr(bench, part, lambda *_given, found=found: found)
    synthetic = {"49152": 101.0, "262144": 302.0}
    monkeypatch.setattr(bench, "measure_synthetic_sampler", lambda: synthetic)
    monkeypatch.setattr(bench, "measure_synthetic_top_p", lambda: {"synthetic_top_p_ratio": 12.3})
    monkeypatch.setattr(bench, "measure_synthetic_lanes", lambda: 3210.0)
    monkeypatch.setattr(bench, "measure_sampler", lambda _logits, _rounds: REAL)
    monkeypatch.setattr(bench, "measure_memory_traffic", lambda _logits, _rounds: 12.0)
    monkeypatch.setattr(bench, "record_logits", lambda _model: np.zeros((64, 49_152), np.float32))
    monkeypatch.setattr(bench, "logits_file", lambda _folder: None)
    monkeypatch.setattr(bench, "measure_engine_speed", lambda *_given: {})
    lanes_speed = {"lanes_engine_ratio": BY_LANES}
    monkeypatch.setattr(bench, "measure_lanes_speed", lambda *_given: lanes_speed)
    monkeypatch.setattr(bench, "measure_window_speed", lambda *_given: {"window_ratio": 0.883})
    monkeypatch.setattr(bench, "model_path", lambda _given: Path("some.gguf"))
    monkeypatch.setattr(bench, "_others_percent", lambda: 1.0)


@pytest.fixture
def _one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """See tests/engine/conftest.py."""
    monkeypatch.setattr(bench_opened, "LoadOptions", partial(LoadOptions, threads=1))


def row(table: str, beginning: str) -> list[str]:
    """What stands behind the words of one row."""
    (line,) = (line for line in table.splitlines() if line.startswith(beginning))
    return line[72:].split()


def test_a_document_is_measured_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_document, "TOKENS", 1_000)
    monkeypatch.setattr(bench_document, "CHARACTERS", 20_000)
    figures = bench_document.measure_document()
    size = figures["document_mb"]
    assert isinstance(size, float)
    assert 1.2 < size < 2.5, "1.2 KB a token for its distribution alone"
    assert all(isinstance(figure, float) and figure > 0 for figure in figures.values())


@pytest.mark.usefixtures("_measured")
def test_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.main([]) == 0
    table = capsys.readouterr().out
    synthetic = "synthetic logits, T + filters + draw + sketch, vocabulary"
    assert row(table, f"{synthetic} 49,152") == ["101", "us"]
    assert row(table, f"{synthetic} 262,144") == ["302", "us", "500", "300"]
    assert row(table, "four lanes after 512 tokens, to four runs that") == ["0.444", "0.65", "0.55"]
    assert row(table, "the same to four runs of one engine") == ["0.777"]
    assert row(table, "engine, filters and sketch") == ["0.961", "0.95", "0.98"]
    assert row(table, "the same, the bare loop in pages of 4 KiB") == ["1.012"]
    assert row(table, "engine with 1 lane,") == ["0.510", "0.93"]
    assert row(table, "window with 1 lane,") == ["0.510", "0.87"]
    assert row(table, "window with 8 lanes,") == ["0.580", "0.87"]
    assert "stall" not in table  # nobody measured it


@pytest.mark.usefixtures("_measured")
def test_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.main(["--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["lanes_window_ratio"] == BY_LANES
    assert figures["four_lanes_fresh_ratio"] == 0.444
    assert figures["others_cpu_percent"] == 1.0


@pytest.mark.usefixtures("_measured")
def test_parts_can_be_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    bench.main(["--json", "--no-window"])
    without_window = json.loads(capsys.readouterr().out)
    assert "lanes_engine_ratio" in without_window
    assert "lanes_window_ratio" not in without_window
    bench.main(["--json", "--sampler-only"])
    sampler = json.loads(capsys.readouterr().out)
    assert set(sampler) == {
        *("compiled_passes", "sampler_real_49152", "memory_traffic_us", "others_cpu_percent"),
        *("synthetic_sampler_us", "synthetic_top_p_ratio", "synthetic_lanes_8_sampler_us"),
    }
    assert sampler["compiled_passes"] is kernels.are_compiled()


@pytest.mark.usefixtures("_measured")
def test_the_sampler_on_real_logits(capsys: pytest.CaptureFixture[str]) -> None:
    bench.main(["--sampler-only"])
    table = capsys.readouterr().out.partition("\nreal logits")[2].splitlines()
    assert table[0].startswith(", vocabulary 49,152,")
    assert "maximum alone" in table[1]
    assert "12 us" in table[1]
    for line, name in ((4, "T alone"), (7, "top-p and min-p"), (12, "Mirostat 2")):
        assert table[line].startswith(f"{name} ")
    assert table[7][34:].split() == [*["213"] * 3, *["70"] * 3, *["903"] * 3]
    assert table[8].split() == ["to", "hold", "200", "300", "300"]


@pytest.mark.usefixtures("_measured")
def test_real_logits_that_are_not_there_are_left_out_with_a_word(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.main(["--json", "--sampler-only"])
    assert "no real-logits-262144.npz is there" in capsys.readouterr().err
    monkeypatch.setattr(bench, "find_starter_model", lambda: None)
    bench.main(["--json", "--sampler-only"])
    reported = capsys.readouterr()
    assert "no model is installed" in reported.err
    assert not any(key.startswith("sampler_real") for key in json.loads(reported.out))


@pytest.mark.usefixtures("_measured")
def test_real_logits_of_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    measured: list[tuple[int, ...]] = []

    def measure(logits: NDArray[np.float32], _rounds: int) -> object:
        measured.append(logits.shape)
        return REAL

    monkeypatch.setattr(bench, "measure_sampler", measure)
    file = tmp_path / "some.npz"
    for size in (500, 49_152):
        np.savez(file, logits=np.zeros((3, size), np.float32))
        bench.main(["--json", "--sampler-only", "--logits", str(file)])
        figures = json.loads(capsys.readouterr().out)
        assert figures[f"sampler_real_{size}"] == REAL
    # Of one size of vocabulary together, of two each by itself.
    assert measured == [(3, 500), (64, 49_152), (67, 49_152)]


@pytest.mark.usefixtures("_measured")
def test_a_large_vocabulary_beside_the_model(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []

    def measure(path: Path, _rounds: int, _tokens: int) -> dict[str, object]:
        opened.append(path)
        assert read_header(path).vocabulary_size == 900
        return {"engine_same_pages_ratio": 0.874}

    monkeypatch.setattr(bench, "measure_engine_speed", measure)
    file = tmp_path / "some.npz"
    np.savez(file, logits=np.random.default_rng(0).normal(size=(3, 900)).astype(np.float32))
    bench.main(["--large", "--logits", str(file)])
    table = capsys.readouterr().out.partition("with a vocabulary of 900")[2]
    assert row(table, "engine, filters and sketch") == ["0.874", "0.95", "0.98"]
    assert row(table, "window, histogram live") == ["0.883", "0.90", "0.95"]
    bench.main(["--json", "--large", "--no-window", "--logits", str(file)])
    large = json.loads(capsys.readouterr().out)["large_vocabulary"]
    assert large["vocabulary"] == 900
    assert large["lanes_engine_ratio"] == BY_LANES
    assert "window_ratio" not in large
    assert [path.exists() for path in opened] == [False, False]


@pytest.mark.usefixtures("_measured")
def test_no_large_vocabulary_without_logits(capsys: pytest.CaptureFixture[str]) -> None:
    bench.main(["--large"])
    reported = capsys.readouterr()
    assert "to make it of (--logits FILE)" in reported.err
    assert "with a vocabulary" not in reported.out


@pytest.mark.usefixtures("_measured")
def test_logits_of_which_no_model_can_be_made(tmp_path: Path) -> None:
    file = tmp_path / "some.npz"
    np.savez(file, logits=np.zeros((3, 200), np.float32))
    with pytest.raises(SystemExit, match="200 tokens"):
        bench.main(["--large", "--logits", str(file)])


@pytest.mark.usefixtures("_measured")
def test_passes_that_are_not_compiled_are_reported(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernels, "_library", None)
    bench.main(["--json"])
    reported = capsys.readouterr()
    assert "not compiled here" in reported.err
    assert json.loads(reported.out)["compiled_passes"] is False


@pytest.mark.usefixtures("_measured")
def test_a_busy_machine_is_reported(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.main(["--json"])
    assert "other programs" not in capsys.readouterr().err
    percents = iter([0.0, 0.0, 43.7, 0.0])
    monkeypatch.setattr(bench, "_others_percent", lambda: next(percents))
    bench.main(["--json"])
    reported = capsys.readouterr()
    assert "other programs took 44 % of the processor" in reported.err
    assert json.loads(reported.out)["others_cpu_percent"] == 43.7


# Lanes and the bare loop, by turns


class Clock:
    """Two sides whose stretches take what is given, one after another, and what they were asked."""

    def __init__(self, *seconds: float) -> None:
        self.seconds = list(seconds)
        self.asked: list[str] = []

    def run(self, lanes: int, count: int) -> LanesRun:
        self.asked.append(f"studio {lanes}x{count}")
        return LanesRun([1, 2], [[5] * (count - 1)] * lanes, self.seconds.pop(0))

    def seconds_of_sequences(self, prompt: list[int], lanes: list[list[int]]) -> float:
        self.asked.append(f"bare {len(lanes)}x{len(lanes[0])} after {len(prompt)}")
        return self.seconds.pop(0)


def rounds_of(clock: Clock) -> LaneRounds:
    return LaneRounds(clock.run, clock)  # type: ignore[arg-type]  # of BareLoop, all that is asked


def test_the_sides_take_turns() -> None:
    clock = Clock(*[1.0] * 16)
    rounds_of(clock).measure(9)
    for place, lanes in enumerate(LANE_COUNTS):
        turns = clock.asked[4 * place : 4 * place + 4]
        studio, bare = f"studio {lanes}x9", f"bare {lanes}x8 after 2"
        assert turns == [studio, bare, bare, studio]


def test_what_drifts_evenly_weighs_on_both_alike() -> None:
    rounds = rounds_of(Clock(*[second for _ in LANE_COUNTS for second in (1.0, 2.0, 3.0, 4.0)]))
    rounds.measure(11)
    assert rounds.ratios == pytest.approx(dict.fromkeys(map(str, LANE_COUNTS), 1.0))


def test_ratios_are_medians_of_the_rounds_ratios() -> None:
    # The second round's machine is ten times as slow, the third's studio is disturbed.
    rounds = rounds_of(
        Clock(
            *[2.0, 1.0, 1.0, 2.0] * len(LANE_COUNTS),
            *[20.0, 10.0, 10.0, 20.0] * len(LANE_COUNTS),
            *[2.0, 1.0, 1.0, 70.0] * len(LANE_COUNTS),
        )
    )
    for _ in range(3):
        rounds.measure(11)
    assert rounds.ratios == pytest.approx(dict.fromkeys(map(str, LANE_COUNTS), 0.5))
    # 10 tokens evaluated a lane and stretch; three rounds took 2, 20 and 36 seconds a stretch.
    assert rounds.rates == pytest.approx({str(lanes): lanes * 0.5 for lanes in LANE_COUNTS})
    assert rounds.speedup(8, 1) == pytest.approx(8.0)


def test_warming_counts_for_nothing() -> None:
    rounds = rounds_of(Clock(*[99.0, 1.0] * len(LANE_COUNTS), *[2.0] * 16))
    rounds.warm()
    rounds.measure(5)
    assert rounds.ratios == pytest.approx(dict.fromkeys(map(str, LANE_COUNTS), 1.0))


@pytest.mark.usefixtures("_one_thread")
def test_all_of_the_lanes_part_with_a_real_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches: list[tuple[int, list[int]]] = []
    seconds_of_sequences = BareLoop.seconds_of_sequences

    def counted(loop: BareLoop, prompt: list[int], lanes: list[list[int]]) -> float:
        batches.append((len(prompt), [len(tokens) for tokens in lanes]))
        return seconds_of_sequences(loop, prompt, lanes)

    monkeypatch.setattr(BareLoop, "seconds_of_sequences", counted)
    figures = measure_lanes(
        write_byte_level_model(tmp_path / "tiny.gguf"), rounds=1, count=12, prompt_tokens=50
    )
    by_lanes = [figures.pop(f"lanes_engine_{what}") for what in ("ratio", "tps")]
    for found in by_lanes:
        assert isinstance(found, dict)
        assert list(found) == ["1", "2", "4", "8"]
        assert all(value > 0.0 for value in found.values())
    assert set(figures) == {
        "four_lanes_fresh_ratio",
        "four_lanes_reuse_ratio",
        "eight_lanes_speedup",
    }
    assert all(value > 0.0 for value in figures.values())  # type: ignore[operator]  # floats
    prompts = {prompt for prompt, _ in batches}
    assert len(prompts) == 1
    assert min(prompts) >= 50
    # Every lane writes its three tokens, and the last is not evaluated.
    assert [lanes for _, lanes in batches[4:]] == [[2] * n for n in LANE_COUNTS for _ in range(2)]


@pytest.mark.usefixtures("_one_thread")
def test_the_speed_of_lanes_alone(tmp_path: Path) -> None:
    figures = measure_lanes_speed(
        write_byte_level_model(tmp_path / "tiny.gguf"), rounds=1, count=12, prompt_tokens=50
    )
    assert set(figures) == {"lanes_engine_ratio", "lanes_engine_tps"}
    for found in figures.values():
        assert isinstance(found, dict)
        assert list(found) == ["1", "2", "4", "8"]
        assert all(value > 0.0 for value in found.values())


@pytest.mark.usefixtures("_one_thread")
def test_the_speed_of_the_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    happened: list[str] = []
    seconds = BareLoop.seconds

    def timed(loop: BareLoop, prompt: list[int], tokens: list[int]) -> float:
        happened.append(f"{len(tokens)} tokens")
        return seconds(loop, prompt, tokens)

    monkeypatch.setattr(BareLoop, "seconds", timed)
    monkeypatch.setattr(bench_engine, "ask_for_huge_pages", lambda: happened.append("huge pages"))
    path = write_byte_level_model(tmp_path / "tiny.gguf")
    figures = bench_engine.measure_engine_speed(path, rounds=2, count=5)
    assert figures.pop("model") == "tiny.gguf"
    assert set(figures) == {
        *("threads", "decode_tps", "engine_tps"),
        *("engine_same_pages_ratio", "engine_small_pages_ratio"),
    }
    assert all(value > 0.0 for value in figures.values())  # type: ignore[operator]  # numbers
    # Small pages first: once there are huge ones, there is no way back. The last token written is
    # not evaluated, and the first of three rounds counts for nothing.
    rounds = ["4 tokens"] * 3
    assert happened == [*rounds, *["huge pages", *rounds] * 4]
