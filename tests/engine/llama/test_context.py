"""What is evaluated, what is reused, and that the logits are those of a fresh evaluation."""

import ctypes
from collections.abc import Sequence

import llama_cpp
import numpy as np
import pytest
from numpy.typing import NDArray

from studio.engine.interrupt import EvaluationStopped, Interrupt
from studio.engine.llama.context import LlamaContext
from studio.engine.llama.model import Model
from studio.engine.vocabulary import Vocabulary
from tests.engine.conftest import NewContext
from tests.helpers.reference import Reference, softmax

STORY = (
    "The old fisherman looked out over the grey water and counted the boats that had not come "
    "home. Every morning he rowed past the breakwater and let the boat find its own way."
)


@pytest.fixture
def context(starter: Model, new_context: NewContext) -> LlamaContext:
    return new_context(starter)


@pytest.fixture
def tiny(byte_level: Model, new_context: NewContext) -> LlamaContext:
    """A context of 512 tokens, evaluated in no time."""
    return new_context(byte_level)


@pytest.fixture(scope="module")
def story(starter_vocabulary: Vocabulary) -> list[int]:
    return starter_vocabulary.tokenize(STORY)


def probabilities(context: LlamaContext) -> NDArray[np.float64]:
    return softmax(context.logits())


def fresh(model: Model, tokens: Sequence[int]) -> NDArray[np.float64]:
    """The distribution after `tokens` in a context that has seen nothing else."""
    context = LlamaContext(model, Interrupt())
    try:
        assert context.evaluate(tokens) == 0
        return probabilities(context)
    finally:
        context.close()


def assert_same(one: NDArray[np.float64], other: NDArray[np.float64]) -> None:
    """Equal but for the order of floating-point sums, which differs between batch sizes."""
    np.testing.assert_allclose(one, other, atol=2e-3)


def tokens_of(length: int, start: int = 0) -> list[int]:
    """Distinct neighbours for a tiny model's context, all of them bytes."""
    return [3 + (start + place * 7) % 250 for place in range(length)]


# Against llama.cpp by itself


def test_the_logits_are_llama_cpps(starter: Model, context: LlamaContext, story: list[int]) -> None:
    context.evaluate(story)
    with Reference(starter.path, 128) as reference:
        expected = softmax(reference.logits(story)[0])
    assert_same(probabilities(context), expected)
    assert context.used == len(story)
    assert context.logits().shape == (49_152,)


def test_a_prompt_of_several_batches(byte_level: Model, tiny: LlamaContext) -> None:
    tokens = tokens_of(500)
    steps: list[tuple[int, int]] = []
    tiny.evaluate(tokens, lambda done, total: steps.append((done, total)))
    with Reference(byte_level.path, 512) as reference:
        expected = softmax(reference.logits(tokens)[0])
    assert_same(probabilities(tiny), expected)
    assert steps == [(0, 500), (256, 500)]


def test_a_short_evaluation_shows_no_progress(tiny: LlamaContext) -> None:
    steps: list[tuple[int, int]] = []
    tiny.evaluate(tokens_of(128), lambda done, total: steps.append((done, total)))
    assert steps == []


# Reuse


def test_the_same_again_needs_nothing(tiny: LlamaContext) -> None:
    tokens = tokens_of(50)
    assert tiny.evaluate(tokens) == 0
    before = tiny.logits().copy()
    assert tiny.evaluate(tokens) == 50
    np.testing.assert_array_equal(tiny.logits(), before)


@pytest.mark.parametrize(
    ("second", "reused"),
    [
        (tokens_of(60), 50),  # goes on
        ([*tokens_of(50)[:49], 5], 49),  # ends otherwise
        (tokens_of(50)[:20] + tokens_of(40, 3), 20),  # an edit in the middle
        (tokens_of(50)[:30], 29),  # ends earlier: the last token's logits are wanted
        ([7], 0),
        (tokens_of(50)[:1], 0),
    ],
)
def test_what_is_shared_is_reused_and_changes_nothing(
    byte_level: Model, tiny: LlamaContext, second: list[int], reused: int
) -> None:
    tiny.evaluate(tokens_of(50))
    assert tiny.evaluate(second) == reused
    assert tiny.used == len(second)
    assert_same(probabilities(tiny), fresh(byte_level, second))


def test_reuse_with_the_real_model(starter: Model, context: LlamaContext, story: list[int]) -> None:
    context.evaluate(story)
    edited = [*story[:20], *story[:6]]
    assert context.evaluate(edited) == 20
    assert_same(probabilities(context), fresh(starter, edited))


def test_appended_tokens_are_as_if_evaluated(
    starter: Model, context: LlamaContext, story: list[int]
) -> None:
    context.evaluate(story[:10])
    for token in story[10:]:
        context.append(token)
    assert context.used == len(story)
    assert_same(probabilities(context), fresh(starter, story))
    assert context.evaluate(story) == len(story)


# Logits of several places


def after(model: Model, tokens: Sequence[int], count: int) -> list[NDArray[np.float64]]:
    """The distributions after the last `count` tokens, last first."""
    with Reference(model.path, 512) as reference:
        return [softmax(row) for row in reference.logits(tokens, len(tokens) - count)[::-1]]


def test_the_logits_after_the_last_tokens_are_there_if_asked_for(
    byte_level: Model, tiny: LlamaContext
) -> None:
    tokens = tokens_of(130)  # the second batch would hold fewer than are asked for
    assert tiny.evaluate(tokens, wanted=4) == 0
    for back, expected in enumerate(after(byte_level, tokens, 4)):
        assert_same(softmax(tiny.logits(back)), expected)
    assert tiny.evaluate(tokens, wanted=4) == tiny.evaluate(tokens) == len(tokens)
    assert tiny.evaluate(tokens, wanted=6) == len(tokens) - 6


def test_where_the_text_grows_the_logits_at_its_former_end_are_kept(
    byte_level: Model, tiny: LlamaContext
) -> None:
    tokens = tokens_of(20)
    tiny.evaluate(tokens[:17], wanted=2)
    assert tiny.evaluate(tokens[:18], wanted=3) == 17
    assert tiny.evaluate(tokens, wanted=5) == 18, "none of them is evaluated again"
    for back, expected in enumerate(after(byte_level, tokens, 5)):
        assert_same(softmax(tiny.logits(back)), expected)
    # One more is known only where it was kept.
    assert tiny.evaluate(tokens, wanted=6) == 14
    tiny.append(7)
    assert tiny.evaluate([*tokens, 7, 8], wanted=2) == 21
    assert_same(softmax(tiny.logits(1)), after(byte_level, [*tokens, 7], 1)[0])


def test_where_the_texts_end_is_another_the_logits_before_it_are_kept(
    byte_level: Model, tiny: LlamaContext
) -> None:
    tokens, other = tokens_of(20), [3, 1, 2]
    tiny.evaluate(tokens, wanted=3)
    changed = [*tokens[:19], *other]
    assert tiny.evaluate(changed, wanted=5) == 19, "no token before the change is evaluated again"
    for back, expected in enumerate(after(byte_level, changed, 5)):
        assert_same(softmax(tiny.logits(back)), expected)
    # They are known as far as they were asked for, and no further.
    tiny.evaluate(tokens, wanted=3)
    assert tiny.evaluate(changed, wanted=6) == 16


def test_without_logits_a_prefix_is_only_cut(tiny: LlamaContext) -> None:
    tokens = tokens_of(30)
    tiny.evaluate(tokens)
    assert tiny.evaluate(tokens[:20], wanted=0) == tiny.used == 20
    assert tiny.evaluate(tokens[:20]) == 19, "they are not what is left of the longer text"


def test_a_peek_at_other_tokens_keeps_what_is_evaluated(
    byte_level: Model, tiny: LlamaContext
) -> None:
    tokens = tokens_of(30)
    tiny.evaluate(tokens)
    other = [*tokens[:28], 9, 10, 11]
    rows = tiny.peek(other, 2)
    for row, expected in zip(rows[::-1], after(byte_level, other, 2), strict=True):
        assert_same(softmax(row), expected)
    assert tiny.holds(tokens)
    assert tiny.used == 30
    assert tiny.evaluate(tokens) == 29, "the logits are not the peek's"
    assert_same(probabilities(tiny), after(byte_level, tokens, 1)[0])


def test_a_peek_that_cannot_be_is_none(
    byte_level: Model, new_context: NewContext, tiny: LlamaContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny.evaluate(tokens_of(511))
    assert tiny.peek(tokens_of(5, start=3), 1) == []
    monkeypatch.setattr("llama_cpp.llama_model_is_recurrent", lambda _model: True)
    recurrent = new_context(byte_level)
    recurrent.evaluate(tokens_of(5))
    assert recurrent.peek(tokens_of(3), 1) == []


def test_the_whole_context_can_be_used(byte_level: Model, tiny: LlamaContext) -> None:
    tokens = tokens_of(tiny.size)
    tiny.evaluate(tokens[:-1])
    tiny.append(tokens[-1])
    assert tiny.used == tiny.size == 512
    assert_same(probabilities(tiny), fresh(byte_level, tokens))
    # And from the full context on to another text.
    assert tiny.evaluate(tokens_of(40, 1)) == 0
    assert_same(probabilities(tiny), fresh(byte_level, tokens_of(40, 1)))


# Looking inside


def test_a_look_at_the_middle_keeps_the_rest(
    starter: Model, context: LlamaContext, story: list[int]
) -> None:
    context.evaluate(story)
    middle = story[:15]
    assert context.look_inside(middle) == 14
    assert_same(probabilities(context), fresh(starter, middle))
    assert context.used == len(story)
    assert context.evaluate(story) == len(story) - 1
    assert_same(probabilities(context), fresh(starter, story))


def test_a_look_at_new_words_in_the_middle_keeps_the_rest(
    byte_level: Model, tiny: LlamaContext
) -> None:
    tokens = tokens_of(200)
    tiny.evaluate(tokens)
    edited = [*tokens[:100], 9, 8, 7]
    assert tiny.look_inside(edited) == 100
    assert_same(probabilities(tiny), fresh(byte_level, edited))
    # One look after the other, each at another place.
    for length in (150, 3, 1, 199):
        assert tiny.look_inside(tokens[:length]) == length - 1
        assert_same(probabilities(tiny), fresh(byte_level, tokens[:length]))
    assert tiny.evaluate(tokens) == 199
    assert_same(probabilities(tiny), fresh(byte_level, tokens))


def test_a_look_that_shares_nothing_keeps_the_rest_too(
    byte_level: Model, tiny: LlamaContext
) -> None:
    tokens = tokens_of(200)
    tiny.evaluate(tokens)
    assert tiny.look_inside([200, 201]) == 0
    assert_same(probabilities(tiny), fresh(byte_level, [200, 201]))
    assert tiny.evaluate(tokens) == 199
    assert_same(probabilities(tiny), fresh(byte_level, tokens))


def test_a_look_at_the_end_is_an_evaluation(tiny: LlamaContext) -> None:
    tokens = tokens_of(50)
    assert tiny.look_inside(tokens) == 0
    assert tiny.look_inside(tokens) == 50
    assert tiny.look_inside([*tokens, 9]) == 50
    assert tiny.used == 51


def test_a_look_at_more_than_there_is_room_for_is_an_evaluation(
    byte_level: Model, tiny: LlamaContext
) -> None:
    tiny.evaluate(tokens_of(512))
    middle = tokens_of(100)
    assert tiny.look_inside(middle) == 99
    assert tiny.used == 100  # no cell was free for the look
    assert_same(probabilities(tiny), fresh(byte_level, middle))


# Being stopped


def test_a_raised_interrupt_ends_an_evaluation_before_it_begins(
    tiny: LlamaContext, interrupt: Interrupt
) -> None:
    interrupt.set()
    with pytest.raises(EvaluationStopped):
        tiny.evaluate(tokens_of(20))
    assert tiny.used == 0


def test_a_raised_interrupt_ends_a_look_and_loses_nothing(
    byte_level: Model, tiny: LlamaContext, interrupt: Interrupt
) -> None:
    tokens = tokens_of(100)
    tiny.evaluate(tokens)
    interrupt.set()
    with pytest.raises(EvaluationStopped):
        tiny.look_inside(tokens[:50])
    interrupt.clear()
    assert tiny.used == 100
    assert tiny.evaluate(tokens) == 99  # the logits were not kept
    assert_same(probabilities(tiny), fresh(byte_level, tokens))


def test_a_raised_interrupt_ends_an_append(
    byte_level: Model, tiny: LlamaContext, interrupt: Interrupt
) -> None:
    tokens = tokens_of(21)
    tiny.evaluate(tokens[:20])
    interrupt.set()
    with pytest.raises(EvaluationStopped):
        tiny.append(tokens[20])
    interrupt.clear()
    assert tiny.used == 20
    tiny.append(tokens[20])
    assert_same(probabilities(tiny), fresh(byte_level, tokens))


def test_stopped_between_batches_what_was_evaluated_stays(
    byte_level: Model, tiny: LlamaContext, interrupt: Interrupt
) -> None:
    tokens = tokens_of(400)

    def stop_at_the_third(done: int, _total: int) -> None:
        if done == 256:
            interrupt.set()

    with pytest.raises(EvaluationStopped):
        tiny.evaluate(tokens, stop_at_the_third)
    assert tiny.used == 256
    interrupt.clear()
    assert tiny.evaluate(tokens) == 256
    assert_same(probabilities(tiny), fresh(byte_level, tokens))


class LateInterrupt(Interrupt):
    """Raised by llama.cpp's own question, so surely in the middle of a decode."""

    def __init__(self) -> None:
        super().__init__()
        self.questions_until_raised = -1

        @llama_cpp.ggml_abort_callback  # type: ignore[untyped-decorator]  # ctypes' own
        def callback(_data: ctypes.c_void_p) -> bool:
            self.questions_until_raised -= 1
            if self.questions_until_raised == 0:
                self.set()
            return self.is_set()

        self._callback = callback  # which ctypes does not keep
        self.callback = ctypes.cast(callback, ctypes.c_void_p)


@pytest.mark.parametrize("look", [False, True])
def test_stopped_inside_a_decode_the_context_is_as_before_it(
    starter: Model, story: list[int], look: bool
) -> None:
    interrupt = LateInterrupt()
    context = LlamaContext(starter, interrupt)
    try:
        context.evaluate(story)
        interrupt.questions_until_raised = 50
        with pytest.raises(EvaluationStopped):
            _ = context.look_inside(story[:10]) if look else context.evaluate([*story, *story])
        assert interrupt.questions_until_raised <= 0  # it was in the decode
        interrupt.clear()
        assert context.used == len(story)
        edited = [*story, *story[:5]]
        assert context.evaluate(edited) == len(story)
        assert_same(probabilities(context), fresh(starter, edited))
    finally:
        context.close()


def test_stopped_inside_an_append_the_token_is_not_there(starter: Model, story: list[int]) -> None:
    interrupt = LateInterrupt()
    context = LlamaContext(starter, interrupt)
    try:
        context.evaluate(story[:-1])
        interrupt.questions_until_raised = 50
        with pytest.raises(EvaluationStopped):
            context.append(story[-1])
        interrupt.clear()
        assert context.used == len(story) - 1
        context.append(story[-1])
        assert_same(probabilities(context), fresh(starter, story))
    finally:
        context.close()


def test_closing_twice_is_closing_once(tiny: LlamaContext) -> None:
    tiny.close()
    tiny.close()
