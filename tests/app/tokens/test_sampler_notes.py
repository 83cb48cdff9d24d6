import math

import numpy as np
import pytest

from studio.app.tokens.place import TokenPlace
from studio.app.tokens.sampler_notes import NO_BREAKERS, flip_notes, place_notes, sees_all
from studio.sampling import LogitSketch, SamplingParams, chance

SKETCH = LogitSketch.of(np.random.default_rng(0).normal(size=1000).astype(np.float32))
NEXT = TokenPlace(list(range(40)), is_next=True)
READ = TokenPlace([1, 2, 3], is_whole=False)


def words(place: TokenPlace, known_breakers: bool = True, **fields: object) -> str:
    params = SamplingParams(**fields)  # type: ignore[arg-type]  # fields vary
    notes = place_notes(params, place, SKETCH, {} if known_breakers else None)
    return " ".join(note.words for note in notes)


def test_where_all_is_known_nothing_is_said() -> None:
    assert words(NEXT) == ""
    assert words(NEXT, repeat_penalty=1.2, dry_multiplier=0.8, mirostat=0) == ""
    assert words(NEXT, mirostat=2) == "", "a generation begins here"
    assert words(NEXT, xtc_probability=1.0) == "", "it always acts"
    assert words(NEXT, xtc_probability=0.5, xtc_threshold=0.6) == "", "it never does"


@pytest.mark.parametrize("seed", range(6))
def test_with_a_fixed_seed_xtcs_draw_is_reported(seed: int) -> None:
    acts = chance(seed, 40) <= 0.5
    said = words(NEXT, xtc_probability=0.5, seed=seed)
    assert said == f"With seed {seed}, XTC {'acts' if acts else 'does not act'} here."


def test_a_random_seed_is_reported() -> None:
    said = words(NEXT, xtc_probability=0.25)
    assert "25.0\u202f%" in said
    assert "A fixed seed shows" in said
    assert "as if it acted" in words(READ, xtc_probability=0.25, seed=3)


def test_what_is_not_known_is_reported() -> None:
    assert words(NEXT, known_breakers=False, dry_multiplier=1.0) == NO_BREAKERS
    assert "Mirostat" in words(READ, mirostat=1)
    assert words(READ._replace(mu=6.0), mirostat=1) == ""
    assert words(READ._replace(is_first=True), mirostat=1) == ""
    assert "adaptive-p" in words(READ._replace(mu=6.0), adaptive_target=0.5)
    assert words(READ._replace(adaptive_mean=0.4), adaptive_target=0.5) == ""
    assert "Only 3 of the tokens before are known" in words(READ, repeat_penalty=1.1)
    assert words(READ, repeat_penalty=1.1, repeat_last_n=3) == "", "it looks no further"
    assert "penalties and DRY" in words(READ, dry_multiplier=1.0)
    assert words(READ, repeat_penalty=1.1, mirostat=2).count("penalties") == 0


def test_biases_of_tokens_that_the_sketch_does_not_know_are_reported() -> None:
    known, beyond = int(SKETCH.ids[0]), [t for t in range(1000) if t not in SKETCH.ids]
    assert words(NEXT, logit_bias={known: 1.0}) == ""
    assert words(NEXT, logit_bias={beyond[0]: 1.0}).startswith("One biased token is beyond the 128")
    assert words(NEXT, logit_bias={beyond[0]: 1.0, beyond[1]: -math.inf}).startswith("2 biased")
    there = NEXT._replace(history=[known])
    assert words(there, presence_penalty=-1.0) == ""
    assert "favours" in words(there._replace(history=[beyond[0]]), presence_penalty=-1.0)
    assert words(there._replace(history=[beyond[0]]), presence_penalty=1.0) == ""


def test_how_far_is_looked() -> None:
    assert sees_all(SamplingParams(), READ)
    assert not sees_all(SamplingParams(dry_multiplier=1.0), READ)
    assert sees_all(SamplingParams(dry_multiplier=1.0, dry_penalty_last_n=3), READ)
    assert not sees_all(SamplingParams(repeat_penalty=1.1, repeat_last_n=-1), READ)
    assert sees_all(SamplingParams(repeat_penalty=1.1, repeat_last_n=-1), NEXT)


def noted(*, breakers: bool = True, history: bool = True, **fields: object) -> str:
    params = SamplingParams(**fields)  # type: ignore[arg-type]  # fields vary
    return " ".join(flip_notes(params, texts_known=breakers, history_known=history))


def test_where_blame_is_approximate_is_reported() -> None:
    assert noted() == ""
    assert noted(repeat_penalty=1.1, top_k=40, dry_multiplier=1.0) == ""
    assert noted(xtc_probability=0.5).startswith("Approximate: XTC left out")
    assert "typical-p and XTC left out" in noted(xtc_probability=0.5, typical_p=0.9)
    assert noted(dynatemp_range=0.5).startswith("Approximate: dynamic temperature left out")
    assert noted(mirostat=2, repeat_penalty=1.1).startswith("Approximate: Mirostat left out")
    late = noted(presence_penalty=0.5, samplers=("temperature", "penalties"))
    assert late.startswith("Approximate: penalties left out, for in this order")
    assert "not all of the text" in noted(history=False, repeat_penalty=1.1)
    assert noted(history=False) == "", "nothing looks at it"
    assert NO_BREAKERS in noted(breakers=False, dry_multiplier=1.0)
    assert noted(breakers=False) == ""
