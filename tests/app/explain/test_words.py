import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.app.explain.place import Place, example
from studio.app.explain.words import source_line, words
from studio.app.explain_steps import STEP_NAMES, StepName
from studio.app.tokens.text import token_text
from studio.app.tokens.words import percent
from studio.sampling import LogitSketch, SamplingParams, distribution

LOGITS = np.array([4.0, 3.0, 1.0, 0.5, -1.0], np.float32)
PIECES = (b" sea", b" water", b" <b>", b"&", b"\n")
PLACE = Place(
    LogitSketch.of(LOGITS),
    {token: token_text(piece, token) for token, piece in enumerate(PIECES)},
    "…out over <the>",
)


def reported(step: StepName, place: Place = PLACE, **params: float) -> str:
    body = words(step, place, SamplingParams(**params)).body  # type: ignore[arg-type]  # fields vary
    return re.sub(r"<[^>]+>", " ", body.replace("&lt;", "‹").replace("&gt;", "›"))


def p(temperature: float, token: int = 0, **params: float) -> str:
    made = SamplingParams(temperature=temperature, **params)  # type: ignore[arg-type]  # fields vary
    return shown(float(distribution(LOGITS, made)[token]))


def shown(probability: float) -> str:
    return squeezed(percent(probability))


def squeezed(text: str) -> str:
    return " ".join(text.split())


def test_the_writers_own_words_and_logits() -> None:
    text = squeezed(reported("logits"))
    assert "After “…out over ‹the›” the model gives each of the 5 tokens" in text
    assert "with logit 4.00; next comes “ ␣water ”, 1.00 less" in text


def test_a_ratio_of_probabilities_is_e_to_the_difference() -> None:
    text = squeezed(reported("softmax"))
    assert f"= {math.exp(-1):.2f} times as probable: {p(1.0, 1)} against {p(1.0)}" in text
    total = np.exp(LOGITS - 4.0).sum()
    assert words("softmax", PLACE, SamplingParams()).caption.endswith(f"{total:.2f}.")


def test_what_t_does_now() -> None:
    assert f"counts as 2.00. “ ␣sea ” goes from {p(1.0)} at T 1 to {p(0.5)}" in squeezed(
        reported("temperature", temperature=0.5)
    )
    assert "steeper" in reported("temperature", temperature=0.5)
    assert "flatter" in reported("temperature", temperature=2.0)
    assert "model's own probabilities" in reported("temperature", temperature=1.0)
    assert "gets everything" in reported("temperature", temperature=0.0)
    assert "equally probable" in reported("temperature", temperature=math.inf)


def test_uniform_over_what_the_filters_leave() -> None:
    assert "here 2 of 5 tokens with 50.0" in reported("limits", top_k=2)
    assert "here all 5 tokens with 20.0" in reported("limits")


def test_a_near_tie_is_reported() -> None:
    tie = Place(LogitSketch.of([4.0, 3.999, 1.0]), {}, "")
    assert "near-tie" in words("limits", tie, SamplingParams()).body
    assert "near-tie" not in words("limits", PLACE, SamplingParams()).body


def test_a_step_at_low_t_is_a_large_step_in_beta() -> None:
    text = squeezed(reported("low-temperature", temperature=0.4))
    assert f"From T 0.2 to 0.3 it falls from {1 / 0.2:.0f} to {1 / 0.3:.2f};" in text
    assert f"from T 2 to 2.1 only from {1 / 2:.1f} to {1 / 2.1:.2f}." in text
    times = (1 / 0.2 - 1 / 0.3) / (1 / 2.0 - 1 / 2.1)
    assert f"{times:.0f} times the change in β." in text
    assert "takes β from 2.50 to 2.00" in text
    assert f"from {p(0.4)} to {p(0.5)}." in text
    assert "β is infinite" in reported("low-temperature", temperature=0.0)
    assert "nowhere further" in reported("low-temperature", temperature=math.inf)


def test_filters_before_and_after() -> None:
    kept = [
        int(
            np.count_nonzero(
                distribution(LOGITS, SamplingParams(min_p=0.3, samplers=order, temperature=t))
            )
        )
        for t in (6.0, 100.0)
        for order in (("min_p", "temperature"), ("temperature", "min_p"))
    ]
    text = squeezed(reported("filters", temperature=6.0, min_p=0.3))
    assert f"At your T 6.00, {kept[0]} pass with temperature last and {kept[1]} with" in text
    assert f"At T 100: {kept[2]} with temperature last, {kept[3]} with" in text
    assert kept == [2, 5, 2, 5]
    assert "Yours: min-p 0.3" in text
    assert "tries min-p 0.05" in squeezed(reported("filters"))


def test_three_texts_by_hand() -> None:
    """At T 0.5 every probability is squared."""
    the, a = 0.4**2, 0.6**2
    whole = [0.4**2, 0.3**2, 0.3**2]
    text = squeezed(reported("whole-text", temperature=0.0))
    first, other = shown(the / (the + a)), shown(a / (the + a) / 2)
    assert f"the second choice is even: {first}, {other}, {other}." in text
    sea, wind = shown(whole[0] / sum(whole)), shown(whole[1] / sum(whole))
    assert f"0.09, which gives {sea}, {wind}, {wind}." in text
    assert "At T 0, token by token begins with the likelier word" in text
    assert "At T 1 both are the same" in reported("whole-text")
    uniform = squeezed(reported("whole-text", temperature=math.inf))
    assert f"has {shown(1 / 2)} token by token and {shown(1 / 3)} as a whole" in uniform


def test_the_table_of_tasks() -> None:
    text = squeezed(reported("tasks"))
    assert "There is no universal best temperature" in text
    for line in (
        "Code , T 0.10, near zero",
        "Creative writing , T 1.10, high",
        "Customer support , T 0.60, moderate",
        "Data augmentation , T 1.30, high, many samples",
    ):
        assert line in text


def test_whose_numbers_they_are() -> None:
    assert "Open a model and write a sentence" in source_line(example(), is_held=False)
    assert "SmolLM2" in source_line(example(), is_held=True)
    assert "your caret" in source_line(PLACE, is_held=False)
    assert "writing began" in source_line(PLACE, is_held=True)


@pytest.mark.parametrize("step", STEP_NAMES)
@settings(max_examples=25)  # of each
@given(
    temperature=st.sampled_from([0.0, 1e-300, 0.05, 0.7, 1.0, 3.0, 100.0, math.inf]),
    order=st.permutations(["top_k", "min_p", "temperature"]),
    top_k=st.sampled_from([0, 1, 3]),
)
def test_no_gap_stays_open(
    step: StepName, temperature: float, order: list[str], top_k: int
) -> None:
    params = SamplingParams(temperature=temperature, top_k=top_k, samplers=tuple(order))
    for place in (example(), PLACE, Place(LogitSketch.of([2.0]), {}, "")):
        page = words(step, place, params)
        for text in (page.body, page.caption):
            assert "{" not in text
            assert "nan" not in text
            assert len(text) < 2000
