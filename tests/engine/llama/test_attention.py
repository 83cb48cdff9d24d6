"""Both ways to compute attention are timed, what was found is kept, and the quicker one is used."""

from collections.abc import Iterator
from pathlib import Path

import llama_cpp
import pytest

from studio.engine.interrupt import EvaluationStopped, Interrupt
from studio.engine.llama import attention
from studio.engine.llama.attention import AttentionTimings, better, time_attention
from studio.engine.llama.model import Model
from studio.engine.messages import (
    AttentionTiming,
    DeviceReport,
    FlashAttention,
    Load,
    Loaded,
    LoadOptions,
)
from tests.helpers.engine_bench import EngineBench

PLAIN_IS_QUICKER = AttentionTiming(flash=(0.033, 0.2), plain=(0.012, 0.1), tokens=1000)


def test_both_are_timed_behind_a_thousand_tokens(byte_level: Model) -> None:
    timing = time_attention(byte_level, Interrupt())
    assert timing is not None
    assert min(*timing.flash, *timing.plain) > 0
    assert timing.tokens == 1000


def test_a_step_sees_as_many_cells(byte_level: Model) -> None:
    filled = attention._Filled(byte_level, Interrupt(), "off")
    try:
        one, _eight = filled.seconds(1), filled.seconds(8)
        size = llama_cpp.llama_state_seq_get_size(filled._context, 0)
        llama_cpp.llama_memory_clear(filled._memory, True)
        filled._batch.put([filled._token] * 125, 0, 0)
        filled._decode()
        once = llama_cpp.llama_state_seq_get_size(filled._context, 0)
        assert 7.5 * once < size < 8.5 * once
        assert one > 0
    finally:
        filled.close()


def test_a_command_ends_it(byte_level: Model) -> None:
    interrupt = Interrupt()
    interrupt.set()
    with pytest.raises(EvaluationStopped):
        time_attention(byte_level, interrupt)


def test_the_quicker_is_better_and_llama_cpps_own_where_they_are_alike() -> None:
    def of(flash: tuple[float, float], plain: tuple[float, float]) -> FlashAttention:
        return better(AttentionTiming(flash=flash, plain=plain, tokens=1000))

    assert of((0.033, 0.2), (0.012, 0.1)) == "off"
    assert of((0.0089, 0.05), (0.0100, 0.055)) == "on"
    assert of((0.0100, 0.05), (0.0098, 0.049)) == "on", "that is noise"
    assert of((0.0100, 0.05), (0.0090, 0.060)) == "on", "what one gains eight lose"


def test_what_was_found_is_kept(byte_level: Model, starter: Model, tmp_path: Path) -> None:
    path = tmp_path / "cache" / "attention.json"
    timings = AttentionTimings(path)
    assert timings.find(byte_level) is None
    timings.keep(byte_level, PLAIN_IS_QUICKER)
    assert AttentionTimings(path).find(byte_level) == PLAIN_IS_QUICKER
    assert timings.find(starter) is None
    for damaged in (b"", b"[", b"[]", b'{"x": {"flash": [0, 0], "plain": [1, 1], "tokens": 1}}'):
        path.write_bytes(damaged)
        assert timings.find(byte_level) is None
    timings.keep(byte_level, PLAIN_IS_QUICKER)
    assert timings.find(byte_level) == PLAIN_IS_QUICKER


def test_what_was_found_with_other_devices_is_another_thing(
    byte_level: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    timings = AttentionTimings(tmp_path / "attention.json")
    timings.keep(byte_level, PLAIN_IS_QUICKER)
    processor = DeviceReport(kind="processor", name="A processor")

    def with_layers(name: str, layers: int) -> AttentionTiming | None:
        machine = DeviceReport(kind="machine", name=name, layers=layers)
        monkeypatch.setattr(Model, "devices", (processor, machine))
        return timings.find(byte_level)

    assert with_layers("10.0.0.1:1", 0) == PLAIN_IS_QUICKER
    assert with_layers("10.0.0.1:1", 2) is None
    timings.keep(byte_level, PLAIN_IS_QUICKER)
    assert with_layers("10.0.0.1:1", 2) == PLAIN_IS_QUICKER
    assert with_layers("10.0.0.1:1", 1) is None
    assert with_layers("10.0.0.2:1", 2) is None


@pytest.fixture
def bench() -> Iterator[EngineBench]:
    bench = EngineBench()
    yield bench
    bench.engine.close()


def test_the_next_load_has_the_quicker_one(
    bench: EngineBench, byte_level_path: Path, byte_level: Model, tmp_path: Path
) -> None:
    def loaded(choice: FlashAttention = "auto") -> Loaded:
        options = LoadOptions(threads=1, gpu_layers=0, flash_attention=choice)
        load = Load(request=1, path=str(byte_level_path), options=options, cache=str(tmp_path))
        event = bench.run(load)[-1]
        assert isinstance(event, Loaded)
        return event

    first = loaded()
    assert first.report.attention_timing is None
    assert first.report.has_flash_attention, "llama.cpp's own choice on a processor"
    bench.engine.time_attention()
    assert loaded().report.attention_timing is not None
    AttentionTimings(tmp_path / "attention.json").keep(byte_level, PLAIN_IS_QUICKER)
    assert not loaded().report.has_flash_attention
    assert loaded("on").report.has_flash_attention
    assert not loaded("off").report.has_flash_attention
