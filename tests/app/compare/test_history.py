"""Runs are kept as takes are: what gives way is not lost, in this window or in the next."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from studio.app.background import Background
from studio.app.compare import history as compare_history
from studio.app.compare import shelf as compare_shelf
from studio.app.compare import shelf_writer
from studio.app.compare.history import CompareHistory
from studio.app.compare.setups import ladder
from studio.app.compare.shelf import CompareShelf
from studio.app.compare.shelf_writer import ShelfWriter
from studio.app.writing.document_state import DocumentState
from studio.experiments.comparison import Comparison
from studio.experiments.comparison_file import ComparisonFileError, from_json, load_comparison
from studio.manuscript import Document, KeptRun, Origin, Passage
from tests.helpers.lane_desk import LaneDesk
from tests.helpers.waiting import LONG


class Shelved:
    """A desk whose runs are kept."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.desk = LaneDesk()
        self.history = CompareHistory(self.desk.compare, CompareShelf(folder), self.desk.draft)
        self.reported: list[str] = []
        self.history.failed.connect(self.reported.append)

    def run(self, *ids: int) -> None:
        self.desk.run(*ids)

    @property
    def ids(self) -> list[list[int]]:
        return [[token.id for token in lane.tokens] for lane in self.desk.compare.lanes]

    @property
    def background(self) -> Background:
        """What writes to the shelf."""
        writer = self.history.findChild(ShelfWriter)
        assert isinstance(writer, ShelfWriter)
        background = writer.findChild(Background)
        assert isinstance(background, Background)
        return background

    def closed(self) -> Shelved:
        """The next window at this folder, once this one is gone.

        It would write its runs once more, when the fingerprint of their model is known: behind
        what is done to their files here.
        """
        shiboken6.delete(self.history)
        return Shelved(self.folder)

    def place(self) -> tuple[int | None, int]:
        return self.history.number, self.history.count


def texts(folder: Path) -> list[str]:
    """What the first lanes of the runs on a shelf wrote, the oldest run first."""
    found = []
    for file in sorted(folder.glob("*.json")):
        try:
            found.append(load_comparison(file).lanes[0].text)
        except ComparisonFileError:
            assert not file.exists(), "it was deleted while the others were read"
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "comparisons"


@pytest.fixture
def shelved(qapp: QObject, folder: Path) -> Shelved:
    return Shelved(folder)


def test_what_gives_way_to_another_run_comes_back(shelved: Shelved) -> None:
    history = shelved.history
    assert shelved.place() == (None, 0)
    assert not history.can_step(-1)
    shelved.run(5, 6)
    assert shelved.place() == (1, 1)
    shelved.run(7, 8)
    assert shelved.place() == (2, 2)
    history.step(-1)
    assert (shelved.place(), shelved.ids) == ((1, 2), [[5, 6]] * 4)
    assert not history.can_step(-1)
    history.step(-1)
    history.step(+1)
    assert (shelved.place(), shelved.ids) == ((2, 2), [[7, 8]] * 4)
    # A run from the middle comes last, and takes nothing away.
    history.step(-1)
    shelved.run(9)
    assert shelved.place() == (3, 3)
    history.step(-1)
    history.step(-1)
    assert (shelved.place(), shelved.ids) == ((1, 3), [[5, 6]] * 4)


def test_a_drive_that_does_not_answer_is_not_waited_for(
    shelved: Shelved, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begins, answers = threading.Event(), threading.Event()
    put, finish = CompareShelf.put, Background.finish

    def put_late(shelf: CompareShelf, path: Path, comparison: Comparison) -> bytes:
        assert answers.is_set() or threading.current_thread() is not threading.main_thread()
        assert answers.wait(LONG / 1000)
        return put(shelf, path, comparison)

    def begin_and_finish(background: Background, seconds: float | None = None) -> bool:
        begins.set()
        return finish(background, seconds)

    monkeypatch.setattr(CompareShelf, "put", put_late)
    monkeypatch.setattr("studio.app.background._LONGEST_WAIT", 0.02)
    # The other thread has its turn when it is waited for: some have given way to later ones then.
    monkeypatch.setattr(Background, "finish", begin_and_finish)
    shelved.background.start(lambda _at: begins.wait(LONG / 1000), lambda _: None)
    shelved.run(5, 6)
    shelved.run(7, 8)
    shelved.history.step(-1)
    with pytest.raises(ComparisonFileError, match="its drive does not answer"):
        shelved.history.put_on_shelf()
    answers.set()
    monkeypatch.setattr("studio.app.background._LONGEST_WAIT", LONG / 1000)
    shelved.history.put_on_shelf()
    assert len(list(folder.glob("*.json"))) == 2


def test_a_dead_drive_and_a_model_that_is_read_for_ever_keep_no_window_open(
    shelved: Shelved, folder: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers, waits = threading.Event(), []
    monkeypatch.setattr(
        "studio.app.model.fingerprint.model_hash",
        lambda _path: answers.wait(LONG / 1000) and "late",
    )
    finish = Background.finish

    def count(background: Background, seconds: float | None = None) -> bool:
        waits.append(seconds)
        return finish(background, 0.01 if seconds else None)

    monkeypatch.setattr(Background, "finish", count)
    for number in range(3):
        shelved.run(number, 6)
    shelved.history.put_on_shelf()
    assert waits == [1.0, None], "once for the name of all, however many there are"
    assert len(list(folder.glob("*.json"))) == 3, "kept without the name"
    monkeypatch.setattr(CompareShelf, "put", lambda *_: bytes(answers.wait(LONG / 1000)))
    shelved.run(9)
    qtbot.waitUntil(lambda: shelved.background.is_busy)
    shiboken6.delete(shelved.history)
    assert not answers.is_set(), "it goes without the drive"
    answers.set()


def test_other_lanes_and_a_lane_less_are_no_loss_either(shelved: Shelved) -> None:
    state, history = shelved.desk.compare, shelved.history
    shelved.run(5, 6)
    state.remove(state.lanes[1])
    assert len(state.lanes) == 3
    history.step(-1)
    assert shelved.ids == [[5, 6]] * 4
    history.step(+1)
    assert shelved.ids == [[5, 6]] * 3
    state.set_up(ladder(*state.here))
    assert shelved.place() == (None, 2)
    history.step(-1)
    assert shelved.ids == [[5, 6]] * 3


def test_new_draws_for_a_lane_leave_the_old_text_to_step_back_to(shelved: Shelved) -> None:
    state = shelved.desk.compare
    shelved.run(5, 6)
    state.run_again(state.lanes[0])
    assert shelved.ids[0] == []
    assert not shelved.history.can_step(-1), "it runs"
    shelved.desk.start(0, seed=9)
    shelved.desk.write(0, 8)
    shelved.desk.end(0)
    shelved.desk.finish()
    shelved.history.step(-1)
    assert shelved.ids[0] == [5, 6]
    assert state.lanes[0].seed == 7


def test_what_was_gone_on_with_is_kept_as_it_is_now(shelved: Shelved) -> None:
    state = shelved.desk.compare
    shelved.run(5, 6)
    shelved.run(7, 8)
    shelved.history.step(-1)
    state.go_on(state.lanes[0])
    shelved.desk.start()
    shelved.desk.write(0, 4)
    shelved.desk.end(0)
    shelved.desk.finish()
    shelved.history.step(+1)
    shelved.history.step(-1)
    assert shelved.ids == [[5, 6, 4], [5, 6], [5, 6], [5, 6]]
    assert shelved.place() == (1, 2)


def test_another_window_can_step_back_to_them(shelved: Shelved, folder: Path) -> None:
    shelved.run(5, 6)
    shelved.run(7, 8)
    assert not shelved.history.is_on_shelf
    shelved.history.put_on_shelf()
    files = sorted(folder.iterdir())
    assert texts(folder) == [" w5 w6", " w7 w8"]
    later = shelved.closed()
    assert later.place() == (None, 2)
    assert later.history.is_on_shelf
    later.history.step(-1)
    later.history.step(-1)
    assert later.ids == [[5, 6]] * 4
    # What is as it was is not written again.
    times = [file.stat().st_mtime_ns for file in files]
    later.run(9)
    later.history.put_on_shelf()
    assert [file.stat().st_mtime_ns for file in files] == times
    assert len(list(folder.iterdir())) == 3


def test_others_are_forgotten_on_the_shelf_too(
    shelved: Shelved, folder: Path, qtbot: QtBot
) -> None:
    for token in (5, 6, 7):
        shelved.run(token)
    shelved.history.put_on_shelf()
    later = shelved.closed()
    later.history.step(-1)
    later.history.step(-1)
    later.history.forget_others()
    assert (later.place(), later.ids) == ((1, 1), [[6]] * 4)
    qtbot.waitUntil(lambda: texts(folder) == [" w6"])


def test_a_run_is_on_the_shelf_as_soon_as_it_has_ended(
    shelved: Shelved, folder: Path, qtbot: QtBot
) -> None:
    state = shelved.desk.compare
    shelved.run(5, 6)
    qtbot.waitUntil(lambda: texts(folder) == [" w5 w6"])
    (first,) = folder.iterdir()
    # Gone on with it is the same run, in the same file.
    state.go_on(state.lanes[0])
    shelved.desk.start()
    shelved.desk.write(0, 4)
    shelved.desk.end(0)
    shelved.desk.finish()
    qtbot.waitUntil(lambda: texts(folder) == [" w5 w6 w4"])
    shelved.run(7)
    qtbot.waitUntil(lambda: texts(folder) == [" w5 w6 w4", " w7"])
    assert first in folder.iterdir()
    # A window that comes after a crash of this one has all of it, in its order.
    later = shelved.closed()
    later.history.step(-1)
    assert later.ids == [[7]] * 4
    later.history.step(-1)
    assert later.ids == [[5, 6, 4], [5, 6], [5, 6], [5, 6]]


def test_what_the_engine_wrote_before_it_was_gone_is_on_the_shelf(
    shelved: Shelved, folder: Path, qtbot: QtBot
) -> None:
    shelved.desk.compare.run()
    shelved.desk.start()
    shelved.desk.write(0, 5)
    shelved.desk.client.die()
    qtbot.waitUntil(lambda: texts(folder) == [" w5"])


def test_one_that_is_forgotten_before_it_was_written_never_is(
    shelved: Shelved, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_write = threading.Event()
    written: list[str] = []
    put = CompareShelf.put

    def wait_and_put(shelf: CompareShelf, path: Path, comparison: Comparison) -> bytes:
        assert may_write.wait(60)
        written.append(comparison.lanes[0].text)
        return put(shelf, path, comparison)

    monkeypatch.setattr(CompareShelf, "put", wait_and_put)
    for token in (5, 6, 7):
        shelved.run(token)
    shelved.history.forget_others()
    may_write.set()
    shelved.history.put_on_shelf()
    assert texts(folder) == [" w7"]
    assert " w6" not in written, "it was waiting for its turn"


def test_the_oldest_leave_the_shelf_while_the_window_is_open(
    shelved: Shelved, folder: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compare_history, "MOST", 2)
    for token in (5, 6, 7):
        shelved.run(token)
        qtbot.waitUntil(lambda token=token: f" w{token}" in texts(folder))  # type: ignore[misc]  # a default is not inferred
    shelved.run(8)
    qtbot.waitUntil(lambda: texts(folder) == [" w6", " w7", " w8"])


def test_one_that_cannot_be_read_does_not_hide_the_others(shelved: Shelved, folder: Path) -> None:
    for token in (5, 6, 7):
        shelved.run(token)
    shelved.history.put_on_shelf()
    broken = sorted(folder.iterdir())[1]
    broken.write_text("{")
    later = shelved.closed()
    later.history.step(-1)
    later.history.step(-1)
    assert len(later.reported) == 1
    assert broken.name in later.reported[0]
    assert (later.place(), later.ids) == ((2, 2), [[7]] * 4)
    later.history.step(-1)
    assert later.ids == [[5]] * 4


def test_the_oldest_go_when_there_are_very_many(
    shelved: Shelved, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compare_history, "MOST", 3)
    for token in range(2, 9):
        shelved.run(token)
    assert shelved.place() == (4, 4)
    shelved.history.put_on_shelf()
    assert len(list(folder.iterdir())) == 4
    monkeypatch.setattr(compare_shelf, "SHELF", 1)
    shelved.history.put_on_shelf()
    # However large the last one is, it stays.
    assert texts(folder) == [" w8"]


def test_what_is_on_the_shelf_leaves_memory_beyond_a_budget(
    shelved: Shelved, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = shelved.history
    monkeypatch.setattr(compare_history, "RUNS", 0)
    for token in (5, 6, 7):
        shelved.run(token)
    qtbot.waitUntil(lambda: history.held == 0)
    # The one in view is in memory, whatever it holds; the others come from the disk.
    assert shelved.ids == [[7]] * 4
    history.step(-1)
    assert (shelved.place(), shelved.ids) == ((2, 3), [[6]] * 4)
    qtbot.waitUntil(lambda: history.held == 0)
    history.step(-1)
    assert (shelved.place(), shelved.ids) == ((1, 3), [[5]] * 4)
    history.step(+1)
    history.step(+1)
    assert (shelved.place(), shelved.ids) == ((3, 3), [[7]] * 4)
    assert shelved.reported == []


def test_what_cannot_be_put_on_the_shelf_stays_in_memory(
    shelved: Shelved, folder: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compare_history, "RUNS", 0)
    folder.parent.mkdir(parents=True)
    folder.write_text("no folder")
    shelved.run(5)
    shelved.run(6)
    qtbot.waitUntil(lambda: len(shelved.reported) == 1)
    assert shelved.history.held > 0
    shelved.history.step(-1)
    assert shelved.ids == [[5]] * 4


def test_another_programs_files_are_left_alone(folder: Path, shelved: Shelved) -> None:
    other = Shelved(folder)
    other.run(5)
    other.history.put_on_shelf()
    shelved.run(6)
    shelved.history.put_on_shelf()
    assert len(list(folder.iterdir())) == 2


def test_a_shelf_that_cannot_be_written_says_so(tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "file").write_text("")
    shelved = Shelved(tmp_path / "file" / "comparisons")
    shelved.run(5)
    qtbot.waitUntil(lambda: len(shelved.reported) == 1)
    assert "folder could not be made" in shelved.reported[0]
    shelved.run(6)
    with pytest.raises(ComparisonFileError, match="folder could not be made"):
        shelved.history.put_on_shelf()
    assert len(shelved.reported) == 1, "it is told once"


def test_an_earlier_run_is_used_where_its_prompt_ended(shelved: Shelved) -> None:
    desk, state, history = shelved.desk, shelved.desk.compare, shelved.history
    reported: list[str] = []
    state.reported.connect(reported.append)
    shelved.run(5)
    desk.type(" and more")
    shelved.run(6)
    history.step(-1)
    state.use(state.lanes[0])
    assert desk.draft.manuscript.text == "The sea w5 and more"
    # Another lane of it takes the place of the first, also after a step back and forth.
    history.step(+1)
    history.step(-1)
    state.use(state.lanes[1])
    assert desk.draft.manuscript.text == "The sea w5 and more"
    (takes,) = desk.draft.manuscript.take_sets
    assert len(takes.takes) == 2
    # Also where the text stands elsewhere now.
    desk.draft.manuscript.load("Title. The sea was calm")
    history.step(+1)
    history.step(-1)
    state.use(state.lanes[0])
    assert desk.draft.manuscript.text == "Title. The sea w5 was calm"
    assert not reported


def test_where_that_text_stands_no_more_it_is_asked_where(shelved: Shelved) -> None:
    desk, state = shelved.desk, shelved.desk.compare
    asked: list[object] = []
    state.place_wanted.connect(asked.append)
    shelved.run(5)
    shelved.run(6)
    desk.draft.manuscript.load("The lake")
    desk.draft.set_caret(3)
    shelved.history.step(-1)
    state.use(state.lanes[0])
    assert desk.draft.manuscript.text == "The lake", "nothing is glued anywhere"
    assert asked == [state.lanes[0]]
    state.use_at_caret(state.lanes[0])
    assert desk.draft.manuscript.text == "The w5 lake"
    # The next one is asked about too.
    state.use(state.lanes[1])
    assert asked == [state.lanes[0], state.lanes[1]]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("", "", "w5"),
        ("A lake. ", "", "A lake. w5"),
        ("A lake.\n", "", "A lake.\nw5"),
        ("A lake", "side", "A lake w5 side"),
    ],
)
def test_at_the_caret_it_is_joined_on_both_sides(
    shelved: Shelved, before: str, after: str, expected: str
) -> None:
    desk, state = shelved.desk, shelved.desk.compare
    shelved.run(5)
    desk.draft.manuscript.load(before + after)
    desk.draft.set_caret(len(before))
    state.use_at_caret(state.lanes[0])
    assert desk.draft.manuscript.text == expected
    desk.draft.manuscript.undo()
    assert desk.draft.manuscript.text == before + after


def test_in_a_new_document_it_stands_behind_what_it_continues(shelved: Shelved) -> None:
    desk, state = shelved.desk, shelved.desk.compare
    desk.draft.set_brief("Short sentences.")
    shelved.run(5)
    desk.draft.new()
    desk.draft.set_brief("Another brief.")
    state.use_in_new(state.lanes[0])
    assert desk.draft.manuscript.text == "The sea w5"
    assert desk.draft.brief == "Short sentences."
    state.use(state.lanes[1])
    (takes,) = desk.draft.manuscript.take_sets
    assert len(takes.takes) == 2


def test_on_an_empty_page_nothing_is_asked(shelved: Shelved) -> None:
    desk, state = shelved.desk, shelved.desk.compare
    asked: list[object] = []
    state.place_wanted.connect(asked.append)
    shelved.run(5)
    desk.draft.new()
    state.use(state.lanes[0])
    assert desk.draft.manuscript.text == "The sea w5"
    assert not asked


def test_what_continued_an_empty_page_is_not_glued_to_another_text(shelved: Shelved) -> None:
    desk, state = shelved.desk, shelved.desk.compare
    asked: list[object] = []
    state.place_wanted.connect(asked.append)
    desk.draft.set_brief("A story.")
    desk.draft.manuscript.load("")
    shelved.run(5)
    state.use(state.lanes[0])
    state.use(state.lanes[1])
    assert desk.draft.manuscript.text == " w5"
    assert not asked
    for text in ("The lake", " w5 and more"):
        desk.draft.manuscript.load(text)
        state.use(state.lanes[0])
        assert desk.draft.manuscript.text == text
        assert asked.pop() is state.lanes[0]


# What a document keeps of them


def run_names(shelved: Shelved) -> list[str]:
    return [run.name for run in shelved.desk.draft.state.runs]


def until_kept(shelved: Shelved, qtbot: QtBot) -> tuple[KeptRun, ...]:
    """The runs of the document in front, once nothing is left to be written."""
    shelved.history.put_on_shelf()
    qtbot.waitUntil(lambda: not shelved.background.is_busy)
    return shelved.desk.draft.state.runs


def opened(shelved: Shelved, folder: Path, runs: tuple[KeptRun, ...]) -> Shelved:
    """A window of another machine, with a document that keeps these."""
    shiboken6.delete(shelved.history)
    other = Shelved(folder)
    document = Document((Passage.of("The sea", Origin.TYPED),), runs=runs)
    other.desk.draft.open_document(folder.parent / "sea.kelvin", document, None)
    return other


def test_a_document_keeps_the_runs_that_were_made_for_it(shelved: Shelved, qtbot: QtBot) -> None:
    shelved.run(5, 6)
    shelved.run(7)
    runs = until_kept(shelved, qtbot)
    assert [run.name for run in runs] == sorted(path.stem for path in shelved.folder.iterdir())
    written = [from_json(run.data, Path("x")).lanes[0].text for run in runs]
    assert written == [" w5 w6", " w7"]
    # Gone on with is the same run, as it is now.
    state = shelved.desk.compare
    shelved.history.step(-1)
    state.go_on(state.lanes[0])
    shelved.desk.start()
    shelved.desk.write(0, 4)
    shelved.desk.end(0)
    shelved.desk.finish()
    later = until_kept(shelved, qtbot)
    assert [run.name for run in later] == [run.name for run in runs]
    assert later[1] is runs[1]
    assert from_json(later[0].data, Path("x")).lanes[0].text == " w5 w6 w4"


def test_they_are_there_wherever_it_is_opened_and_looking_at_them_changes_nothing(
    shelved: Shelved, qtbot: QtBot, tmp_path: Path
) -> None:
    shelved.run(5, 6)
    shelved.run(7)
    other = opened(shelved, tmp_path / "elsewhere", until_kept(shelved, qtbot))
    assert other.place() == (None, 2)
    other.desk.compare.set_max_tokens(200)
    other.history.step(-1)
    assert (other.place(), other.ids) == ((2, 2), [[7]] * 4)
    other.history.step(-1)
    assert (other.place(), other.ids) == ((1, 2), [[5, 6]] * 4)
    other.history.put_on_shelf()
    assert not other.desk.draft.is_modified
    assert not list(other.folder.glob("*.json")), "they are the document's"
    # A run of its own is on the shelf too, and comes last.
    other.run(8)
    assert other.place() == (3, 3)
    assert len(until_kept(other, qtbot)) == 3
    assert texts(other.folder) == [" w8"]
    assert other.desk.draft.is_modified


def test_what_is_made_of_one_is_the_documents_too(
    shelved: Shelved, qtbot: QtBot, tmp_path: Path
) -> None:
    shelved.run(5, 6)
    runs = until_kept(shelved, qtbot)
    other = opened(shelved, tmp_path / "elsewhere", runs)
    other.history.step(-1)
    state = other.desk.compare
    state.remove(state.lanes[1])
    first, second = until_kept(other, qtbot)
    assert first is runs[0]
    assert len(from_json(second.data, Path("x")).lanes) == 3, "the lane less is another run"


def test_with_another_document_in_front_they_are_not_among_the_runs(
    shelved: Shelved, qtbot: QtBot, tmp_path: Path
) -> None:
    shelved.run(5)
    runs = until_kept(shelved, qtbot)
    other = opened(shelved, tmp_path / "elsewhere", runs)
    other.run(6)
    first = other.desk.draft.state
    other.desk.draft.show(DocumentState())
    assert other.place() == (1, 1), "the window's own stays"
    # It is the first document's, whatever is in front when it ends.
    other.history.put_on_shelf()
    qtbot.waitUntil(lambda: len(first.runs) == 2)
    assert run_names(other) == []
    other.desk.draft.show(first)
    assert other.place() == (2, 2)
    other.history.step(-1)
    assert other.ids == [[5]] * 4


def test_the_others_are_forgotten_in_the_document_too(
    shelved: Shelved, qtbot: QtBot, tmp_path: Path
) -> None:
    for token in (5, 6, 7):
        shelved.run(token)
    other = opened(shelved, tmp_path / "elsewhere", until_kept(shelved, qtbot))
    kept = run_names(other)
    other.history.step(-1)
    other.history.step(-1)
    other.history.forget_others()
    assert (other.place(), other.ids, run_names(other)) == ((1, 1), [[6]] * 4, [kept[1]])
    assert other.desk.draft.is_modified


def test_one_that_is_damaged_does_not_hide_the_others(
    shelved: Shelved, qtbot: QtBot, tmp_path: Path
) -> None:
    shelved.run(5)
    shelved.run(6)
    first, last = until_kept(shelved, qtbot)
    other = opened(shelved, tmp_path / "elsewhere", (first, last._replace(data=b"{")))
    other.history.step(-1)
    assert "“sea.kelvin”: it is no comparison" in other.reported[0]
    assert other.place() == (None, 1)
    other.history.step(-1)
    assert other.ids == [[5]] * 4


def test_a_run_with_more_bytes_than_a_document_keeps_is_without_its_last_distributions(
    shelved: Shelved, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf_writer, "DOCUMENT_RUNS", 30_000)
    shelved.run(*range(5, 15))
    (run,) = until_kept(shelved, qtbot)
    assert len(run.data) <= 30_000
    (lane, *_) = from_json(run.data, Path("x")).lanes
    has_sketch = [bool(token.sketch) for token in lane.tokens]
    assert has_sketch == sorted(has_sketch, reverse=True)
    assert has_sketch[0] is True
    assert has_sketch[-1] is False
    (file,) = shelved.folder.iterdir()
    assert all(token.sketch for token in load_comparison(file).lanes[0].tokens)


def test_a_shelf_that_cannot_be_written_leaves_the_document_its_runs(
    tmp_path: Path, qtbot: QtBot
) -> None:
    (tmp_path / "file").write_text("")
    shelved = Shelved(tmp_path / "file" / "comparisons")
    shelved.run(5)
    qtbot.waitUntil(lambda: len(shelved.desk.draft.state.runs) == 1)
    assert len(shelved.reported) == 1
