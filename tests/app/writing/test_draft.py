from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from pytestqt.qtbot import QtBot

from studio.app.writing.draft import Draft
from studio.engine.messages import Prompt
from studio.manuscript import (
    KeptRun,
    Manuscript,
    ManuscriptFileError,
    Outside,
    TextFile,
    open_text_file,
    write_text_file,
)
from studio.manuscript.document_file import write_document
from studio.presets import Preset


@pytest.fixture
def draft(qtbot: QtBot) -> Draft:
    return Draft(Preset(name="Plain", description=""))


def save(draft: Draft, path: Path) -> None:
    saving = draft.begin_save(path)
    held = None
    try:
        held = write_text_file(saving.path, saving.file)
    finally:
        assert draft.end_save(saving, held, is_brief_saved=held is not None)


def test_a_prompt_is_the_text_before_the_caret(draft: Draft) -> None:
    draft.manuscript.edit(0, 0, "A 🐟 swims.")
    draft.set_caret(3)
    draft.set_brief("Short.")
    assert draft.prompt() == Prompt(manuscript="A 🐟", brief="Short.")
    assert draft.prompt(1).manuscript == "A"


def test_a_preset_says_how(draft: Draft) -> None:
    draft.set_preset(
        Preset(name="Chat", description="", prompt_format="chat", system_message="Be kind.")
    )
    assert draft.prompt() == Prompt(manuscript="", system="Be kind.", format="chat")


def test_only_what_the_model_would_be_given_is_news(draft: Draft, qtbot: QtBot) -> None:
    with qtbot.waitSignal(draft.prompt_changed):
        draft.manuscript.edit(0, 0, "One two.")
    with qtbot.waitSignal(draft.prompt_changed):
        draft.set_caret(3)
    with qtbot.assertNotEmitted(draft.prompt_changed):
        draft.set_caret(3)
        draft.manuscript.edit(8, 0, " Three.")
        draft.set_brief("")
    with qtbot.waitSignal(draft.prompt_changed):
        draft.manuscript.edit(0, 1, "")
    with qtbot.waitSignal(draft.prompt_changed):
        draft.set_brief("Short.")


@pytest.mark.parametrize(("caret", "after"), [(3, 3), (4, 10), (8, 14)])
def test_the_caret_goes_with_a_take_that_grows_before_it_and_the_prompt_is_news_once(
    draft: Draft, caret: int, after: int
) -> None:
    manuscript = draft.manuscript
    manuscript.edit(0, 0, "One two.")
    draft.set_caret(caret)
    take = manuscript.begin_take(4)
    news: list[str] = []
    draft.prompt_changed.connect(lambda: news.append(draft.prompt().manuscript))
    take.append("fine, ")
    assert draft.caret == after
    draft.set_caret(after)  # as an editor says that shows it
    assert news == ([] if caret < 4 else ["One fine, two."[:after]])


def test_the_caret_is_never_behind_the_text(draft: Draft) -> None:
    draft.manuscript.edit(0, 0, "One two.")
    draft.set_caret(8)
    draft.manuscript.edit(2, 6, "")
    assert draft.caret == 2


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"One.\nTwo.\n",
        b"One.\r\nTwo.\r\n",
        b"\xef\xbb\xbfOne.\r\nTwo.",
        "\ufeffOne.\nTwo.".encode("utf-16-le"),
        "no-break:\u00a0, line\u2028separator, emoji 🐟".encode(),
        b"mixed\r\nends\n",
    ],
)
def test_what_the_writer_did_not_change_keeps_its_bytes(
    draft: Draft, tmp_path: Path, data: bytes
) -> None:
    path = tmp_path / "story.txt"
    path.write_bytes(data)
    draft.open(path, *open_text_file(path))
    save(draft, path)
    assert path.read_bytes() == data
    assert draft.manuscript.is_clean
    draft.manuscript.edit(0, 0, "New line.\n")
    save(draft, tmp_path / "copy.txt")
    assert draft.path == tmp_path / "copy.txt"
    draft.open(tmp_path / "copy.txt", *open_text_file(tmp_path / "copy.txt"))
    assert draft.manuscript.text.startswith("New line.\n")
    assert (tmp_path / "copy.txt").read_bytes().endswith(data[3:])


def test_a_file_that_cannot_be_read_changes_nothing(
    draft: Draft, qtbot: QtBot, tmp_path: Path
) -> None:
    good, bad = tmp_path / "good.txt", tmp_path / "bad.txt"
    good.write_text("Mine.\r\n", newline="")
    bad.write_bytes(b"\xff\xfe\xff")
    draft.open(good, *open_text_file(good))
    draft.manuscript.edit(0, 0, "All ")
    with qtbot.assertNotEmitted(draft.file_changed):
        for path in (bad, tmp_path / "missing.txt", tmp_path):
            with pytest.raises(ManuscriptFileError):
                draft.open(path, *open_text_file(path))
    assert draft.manuscript.text == "All Mine.\n"
    assert draft.path == good
    assert not draft.manuscript.is_clean
    save(draft, good)
    assert good.read_bytes() == b"All Mine.\r\n"


def test_a_file_that_cannot_be_written_leaves_the_change_unsaved(
    draft: Draft, tmp_path: Path
) -> None:
    draft.manuscript.edit(0, 0, "Mine.")
    (tmp_path / "folder.txt").mkdir()
    with pytest.raises(ManuscriptFileError):
        save(draft, tmp_path / "folder.txt")
    assert draft.path is None
    assert not draft.manuscript.is_clean


def test_what_is_written_while_it_is_saved_is_not_saved(draft: Draft, tmp_path: Path) -> None:
    path = tmp_path / "sea.txt"
    draft.manuscript.edit(0, 0, "Mine")
    draft.set_brief("Short.")
    saving = draft.begin_save(path)
    draft.manuscript.edit(4, 0, "!")
    draft.set_brief("Long.")
    held = write_text_file(saving.path, saving.file)
    assert draft.end_save(saving, held, is_brief_saved=True)
    assert path.read_text() == "Mine"
    assert draft.path == path
    assert draft.is_modified
    draft.manuscript.undo()
    assert draft.manuscript.text == "Mine"
    assert draft.manuscript.is_clean, "what is typed during a save is a step of its own"
    assert draft.is_modified, "the brief is another one"
    draft.set_brief("Short.")
    assert not draft.is_modified


def test_a_save_of_another_document_says_nothing_of_this_one(
    draft: Draft, qtbot: QtBot, tmp_path: Path
) -> None:
    saving = draft.begin_save(tmp_path / "sea.txt")
    draft.new()
    draft.manuscript.edit(0, 0, "Mine.")
    held = write_text_file(saving.path, saving.file)
    with qtbot.assertNotEmitted(draft.file_changed):
        assert not draft.end_save(saving, held, is_brief_saved=True)
    assert draft.path is None
    assert draft.is_modified


def test_nobody_else_has_changed_a_file_that_is_being_saved(draft: Draft, tmp_path: Path) -> None:
    path = tmp_path / "sea.txt"
    path.write_text("Old.")
    draft.open(path, *open_text_file(path))
    draft.manuscript.edit(0, 0, "New. ")
    saving = draft.begin_save(path)
    held = write_text_file(saving.path, saving.file)
    assert draft.compare() is Outside.SAME
    draft.end_save(saving, held, is_brief_saved=True)
    assert draft.compare() is Outside.SAME
    saving = draft.begin_save(path)
    path.write_text("Theirs.")
    draft.end_save(saving, None, is_brief_saved=False)
    assert draft.compare() is Outside.CHANGED, "it could not be written"


def test_a_run_of_lanes_is_saved_with_a_document_and_not_with_a_text(
    draft: Draft, qtbot: QtBot, tmp_path: Path
) -> None:
    run = KeptRun("01764430000000000001-0a1b2c3d", b"one")
    draft.manuscript.edit(0, 0, "Mine.")
    save(draft, tmp_path / "sea.txt")
    with qtbot.waitSignal(draft.runs_changed):
        draft.keep_run(draft.state, run)
    assert not draft.is_modified
    path = tmp_path / "sea.kelvin"
    saving = draft.begin_save(path)
    assert saving.document is not None
    assert saving.document.runs == (run,)
    draft.keep_run(draft.state, run._replace(data=b"turned"))
    held = write_document(path, saving.document)
    assert draft.end_save(saving, held, is_brief_saved=True)
    assert draft.is_modified, "it was gone on with while it was saved"
    draft.keep_run(draft.state, run)
    assert not draft.is_modified
    theirs = structs.replace(saving.document, runs=())
    draft.take_theirs(TextFile(""), held, theirs)
    assert (draft.state.runs, draft.is_modified) == ((), False)


def test_a_new_manuscript_forgets_the_old_file(draft: Draft, tmp_path: Path) -> None:
    path = tmp_path / "old.txt"
    path.write_bytes(b"\xef\xbb\xbfOld.\r\n")
    draft.open(path, *open_text_file(path))
    draft.new()
    assert draft.path is None
    assert draft.manuscript.text == ""
    draft.manuscript.edit(0, 0, "New.\n")
    save(draft, tmp_path / "new.txt")
    assert (tmp_path / "new.txt").read_bytes() == b"New.\n", "without the old one's marks"
    assert path.read_bytes() == b"\xef\xbb\xbfOld.\r\n"


@given(
    st.lists(
        st.tuples(st.integers(0, 12), st.integers(0, 12), st.text(" \n\u00a0ax", max_size=4)),
        max_size=12,
    ),
    st.integers(0, 30),
)
def test_what_can_be_seen_behind_the_caret_is_known_after_any_edits(
    edits: list[tuple[int, int, str]], caret: int
) -> None:
    draft = Draft(Preset(name="Plain", description=""))
    for place, removed, text in edits:
        length = len(draft.manuscript)
        start = min(place, length)
        draft.manuscript.edit(start, min(removed, length - start), text)
        draft.set_caret(min(caret, len(draft.manuscript)))
        assert draft.text_follows == bool(draft.manuscript.text[draft.caret :].strip())
    if draft.manuscript.can_undo:
        draft.manuscript.undo()
        assert draft.text_follows == bool(draft.manuscript.text[draft.caret :].strip())


def test_a_long_blank_tail_is_not_searched_at_each_key(draft: Draft) -> None:
    blank = "\n" * 100_000
    draft.manuscript.load("The sea." + blank)
    draft.set_caret(8)
    watched = _Reads(draft.manuscript)
    draft.manuscript = watched  # type: ignore[assignment]  # has all that the question needs
    assert not draft.text_follows
    assert watched.reads == 0


class _Reads:
    """A manuscript that counts how often its whole text is asked for."""

    def __init__(self, manuscript: Manuscript) -> None:
        self._manuscript = manuscript
        self.reads = 0

    def __len__(self) -> int:
        return len(self._manuscript)

    @property
    def text(self) -> str:
        self.reads += 1
        return self._manuscript.text
