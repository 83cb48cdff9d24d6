"""A model whose layers a graphics processor computes: Mesa's software device, and how it fails."""

import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from itertools import takewhile
from math import log
from pathlib import Path

import msgspec
import pytest

from studio.engine.messages import (
    AnyEvent,
    Distribution,
    Evaluated,
    Failed,
    Load,
    Loaded,
    LoadOptions,
    PreviewNextToken,
    Prompt,
    Token,
)
from studio.sampling import LogitSketch
from studio.token_record import TokenRecord
from tests.helpers.engine_child import PATIENCE, ROOT, ChildEndedError, EngineChild
from tests.helpers.said import GREEDY, OPENING, Said, next_token, records_in, write
from tests.helpers.vulkan_device import VulkanDevice

pytestmark = pytest.mark.timeout(600)
"""Seconds: on a busy machine the device computes a token in as many."""
AUTOMATIC = LoadOptions(threads=1, context_size=512)
PROCESSOR = LoadOptions(threads=1, context_size=512, gpu_layers=0)
LAYERS = 31
"""Of the starter model, with what comes out of the last one."""
TOKENS, IN_LANES = 10, 4
"""The device computes two or three tokens a second."""
ROUNDED, EXACT = 0.5, 0.05
"""How far the logarithms of the probabilities of likely tokens may be apart. With quantized weights
llama.cpp rounds what it multiplies them by to 8 bits on the processor, and not on Vulkan; with
weights in float32 neither does; what is left is float16 on Vulkan."""
MIB = 2**20


def device_child(environment: Mapping[str, str]) -> EngineChild:
    """An engine; the first one on a machine compiles what the device runs, which takes long."""
    return EngineChild(environment=environment, patience=10 * PATIENCE)


@pytest.fixture(scope="module")
def alone(vulkan_device: VulkanDevice, starter_model: Path) -> Said:
    """What the processor says, with the same build."""
    with device_child(vulkan_device.environment) as child:
        said = Said(child, PROCESSOR, starter_model, TOKENS, IN_LANES)
        assert [device.layers for device in said.report.devices] == [LAYERS, 0]
        return said


def same_but_for_near_ties(these: list[TokenRecord], those: list[TokenRecord]) -> int:
    """How many tokens are the same; where the texts part two must have been as likely."""
    pairs = list(zip(these, those, strict=True))
    same = len(list(takewhile(lambda pair: pair[0].id == pair[1].id, pairs)))
    assert same == len(pairs) or pairs[same][0].near_tie or pairs[same][1].near_tie
    return same


def assert_alike(these: LogitSketch, those: LogitSketch, tolerance: float = ROUNDED) -> None:
    """The twenty likeliest tokens are about as likely."""
    first, second = (dict(zip(*it.distribution(1.0)[:2], strict=True)) for it in (these, those))
    for one in these.ids[:20].tolist():
        assert log(second[one]) == pytest.approx(log(first[one]), abs=tolerance)


def test_it_is_named_with_its_memory_and_gives_the_tokens_lanes_and_sketches_of_the_processor(
    vulkan_device: VulkanDevice, alone: Said, starter_model: Path
) -> None:
    with device_child(vulkan_device.environment) as child:
        said = Said(child, AUTOMATIC, starter_model, TOKENS, IN_LANES)
        processor, gpu = said.report.devices
        assert (processor.kind, processor.layers) == ("processor", 0)
        assert (gpu.kind, gpu.name, gpu.layers) == ("gpu", vulkan_device.name, LAYERS)
        assert 0 < gpu.free <= gpu.total
        assert said.report.backend == "Vulkan"
        assert said.report.fewer_layers == ""
        assert len(said.greedy) == TOKENS
        same_but_for_near_ties(said.greedy, alone.greedy)
        assert said.lanes.keys() == alone.lanes.keys() == {0, 1, 2}
        same_but_for_near_ties(said.lanes[1], alone.lanes[1])
        for lane in (0, 2):
            first, other = said.lanes[lane][0], alone.lanes[lane][0]
            assert_alike(LogitSketch.from_bytes(first.sketch), LogitSketch.from_bytes(other.sketch))
        assert_alike(said.sketch, alone.sketch)

        # Some of its layers, in the same engine, by hand.
        some = msgspec.structs.replace(AUTOMATIC, gpu_layers=12)
        report = child.load(starter_model, some).report
        assert [device.layers for device in report.devices] == [LAYERS - 12, 12]
        assert_alike(next_token(child), alone.sketch)


def test_with_weights_in_float32_it_says_what_the_processor_says(
    vulkan_device: VulkanDevice, byte_level_path: Path
) -> None:
    options = (LoadOptions(threads=1, gpu_layers=0), LoadOptions(threads=1))
    said = []
    for one in options:
        with device_child(vulkan_device.environment) as child:
            said.append(Said(child, one, byte_level_path, TOKENS, IN_LANES))
    alone, there = said
    assert alone.report.layers_offloaded == 0
    assert there.report.devices[0].layers == 0
    assert len(there.greedy) == TOKENS
    same = same_but_for_near_ties(there.greedy, alone.greedy)
    pairs = list(zip(there.greedy[:same], alone.greedy[:same], strict=True))
    for lane in range(3):
        both = list(zip(there.lanes[lane], alone.lanes[lane], strict=True))
        drawn = takewhile(lambda pair: pair[0].id == pair[1].id, both)
        pairs += both[: 1 + len(list(drawn))]
    for these, those in pairs:
        first, other = (LogitSketch.from_bytes(it.sketch) for it in (these, those))
        assert_alike(first, other, EXACT)


@pytest.mark.parametrize(
    ("says", "has", "some", "words"),
    [
        (160, 160, True, ""),
        (4096, 160, True, "So %n layers are there"),
        (4096, 20, False, "computes all of it"),
    ],
)
def test_as_many_layers_as_have_room_and_fewer_where_there_is_less_than_it_says(
    vulkan_device: VulkanDevice,
    alone: Said,
    starter_model: Path,
    says: int,
    has: int,
    some: bool,
    words: str,
) -> None:
    environment = vulkan_device.faulty(says=says * MIB, has=has * MIB)
    with device_child(environment) as child:
        report = child.load(starter_model, AUTOMATIC).report
        processor, gpu = report.devices
        assert gpu.total == says * MIB
        assert (0 < gpu.layers < LAYERS) is some
        assert processor.layers + gpu.layers == LAYERS
        if words:
            why = f"no room for {LAYERS} layers on {vulkan_device.name} ("
            assert why in report.fewer_layers
        assert words.replace("%n", str(gpu.layers)) in report.fewer_layers
        assert bool(report.fewer_layers) == bool(words)
        assert_alike(next_token(child), alone.sketch)


def test_one_that_cannot_be_opened_is_named_and_the_processor_computes(
    vulkan_device: VulkanDevice, alone: Said, starter_model: Path
) -> None:
    environment = vulkan_device.faulty(refuses=1)
    with device_child(environment) as child:
        report = child.load(starter_model, AUTOMATIC).report
        assert report.layers_offloaded == 0
        assert report.fewer_layers.startswith(f"{vulkan_device.name} failed (")
        assert "processor computes all of it" in report.fewer_layers
        assert_alike(next_token(child), alone.sketch)
        # It is left alone from then on.
        again = child.load(starter_model, AUTOMATIC).report
        assert [device.kind for device in again.devices] == ["processor"]
        assert again.fewer_layers == ""
    # And where it is not asked for it is not opened at all.
    with device_child(environment) as child:
        report = child.load(starter_model, PROCESSOR).report
        assert [device.layers for device in report.devices] == [LAYERS, 0]


def test_a_file_that_cannot_be_loaded_is_not_mistaken_for_a_failure_of_it(
    vulkan_device: VulkanDevice, tmp_path: Path, starter_model: Path
) -> None:
    path = tmp_path / "other.gguf"
    name, other = b"blk.0.attn_q.weight", b"blk.0.attn_x.weight"
    path.write_bytes(starter_model.read_bytes().replace(name, other, 1))
    with device_child(vulkan_device.environment) as child:
        *_, failed = child.ask(Load(request=1, path=str(path), options=AUTOMATIC))
        assert isinstance(failed, Failed)
        assert "could not load “other.gguf”" in failed.message
        assert vulkan_device.name not in failed.message
        report = child.load(starter_model, AUTOMATIC).report
        assert [device.layers for device in report.devices] == [0, LAYERS]


def until_its_end(child: EngineChild) -> list[AnyEvent]:
    """What comes before the child ends."""
    events: list[AnyEvent] = []
    with suppress(ChildEndedError):
        while True:
            events.append(child.next())
    return events


def test_one_that_is_lost_while_it_writes_ends_the_engine_and_what_was_written_is_there(
    vulkan_device: VulkanDevice, alone: Said, tmp_path: Path, starter_model: Path
) -> None:
    lost = tmp_path / "lost"
    with device_child(vulkan_device.faulty(lost=lost)) as child:
        child.load(starter_model, AUTOMATIC)
        child.send(write(1, 400, GREEDY))
        events = child.until(lambda event: isinstance(event, Token) and event.index == 3)
        lost.touch()
        events += until_its_end(child)
        assert child.process.wait(PATIENCE) != 0
        assert "DeviceLost" in child.log
    written = records_in(events)[0]
    assert 3 < len(written) < 400
    first = min(len(written), TOKENS)
    same_but_for_near_ties(written[:first], alone.greedy[:first])


def test_a_command_says_which_failed_and_ends_after_what_it_has_written(
    vulkan_device: VulkanDevice, tmp_path: Path, starter_model: Path
) -> None:
    lost = tmp_path / "lost"
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "studio", "generate", "-m", str(starter_model), "-t", "1"),
            *("-c", "512", "-n", "400", "--ignore-eos", "--temperature", "0", "-p", OPENING),
        ],
        cwd=ROOT,
        env={**os.environ, **vulkan_device.faulty(lost=lost)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout
    assert len(process.stdout.read(5)) == 5
    lost.touch()
    _, said = process.communicate(timeout=10 * PATIENCE)
    last = said.decode().splitlines()[-1]
    assert last.startswith(f"studio: llama.cpp gave up while {vulkan_device.name} computed")
    assert "--gpu-layers 0" in last
    assert process.returncode == 1


def test_a_prompt_that_one_device_has_read_is_not_taken_for_anothers(
    vulkan_device: VulkanDevice, tmp_path: Path, byte_level_path: Path
) -> None:
    first, second = (Prompt(manuscript=letter * 400) for letter in "ab")

    def read(gpu_layers: int) -> tuple[int, LogitSketch]:
        """Read both, so that the first is kept: how much of it was there, and what comes next."""
        options = LoadOptions(threads=1, gpu_layers=gpu_layers)
        with device_child(vulkan_device.environment) as child:
            load = Load(request=1, path=str(byte_level_path), options=options, cache=str(tmp_path))
            assert isinstance(child.ask(load)[-1], Loaded)
            *_, evaluated, last = child.ask(PreviewNextToken(request=2, prompt=first))
            assert isinstance(evaluated, Evaluated)
            assert isinstance(last, Distribution)
            child.ask(PreviewNextToken(request=3, prompt=second))
            assert child.end_of_input() == 0
            return evaluated.reused, LogitSketch.from_bytes(last.sketch)

    assert read(0)[0] == 0
    reused, alone = read(0)
    assert reused >= 256
    reused, there = read(-1)
    assert reused == 0, "what the processor has read is another's"
    assert_alike(there, alone, EXACT)
