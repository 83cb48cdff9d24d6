"""Many samples at once: each as if it were alone, none waiting for another's end."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from msgspec.structs import replace
from numpy.typing import NDArray

from studio.engine.control import Control
from studio.engine.engine import Engine
from studio.engine.interrupt import Interrupt
from studio.engine.messages import (
    MOST_SEQUENCES,
    AnyEvent,
    Evaluated,
    Finished,
    Load,
    LoadOptions,
    Prompt,
    QueueSequence,
    SequenceStart,
    Started,
    Token,
)
from studio.experiments.samples import Sample, SampleRun, WrittenSample
from studio.sampling import LogitSketch, SamplingParams, distribution, measures
from studio.sampling.sketches.truncated_logits import TruncatedLogits
from studio.token_record import TokenRecord
from tests.engine.generation.test_sequences import assert_same_text
from tests.helpers.tiny_model import write_byte_level_model

SHORT = "The sea was"
LONGER = "The old fisherman looked out over the grey water and counted the boats"


class Desk:
    """An engine in process, and the samples that it writes."""

    def __init__(self, path: Path, context_size: int) -> None:
        self.interrupt = Interrupt()
        self.control = Control(self.interrupt)
        self.events: list[AnyEvent] = []
        self.run: SampleRun | None = None
        self.engine = Engine(self._on_events, self.interrupt)
        # One thread: see tests/engine/conftest.py.
        options = LoadOptions(threads=1, gpu_layers=0, context_size=context_size)
        self.engine.run(Load(request=0, path=str(path), options=options), self.control)

    def write(
        self,
        samples: Sequence[Sample],
        on_written: Callable[[WrittenSample], None] = lambda _written: None,
        *,
        ignore_eos: bool = True,
        sketches: bool = True,
    ) -> dict[tuple[int, ...], WrittenSample]:
        """Write samples; by their keys."""
        found: dict[tuple[int, ...], WrittenSample] = {}

        def written(sample: WrittenSample) -> None:
            assert sample.sample.key not in found
            found[sample.sample.key] = sample
            on_written(sample)

        waiting = iter(samples)
        self.run = SampleRun(
            *(1, lambda: next(waiting, None), written, self._send),
            ignore_eos=ignore_eos,
            sketches=sketches,
        )
        self.events = []
        self.go_on()
        return found

    def go_on(self) -> None:
        """Carry out what there is to carry out."""
        assert self.run is not None
        self.interrupt.clear()
        self.control = Control(self.interrupt)
        for command in self.run.commands():
            self.engine.run(command, self.control)
        assert self.run.failed is None, self.run.failed

    def most_at_once(self) -> int:
        """How many wrote at once."""
        running, most = set[int](), 0
        for event in self.events:
            if isinstance(event, Started):
                running.add(event.sequence)
            elif isinstance(event, Finished):
                running.discard(event.sequence)
            most = max(most, len(running))
        return most

    def _send(self, command: QueueSequence) -> None:
        self.control.commands.append(command)

    def _on_events(self, *events: AnyEvent) -> None:
        for event in events:
            self.events.append(event)
            if self.run is not None:
                self.run.on_event(event)


@pytest.fixture(scope="module")
def tiny_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_byte_level_model(tmp_path_factory.mktemp("models") / "tiny.gguf")


@pytest.fixture
def tiny(tiny_path: Path) -> Iterator[Desk]:
    desk = Desk(tiny_path, 512)
    yield desk
    desk.engine.close()


@pytest.fixture
def narrow(tiny_path: Path) -> Iterator[Desk]:
    desk = Desk(tiny_path, 256)
    yield desk
    desk.engine.close()


@pytest.fixture(scope="module")
def real(starter_model: Path) -> Iterator[Desk]:
    desk = Desk(starter_model, 1024)
    yield desk
    desk.engine.close()


def sample(number: int, text: str, most: int, temperature: float = 1.0, brief: str = "") -> Sample:
    return Sample(
        key=(number,),
        prompt=Prompt(manuscript=text, brief=brief),
        params=SamplingParams(temperature=temperature, seed=1000 + number),
        max_tokens=most,
    )


def uneven(count: int, texts: Sequence[str]) -> list[Sample]:
    """Samples of several prompts, temperatures and lengths."""
    return [
        sample(number, texts[number // 3 % len(texts)], 2 + 7 * number % 23, 0.3 * (1 + number % 5))
        for number in range(count)
    ]


def assert_nearly_same(mine: Sequence[TokenRecord], other: Sequence[TokenRecord]) -> None:
    """As `assert_same_text`, for cells that lie among those of other prompts.

    Attention is summed in their order then, in float16, and the real model's logits show that: by
    up to 0.3. Another prompt's distribution, or another place's, is nowhere near.
    """
    assert len(mine) == len(other)
    for one, another in zip(mine, other, strict=True):
        assert one.u == another.u
        first, second = (LogitSketch.from_bytes(record.sketch) for record in (one, another))
        ids, probabilities, _ = first.distribution(1.0)
        found = [second.probability(token, 1.0) for token in ids[:20].tolist()]
        assert np.abs(np.subtract(found, probabilities[:20])).sum() < 0.4
        if one.id != another.id:
            return


def test_each_is_what_it_alone_would_be(real: Desk) -> None:
    samples = uneven(12, [SHORT, LONGER, "def fib(n):"])
    together = real.write(samples)
    assert real.most_at_once() == MOST_SEQUENCES
    assert sorted(together) == [one.key for one in samples]
    for one in samples:
        (alone,) = real.write([one]).values()
        assert_nearly_same(together[one.key].records, alone.records)
        assert together[one.key].reason == "max_tokens"


@pytest.mark.parametrize("is_recurrent", [False, True])
def test_prompts_may_come_back_and_begin_alike(
    tiny_path: Path, monkeypatch: pytest.MonkeyPatch, is_recurrent: bool
) -> None:
    monkeypatch.setattr("llama_cpp.llama_model_is_recurrent", lambda _model: is_recurrent)
    desk = Desk(tiny_path, 512)
    try:
        samples = uneven(30, [SHORT, LONGER, SHORT, LONGER[:30], "x"])
        together = desk.write(samples)
        assert desk.most_at_once() == (1 if is_recurrent else MOST_SEQUENCES)
        for one in samples:
            (alone,) = desk.write([one]).values()
            assert_same_text(together[one.key].records, alone.records)
    finally:
        desk.engine.close()


def test_a_lane_that_is_free_waits_for_nobody(tiny: Desk) -> None:
    tiny.write(uneven(40, [SHORT, LONGER]))
    started = [place for place, one in enumerate(tiny.events) if isinstance(one, Started)]
    for place, event in enumerate(tiny.events[: started[-1]]):
        if isinstance(event, Finished):
            following = next(other for other in started if other > place)
            between = [it.sequence for it in tiny.events[place:following] if isinstance(it, Token)]
            # The others end the step that they are in, and no more.
            assert len(between) == len(set(between))


def test_no_more_write_at_once_than_the_context_holds(narrow: Desk) -> None:
    for texts in ([LONGER[:20]], [LONGER[:19] + letter for letter in "abcdefgh"]):
        samples = [sample(number, texts[number % len(texts)], 40) for number in range(12)]
        written = narrow.write(samples)
        assert 2 <= narrow.most_at_once() < MOST_SEQUENCES
        assert {one.reason for one in written.values()} == {"max_tokens"}
        assert all(len(one.records) == 40 for one in written.values())


@pytest.mark.parametrize("place", [0, 1, 5])
def test_a_prompt_without_room_is_passed_over(narrow: Desk, place: int) -> None:
    samples = [sample(number, SHORT, 5) for number in range(6)]
    samples[place] = sample(place, SHORT, 5, brief="b" * 300)
    written = narrow.write(samples)
    assert len(written) == 6
    for number, one in enumerate(samples):
        found = written[one.key]
        assert (found.reason, len(found.records)) == (
            ("context_full", 0) if number == place else ("max_tokens", 5)
        )
    assert written[place,].text == ""
    assert written[place,].log_probability_t1 is None


def test_what_a_prompt_has_no_room_for_is_known(narrow: Desk) -> None:
    samples = [sample(0, SHORT, 5), sample(1, LONGER * 5, 5), sample(2, LONGER * 5, 5)]
    samples.append(sample(3, SHORT, 5))
    written = narrow.write(samples)
    unseen = [written[one.key].unseen_characters for one in samples]
    assert unseen[0] == unseen[3] == 0
    assert unseen[1] == unseen[2] > 0
    reported = [it.unseen_characters for it in narrow.events if isinstance(it, Evaluated)]
    assert reported == [0, unseen[1], 0]


def test_a_stop_gives_up_what_is_under_way_and_it_is_written_later(tiny: Desk) -> None:
    samples, count = uneven(30, [SHORT, LONGER]), 0

    def stop(_written: WrittenSample) -> None:
        nonlocal count
        count += 1
        if count == 5:
            tiny.control.stop()

    written = tiny.write(samples, stop)
    assert tiny.run is not None
    assert tiny.run.is_stopped
    assert len(written) == 5
    tiny.go_on()
    assert sorted(written) == [one.key for one in samples]
    for one in samples[:8]:
        (alone,) = tiny.write([one]).values()
        assert_same_text(written[one.key].records, alone.records)


def test_what_is_to_be_written_may_follow_from_what_was(tiny: Desk) -> None:
    written: list[tuple[int, ...]] = []

    def more() -> Sample | None:
        # One after another: none before the one before has ended.
        number = len(asked)
        if number == 6 or len(written) < number:
            return None
        asked.append(number)
        return sample(number, SHORT, 3)

    asked: list[int] = []
    tiny.run = SampleRun(1, more, lambda one: written.append(one.sample.key), tiny._send)
    tiny.go_on()
    assert written == [(number,) for number in range(6)]


def test_its_figures_are_those_of_its_tokens(real: Desk) -> None:
    stop = Sample(
        key=(0,),
        prompt=Prompt(manuscript=LONGER),
        params=SamplingParams(temperature=0.7, min_p=0.1, seed=5),
        max_tokens=40,
        stop=(" the",),
    )
    written = real.write([stop], ignore_eos=False)[0,]
    assert written.reason == "stop_string"
    assert " the" not in written.text
    assert written.text.startswith(b"".join(one.text for one in written.records).decode())
    sketches = [LogitSketch.from_bytes(one.sketch) for one in written.records]
    pairs = list(zip(sketches, written.records, strict=True))
    expected = [sketch.probability(one.id, 1.0) for sketch, one in pairs]
    assert pairs
    assert written.log_probability_t1 == pytest.approx(np.log(expected).mean(), abs=1e-4)
    drawn = np.log([one.probability for one in written.records]).mean()
    assert written.log_probability_t == pytest.approx(drawn)
    assert written.temperature.beta == pytest.approx(1 / 0.7)


def test_without_sketches_the_same_is_written_and_known(real: Desk) -> None:
    ways: list[dict[str, float]] = [
        {"temperature": 1.0, "top_p": 0.95},
        {"temperature": 1.6},  # which draws from all of the vocabulary
        {"temperature": 0.7, "min_p": 0.1},
        {"temperature": 0.0, "repeat_penalty": 1.3},
        {"temperature": 1.2, "mirostat": 2},
    ]
    samples = [
        msgspec.structs.replace(
            sample(number, SHORT, 6),
            params=SamplingParams(seed=number, **way),  # type: ignore[arg-type]
        )
        for number, way in enumerate(ways)
    ]
    whole, bare = real.write(samples), real.write(samples, sketches=False)
    assert all(not it.pieces for it in real.events if isinstance(it, Token))
    for key, one in whole.items():
        for record, other in zip(one.records, bare[key].records, strict=True):
            mine, known = other.nats_t1, LogitSketch.from_bytes(record.sketch)
            assert mine is not None
            assert np.exp(-mine) == pytest.approx(known.probability(record.id, 1.0), abs=1e-4)
            plain = msgspec.structs.replace(record, sketch=b"", top=(), typed={})
            assert msgspec.structs.replace(other, nats_t1=None) == plain
        assert bare[key].text == one.text
        assert bare[key].log_probability_t1 == pytest.approx(one.log_probability_t1, abs=1e-4)
        assert bare[key].log_probability_t == one.log_probability_t


def test_one_that_has_begun_is_not_queued() -> None:
    start = SequenceStart(params=SamplingParams(), waits=True)
    with pytest.raises(ValueError, match="begun"):
        QueueSequence(request=1, prompt=Prompt(manuscript="a"), start=start, max_tokens=1)
    with pytest.raises(ValueError, match="max_tokens"):
        QueueSequence(
            request=1,
            prompt=Prompt(manuscript="a"),
            start=SequenceStart(params=SamplingParams()),
            max_tokens=0,
        )


@pytest.mark.parametrize("taken", [1.0, 1.5])
def test_what_a_server_leaves_open_is_bounded(
    real_logits: NDArray[np.float32], taken: float
) -> None:
    """Whichever T its probabilities are at; of what turns on the text before nothing is said."""
    params = SamplingParams(temperature=1.5, seed=1)
    records: list[TokenRecord] = []
    nats = entropy = 0.0
    for row in real_logits[::40]:
        whole, at = (distribution(row, SamplingParams(temperature=t)) for t in (1.0, taken))
        best = np.argsort(-at)[:1000]
        known = TruncatedLogits(best, np.log(at[best]), row.size, temperature=taken)
        token = int(best[3])
        sketch = known.sketch(token).to_bytes()
        drawn: dict[str, Any] = {
            "u": 0.5,
            "probability": 0.1,
            "rank": 3,
            "entropy": 1.0,
            "kept": row.size,
        }
        records.append(TokenRecord(id=token, text=b"x", sketch=sketch, **drawn))
        nats -= math.log(whole[token])
        entropy += measures.entropy(distribution(row, params))
    asked = Sample(key=(0,), prompt=Prompt(manuscript=SHORT), params=params, max_tokens=9)
    written = WrittenSample(asked, 1, "x", tuple(records), "max_tokens", 0)
    assert written.nats_t1 is not None
    assert written.nats_t1[0] - 1e-3 <= nats <= written.nats_t1[1] + 1e-3
    assert written.entropy is not None
    assert written.entropy[0] - 1e-3 <= entropy <= written.entropy[1] + 1e-3
    assert written.entropy[1] > written.entropy[0] + 1e-2
    if taken == 1.0:
        assert written.log_probability_t1 == pytest.approx(-nats / len(records), abs=1e-4)
    else:
        assert written.log_probability_t1 is None
    penalised = msgspec.structs.replace(params, presence_penalty=1.0)
    other = replace(written, sample=msgspec.structs.replace(asked, params=penalised))
    assert other.entropy is None
