from hypothesis import given
from hypothesis import strategies as st

from studio.app.compare.lane_text import LaneText
from tests.helpers.token_records import token_record


@given(st.text(st.characters(exclude_categories=["Cs"])), st.integers(1, 5))
def test_text_comes_whole_however_its_bytes_are_cut(text: str, step: int) -> None:
    data = text.encode()
    lane = LaneText()
    tokens = [token_record(data[start : start + step]) for start in range(0, len(data), step)]
    # No text can have a zero, and lines end with line feeds alone.
    shown = text.replace("\0", "\ufffd").replace("\r\n", "\n").replace("\r", "\n")
    assert "".join(lane.feed([piece]) for piece in tokens) == shown
    reached = 0
    for index in range(len(tokens)):
        place = lane.range_of(index)
        assert place is not None
        assert place[0] == reached
        reached = place[1]
    assert reached == len(shown.encode("utf-16-le")) // 2


def test_positions_count_as_qt_does() -> None:
    lane = LaneText()
    emoji = "🐟".encode()
    assert lane.feed([token_record(b"a "), token_record(emoji[:2])]) == "a "
    assert lane.range_of(1) is None
    assert lane.feed([token_record(emoji[2:]), token_record(b"!")]) == "🐟!"
    assert lane.range_of(1) == (2, 4)
    assert lane.range_of(3) == (4, 5)
    assert lane.token_at(4) == 3
    assert lane.token_at(5) is None
