"""What is seen of JSON without a decoder: depth, number of values, where a list may be cut."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.experiments import json_structure
from studio.experiments.json_structure import StructureError, check_structure, cut

TEXTS = st.text(st.sampled_from('"\\[]{},:ab é🐟\n'), max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXTS, inner, max_size=5),
    max_leaves=20,
)


def depth(value: Any) -> int:
    inner = list(value.values()) if isinstance(value, dict) else value
    return 1 + max(map(depth, inner), default=0) if isinstance(value, dict | list) else 0


def count(value: Any) -> int:
    """Opening brackets and commas."""
    if not isinstance(value, dict | list):
        return 0
    inner = list(value.values()) if isinstance(value, dict) else value
    return 1 + max(0, len(inner) - 1) + sum(map(count, inner))


@pytest.fixture(params=[1, 3, 512 * 1024])
def piece(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Where pieces meet must make no difference."""
    size: int = request.param
    monkeypatch.setattr(json_structure, "_PIECE", size)
    monkeypatch.setattr(json_structure, "_TOGETHER", size)
    return size


@settings(max_examples=15)  # for each size of pieces
@pytest.mark.usefixtures("piece")
@given(VALUES)
def test_depth_and_number_are_those_of_the_values(value: Any) -> None:
    data = json.dumps(value, ensure_ascii=False).encode()
    deepest, most = depth(value), count(value)
    check_structure(data, deepest, most)
    if deepest:
        with pytest.raises(StructureError, match="within one another"):
            check_structure(data, deepest - 1, most)
        with pytest.raises(StructureError, match=f"more than {most - 1:,} values"):
            check_structure(data, deepest, most - 1)


@settings(max_examples=15)  # for each size of pieces
@pytest.mark.usefixtures("piece")
@given(st.lists(VALUES, max_size=6) | st.dictionaries(TEXTS, VALUES, max_size=6))
def test_what_is_cut_is_the_same_again(value: Any) -> None:
    data = json.dumps(value, ensure_ascii=False).encode()
    shares = []
    together: Any = type(value)()
    for first, piece, share in cut(data, 6, len(data)):
        assert first == len(together)
        part = json.loads(piece)
        together = {**together, **part} if isinstance(together, dict) else [*together, *part]
        shares.append(share)
    assert together == value
    assert shares == sorted(shares)
    if len(value) > 1:
        with pytest.raises(StructureError, match="entries and more; allowed are"):
            list(cut(data, len(value) - 1, len(data)))


@settings(max_examples=15)  # for each size of pieces
@pytest.mark.usefixtures("piece")
@given(st.binary(max_size=60) | st.text(st.sampled_from('"\\[]{},'), max_size=40).map(str.encode))
def test_anything_at_all_ends_in_an_answer_or_a_refusal(data: bytes) -> None:
    for act in (
        lambda: check_structure(data, 3, 3),
        lambda: list(cut(data, 3, 3)),
    ):
        said = "no refusal"
        try:
            act()
        except StructureError as error:
            said = str(error)
        assert 0 < len(said) < 100


def test_an_entry_that_is_too_long_is_named() -> None:
    with pytest.raises(StructureError, match=r"entry 1 has 23 bytes; allowed are 10"):
        list(cut(b'[1,"' + b"x" * 20 + b'"]', 5, 10))
