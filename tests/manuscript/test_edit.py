from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from studio.manuscript import Manuscript, replacement

texts = st.text("ab\n🐟", max_size=12)


@given(texts, texts, texts, texts)
def test_a_replacement_makes_one_text_of_another_and_leaves_its_ends(
    head: str, old: str, new: str, tail: str
) -> None:
    manuscript = Manuscript(head + old + tail)
    edit = replacement(head + old + tail, head + new + tail)
    manuscript.edit_all([edit])
    assert manuscript.text == head + new + tail
    assert edit.removed_length <= len(old)
    assert len(edit.inserted) <= len(new)
    untouched = edit.position, len(head + old + tail) - edit.position - edit.removed_length
    assert sum(untouched) >= len(head) + len(tail)
