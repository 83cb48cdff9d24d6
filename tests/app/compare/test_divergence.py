"""Where two lanes part, ends of texts among it, and what both drew from there."""

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QObject

from studio.app.compare.divergence import (
    Divergence,
    FirstDivergence,
    divergence_at,
    explain,
    notes_of,
)
from studio.app.compare.lane import CompareLane
from studio.app.tokens.next_token import NextToken
from studio.app.tokens.sampler_notes import NO_BREAKERS
from studio.engine.messages import FinishReason
from studio.experiments.comparison import first_divergence
from studio.presets import built_in_presets
from studio.sampling import LogitSketch, SamplingParams, chance
from tests.helpers.fake_engine import token_record

VOCABULARY = {1: b" a", 2: b" b", 3: b" c", 9: b"<|end|>"}


@pytest.fixture
def words(qapp: QObject) -> NextToken:
    words = NextToken(SamplingParams())
    words.add_pieces(VOCABULARY)
    return words


def lane(words: NextToken, *ids: int, temperature: float = 1.0) -> CompareLane:
    params = SamplingParams(temperature=temperature)
    made = CompareLane(0, 0, built_in_presets(), "Code", params, words)
    grow(made, *ids)
    return made


def grow(lane: CompareLane, *ids: int) -> None:
    for token_id in ids:
        lane.append(token_record(VOCABULARY[token_id], token_id))


def end(lane: CompareLane, reason: FinishReason, token_id: int) -> None:
    lane.finish(reason)
    lane.end = token_record(b"", token_id)


def test_tokens_are_compared_as_they_come(words: NextToken) -> None:
    first, second = lane(words, 1), lane(words)
    parting = FirstDivergence()
    assert parting.look(first, second) is None
    grow(second, 1, 2, 3)
    assert parting.look(first, second) is None
    grow(first, 3, 3)
    assert parting.look(first, second) == 1
    second.clear()
    grow(second, 1, 3, 2)
    assert parting.look(first, second) == 2


STEPS = st.lists(st.tuples(st.booleans(), st.sampled_from([1, 1, 1, 2, "end", "on"])), max_size=24)


@given(STEPS)
def test_however_lanes_grow_it_is_where_their_whole_texts_part(
    steps: list[tuple[bool, int | str]],
) -> None:
    words = NextToken(SamplingParams())
    both = lane(words), lane(words)
    parting = FirstDivergence()
    for which, step in steps:
        one = both[which]
        if step == "on":
            one.begin()
        elif one.ended is None and step == "end":
            end(one, "end_of_text", 9)
        elif one.ended is None and isinstance(step, int):
            grow(one, step)
        first, second = both
        whole = first_divergence(first.drawn, second.drawn, first.ended, second.ended)
        assert parting.look(first, second) == whole


@pytest.mark.parametrize("reason", ["end_of_text", "stop_string"])
def test_a_text_that_ends_parts_from_one_that_goes_on(
    words: NextToken, reason: FinishReason
) -> None:
    first, second = lane(words, 1, 2), lane(words, 1)
    parting = FirstDivergence()
    end(first, reason, 9)
    assert parting.look(first, second) is None
    grow(second, 2, 3)
    assert parting.look(first, second) == 2
    # It goes on after all, and writes the same.
    first.begin()
    assert parting.look(first, second) is None
    grow(first, 3)
    assert parting.look(first, second) is None


def test_what_was_drawn_at_an_end_is_shown_as_every_draw(words: NextToken) -> None:
    cold, hot = lane(words, 1, 2, temperature=0.5), lane(words, 1, temperature=1.5)
    end(hot, "end_of_text", 9)
    divergence = divergence_at(1, cold, hot, (), words)
    assert divergence is not None
    assert (divergence.reference.ends, divergence.other.ends) == (False, True)
    assert divergence.other.drawn.id == 9
    assert 9 in [segment.token for segment in divergence.other.segments]
    assert divergence.other.segments[-1].end == pytest.approx(1.0)
    assert explain(divergence, words) == (
        "The same random draw, u = 0.250, gave “␣b” at T 0.50 and “<|end|>”, which ends the text, "
        "at T 1.50: the tokens' shares moved under the line."
    )


def test_a_stop_string_parts_lanes_that_drew_the_same(words: NextToken) -> None:
    first, second = lane(words, 1, temperature=0.5), lane(words, 1, 2, 3, temperature=0.5)
    end(first, "stop_string", 2)
    assert FirstDivergence().look(first, second) == 1
    divergence = divergence_at(1, first, second, (), words)
    assert divergence is not None
    assert explain(divergence, words) == (
        "Both drew “␣b”. In the lane at T 0.50 a stop string of its preset begins there, which "
        "ends the text; the other goes on."
    )


@pytest.mark.parametrize("acts", [True, False])
def test_xtc_shapes_what_it_has_shaped_when_it_was_drawn(words: NextToken, acts: bool) -> None:
    logits = np.zeros(300, dtype=np.float32)
    logits[[1, 2]] = 12.0, 11.9
    sketch = LogitSketch.of(logits).to_bytes()
    params = SamplingParams(xtc_probability=0.5)
    seed = next(seed for seed in range(99) if (chance(seed, 3) < 0.5) is acts)
    lanes = [lane(words, 1), lane(words, 2)]
    for one in lanes:
        one.seed = seed
        one.turn(0, params)
        one.tokens[0] = msgspec.structs.replace(one.tokens[0], sketch=sketch)
    divergence = divergence_at(0, lanes[0], lanes[1], (7, 8, 9), words)
    assert divergence is not None
    shown = [segment.token for segment in divergence.reference.segments]
    assert (1 in shown) is not acts


def test_without_distributions_there_is_nothing_to_show(words: NextToken) -> None:
    first, second = lane(words, 1), lane(words, 1, 2)
    first.finish("end_of_text")  # as files have it that did not keep the draw
    assert FirstDivergence().look(first, second) == 1
    assert divergence_at(1, first, second, (), words) is None


DRY = SamplingParams(dry_multiplier=5.0, dry_sequence_breakers=("b",))


def sketched(one: CompareLane, params: SamplingParams) -> None:
    """All its tokens were drawn with these, from three that are as likely."""
    logits = np.zeros(300, dtype=np.float32)
    logits[[1, 2, 3]] = 12.0
    sketch = LogitSketch.of(logits).to_bytes()
    one.seed = 7
    one.turn(0, params)
    one.tokens = [msgspec.structs.replace(each, sketch=sketch) for each in one.tokens]


def widths(divergence: Divergence | None) -> dict[int | None, float]:
    assert divergence is not None
    return {token: end - start for token, start, end in divergence.other.segments}


def test_dry_is_shown_with_its_breakers_or_says_that_they_are_not_known(words: NextToken) -> None:
    history = [1, 2, 3, 1, 2]
    first, second = lane(words, 1), lane(words, 2)
    sketched(first, SamplingParams())
    sketched(second, DRY)
    divergence = divergence_at(0, first, second, history, words)
    assert divergence is not None
    assert notes_of(divergence) == f"T 1.00: {NO_BREAKERS}"
    assert widths(divergence).get(3, 0.0) < 0.01, "it would repeat a sequence"
    words.add_breakers(DRY.dry_sequence_breakers, {2: [()]})
    divergence = divergence_at(0, first, second, history, words)
    assert divergence is not None
    assert notes_of(divergence) == ""
    assert widths(divergence)[3] == pytest.approx(1 / 3, abs=0.01), "the sequence is broken"


def test_mirostat_is_shown_with_what_it_had_learnt(words: NextToken) -> None:
    params = SamplingParams(mirostat=2, mirostat_tau=1.0, mirostat_eta=2.0)
    first, second = lane(words, 1, 1), lane(words, 1, 2)
    for one in (first, second):
        sketched(one, params)
        # Twice what it aims at, less what the first token was too surprising: 2 - 2 (2 - 1) bits.
        one.tokens[1] = msgspec.structs.replace(one.tokens[1], mu=0.0)
    divergence = divergence_at(1, first, second, [1], words)
    assert divergence is not None
    assert notes_of(divergence) == ""
    assert [width for width in widths(divergence).values() if width > 0.01] == [pytest.approx(1.0)]
    assert len(widths(divergence_at(0, first, second, [1], words))) > 1


def test_where_the_prompts_tokens_are_not_known_it_says_so(words: NextToken) -> None:
    first, second = lane(words, 1), lane(words, 2)
    for one in (first, second):
        sketched(one, SamplingParams(repeat_penalty=1.2))
    divergence = divergence_at(0, first, second, [], words)
    assert divergence is not None
    assert notes_of(divergence) == (
        "None of the tokens before are known, and counted for penalties and DRY."
    )
