"""The model that says given logits: in llama.cpp, through our engine's own loading."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from studio.commands.bench_logits import logits_file, read_logits
from studio.commands.bench_opened import OPENING, OpenedEngine
from studio.commands.replay_model import LAYERS, next_vectors, write_replay_model
from studio.engine.control import Control
from studio.engine.interrupt import Interrupt
from studio.engine.llama import log
from studio.engine.llama.context import LlamaContext
from studio.engine.llama.model import Model
from studio.engine.messages import Finished, Generate, LoadOptions, Prompt, SequenceStart, Token
from studio.sampling import SamplingParams

VECTORS, TOKENS = 5, 2000
ERROR = 1 / 16_000
"""Of a logit of 1 or more, as a share of it; two numbers and a scale hold half of it."""


def made_up_logits() -> NDArray[np.float32]:
    """Of several widths, one sure of a token, some beyond what 16 bits or one scale hold."""
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(VECTORS, TOKENS)) * np.geomspace(0.01, 30.0, VECTORS)[:, None] - 3.0
    logits[2, 77] = 60.0
    logits[3, :4] = 0.0, 1e-6, -500.0, 2000.0
    return logits.astype(np.float32)


@contextmanager
def opened(path: Path) -> Iterator[tuple[Model, LlamaContext]]:
    log.install()
    model = Model(path, LoadOptions(threads=1, context_size=256), lambda _fraction: True)
    context = LlamaContext(model, Interrupt())
    yield model, context
    context.close()
    model.close()


def check_that_llama_cpp_says(path: Path, logits: NDArray[np.float32], layers: int = 1) -> None:
    write_replay_model(path, logits, OPENING, layers)
    following = next_vectors(logits)
    count = len(logits)
    with opened(path) as (model, context):
        assert model.vocabulary.size == logits.shape[1]
        tokens = [int(np.flatnonzero(following == vector)[-1]) for vector in range(count)]
        alone = []
        for end in range(count):  # one token at a time, as in writing
            context.evaluate(tokens[: end + 1])
            alone.append(context.logits().copy())
        together: list[NDArray[np.float32]] = []
        context.read(tokens, 0, lambda _i, z: together.append(z.copy()), lambda *_done: None)
    for found in (alone, together):
        error = np.abs(np.array(found) - logits) / np.maximum(1.0, np.abs(logits))
        assert error.max() < ERROR


def test_llama_cpp_says_the_logits_it_was_made_of(tmp_path: Path) -> None:
    check_that_llama_cpp_says(tmp_path / "replay.gguf", made_up_logits())


def test_its_layers_change_nothing_of_what_it_says(tmp_path: Path) -> None:
    check_that_llama_cpp_says(tmp_path / "replay.gguf", made_up_logits(), LAYERS)


def test_llama_cpp_says_recorded_logits(tmp_path: Path) -> None:
    file = logits_file(Path(__file__).parent)
    if file is None:
        pytest.skip("no recorded logits lie beside the checkout")
    check_that_llama_cpp_says(tmp_path / "replay.gguf", read_logits(file))


def test_it_takes_words_and_writes_some(tmp_path: Path) -> None:
    path = tmp_path / "replay.gguf"
    write_replay_model(path, made_up_logits() * 0.1, OPENING, layers=1)
    with opened(path) as (model, _):
        words = [model.vocabulary.text(token) for token in model.vocabulary.tokenize(OPENING)]
        assert b"".join(words) == OPENING.encode()
        assert len(words) == 14
        other = "Zoë said: “no”.\n"
        tokens = model.vocabulary.tokenize(other)
        assert b"".join(map(model.vocabulary.text, tokens)) == other.encode()
        texts = [model.vocabulary.text(token) for token in range(TOKENS)]
        assert len(set(texts)) == TOKENS
        assert sum(text.startswith(b" ") and text[1:].isalpha() for text in texts) > TOKENS - 300


def test_what_is_written_visits_all_vectors_and_does_not_end(tmp_path: Path) -> None:
    logits = made_up_logits()
    for vector in range(VECTORS):  # each is sure of a token, and would not be left by its number
        logits[vector, 10 * VECTORS + vector] = 3000.0
    path = tmp_path / "replay.gguf"
    write_replay_model(path, logits, OPENING, layers=1)
    engine = OpenedEngine(path)
    params = SamplingParams(temperature=0.8, top_k=40, seed=1)
    command = Generate(
        request=1,
        prompt=Prompt(manuscript=OPENING),
        sequences=(SequenceStart(params=params),),
        max_tokens=2 * VECTORS,
    )
    events = engine.run(command, Control(engine.interrupt))
    engine.close()
    finished = events[-2]
    assert isinstance(finished, Finished)
    assert finished.reason == "max_tokens"
    written = [event.record.id for event in events if isinstance(event, Token)]
    assert set(written) == {10 * VECTORS + vector for vector in range(VECTORS)}


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_logits_that_are_not_finite_are_refused(tmp_path: Path, bad: float) -> None:
    logits = made_up_logits()
    logits[1, 5] = bad
    with pytest.raises(ValueError, match="not finite"):
        write_replay_model(tmp_path / "replay.gguf", logits, OPENING)


def test_too_small_a_vocabulary_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="found 200 tokens"):
        write_replay_model(tmp_path / "replay.gguf", np.zeros((2, 200), np.float32), OPENING)


def test_more_vectors_than_a_small_models_width_has_blocks(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    logits = rng.normal(size=(21, 600)).astype(np.float32) * 4.0
    check_that_llama_cpp_says(tmp_path / "replay.gguf", logits)
