from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.manuscript import Origin, Passage, runs_of
from studio.manuscript.passage import concatenated, with_runs

origins = st.lists(st.sampled_from(Origin), max_size=12).map(bytes)


@given(origins, st.sampled_from(Origin))
def test_runs_are_where_the_origin_is_and_as_long_as_can_be(found: bytes, origin: Origin) -> None:
    runs = list(runs_of(found, origin))
    inside = {place for start, end in runs for place in range(start, end)}
    assert inside == {place for place, one in enumerate(found) if one == origin}
    assert all(end < later for (_, end), (later, _) in pairwise(runs))
    assert with_runs(found, runs, origin) == found


@given(st.lists(st.tuples(st.text("ab", max_size=3), st.booleans()), max_size=5))
def test_pieces_put_together_are_the_whole(pieces: list[tuple[str, bool]]) -> None:
    passages = [
        Passage(text, bytes(len(text)), tuple(range(len(text))) if marked and text else None)
        for text, marked in pieces
    ]
    whole = concatenated(passages)
    assert whole.text == "".join(text for text, _ in pieces)
    assert len(whole.origins) == len(whole)
    expected = [mark for one in passages for mark in (one.marks or (None,) * len(one))]
    assert list(whole.marks or (None,) * len(whole)) == expected
    assert (whole.marks is None) == (not any(one.marks for one in passages))


@pytest.mark.parametrize("text", ["\0", "a\ud800"])
def test_what_no_file_could_hold_is_no_passage(text: str) -> None:
    with pytest.raises(ValueError, match="whole characters are allowed"):
        Passage.of(text, Origin.PASTED)
