"""Which parts of the text are whose, how much of it, and the way from one to the next."""

import pytest
from pytestqt.qtbot import QtBot

from studio.app.writing import who_wrote
from studio.app.writing.who_wrote import Part, WhoWrote
from studio.manuscript import Manuscript, Origin, Provenance
from tests.helpers.waiting import LONG


def written() -> Manuscript:
    """“Mine. [The moXXdel]\n\nPasted.”, of which the XX is changed."""
    manuscript = Manuscript("Mine. ")
    manuscript.begin_take(6).append("The model")
    manuscript.end_take()
    manuscript.edit(12, 0, "XX")
    manuscript.edit(len(manuscript), 0, "\n\n")
    manuscript.edit(len(manuscript), 0, "Pasted.", Origin.PASTED)
    return manuscript


G, E, P, T = (
    Provenance.GENERATED,
    Provenance.EDITED,
    Provenance.PASTED,
    Provenance.TYPED,
)


@pytest.mark.usefixtures("short_rests")
def test_the_letters_of_each_source_are_counted_while_it_is_on(qtbot: QtBot) -> None:
    manuscript = written()
    state = WhoWrote(manuscript)
    assert state.letters == {}
    state.set_on(True)
    qtbot.waitUntil(lambda: state.is_settled, timeout=LONG)
    assert state.letters == {T: 5, E: 2, G: 8, P: 7}
    with qtbot.waitSignal(state.changed, timeout=LONG):
        manuscript.edit(0, 0, "All ")
    assert state.is_settled
    assert state.letters == {T: 8, E: 2, G: 8, P: 7}
    state.choose(P)
    with qtbot.waitSignal(state.changed, timeout=LONG):
        manuscript.edit(len(manuscript) - 7, 7, "")
    assert state.chosen is None, "there is nothing of it any more"
    state.set_on(False)
    assert state.letters == {}


def test_a_long_text_is_counted_in_pieces(qtbot: QtBot, monkeypatch: object) -> None:
    manuscript = Manuscript("\n".join(f"line {number}" for number in range(100)))
    state = WhoWrote(manuscript)
    patch = monkeypatch.setattr  # type: ignore[attr-defined]
    patch(who_wrote, "_PIECE", 50)
    state.set_on(True)
    assert not state.is_settled
    assert state.letters == {}, "no half a figure"
    qtbot.waitUntil(lambda: state.is_settled, timeout=LONG)
    assert state.letters == {T: 590}
    state.set_on(False)
    state.set_on(True)
    state.set_on(False)
    assert state.is_settled


def test_parts_are_those_of_whole_lines_and_of_the_source_chosen(qtbot: QtBot) -> None:
    state = WhoWrote(written())
    assert state.parts(8, 9) == [Part(6, 12, G), Part(12, 14, E), Part(14, 17, G)]
    assert state.parts(20, 20) == [Part(19, 26, P)]
    state.choose(E)
    assert state.parts(0, 26) == [Part(12, 14, E)]
    state.choose(T)
    assert state.parts(0, 26) == [Part(0, 6, T), Part(17, 19, T)]


def test_one_steps_from_part_to_part_and_round_the_ends(qtbot: QtBot) -> None:
    state = WhoWrote(written())
    at, seen = (0, 0), []
    for _ in range(5):
        part = state.beside(*at, +1)
        assert part is not None
        seen.append(part)
        at = part.start, part.end
    assert [part.start for part in seen] == [6, 12, 14, 19, 6]
    back = state.beside(6, 12, -1)
    assert back == Part(19, 26, P)
    assert state.beside(19, 26, -1) == Part(14, 17, G)
    state.choose(G)
    assert state.beside(6, 12, +1) == Part(14, 17, G)
    assert state.beside(14, 17, +1) == Part(6, 12, G)
    assert WhoWrote(Manuscript("Mine.")).beside(0, 0, +1) is None
