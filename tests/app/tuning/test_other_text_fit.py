"""The fit of a second text: read by the real engine, and put off by whatever goes first."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from studio.app.session import Session
from studio.app.tuning.fit_scope import FitScope
from studio.app.tuning.other_text_fit import OtherTextFit
from studio.app.tuning.own_text_fit import OwnTextFit
from studio.engine.messages import AnyEvent, LoadOptions, ScoringEnded
from tests.app.tuning.test_own_text_fit import TEXT
from tests.helpers.waiting import LONG

pytestmark = pytest.mark.process


@pytest.fixture
def session(qtbot: QtBot, own_settings: Path, starter_model: Path) -> Iterator[Session]:
    session = Session("Code")
    session.model.open(str(starter_model), LoadOptions(threads=1, context_size=256))
    qtbot.waitUntil(lambda: session.model.is_ready)
    yield session
    session.close()


def other_of(session: Session) -> OtherTextFit:
    return OtherTextFit(
        session.client,
        session.model,
        session.records,
        session.writing,
        session.reading,
        session,
    )


def until_idle(fit: OtherTextFit | OwnTextFit, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not fit.is_busy, timeout=LONG)


def test_it_is_the_same_as_of_that_text_in_front(
    session: Session, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = TEXT * 3  # longer than the context
    session.draft.manuscript.edit(0, 0, text)
    own = OwnTextFit(session.draft, session.model, session.records, session.next_token, session)
    own.begin(FitScope.WHOLE)
    until_idle(own, qtbot)
    other = other_of(session)
    take = other._on_event

    def counted_first(event: AnyEvent) -> None:
        """As with a slow model: all that it has read is counted before it says that it has."""
        if isinstance(event, ScoringEnded) and other._waiting:
            QTimer.singleShot(0, other, lambda: counted_first(event))
        else:
            take(event)

    monkeypatch.setattr(other, "_on_event", counted_first)
    assert not other.is_there
    other.begin("The Sea", text)
    assert other.is_there
    assert other.subject == "“The Sea”"
    until_idle(other, qtbot)
    assert own.fit is not None
    assert other.fit is not None
    assert other.message == ""
    assert other.fit.whole.tokens == own.fit.whole.tokens
    # In other batches, whose sums differ in their last bits.
    assert other.fit.whole.temperature == pytest.approx(own.fit.whole.temperature, rel=0.02)
    titles = [it.title for it in other.fit.chapters]
    assert titles == ["The Sea", "The Land"] * 3
    assert [it.tokens for it in other.fit.chapters] == [it.tokens for it in own.fit.chapters]
    other.clear()
    assert not other.is_there
    assert other.fit is None


def test_what_goes_first_only_puts_it_off(session: Session, qtbot: QtBot) -> None:
    other = other_of(session)
    other.begin("The Sea", TEXT * 2)
    until_idle(other, qtbot)
    assert other.fit is not None
    tokens = other.fit.whole.tokens

    session.draft.manuscript.edit(0, 0, TEXT)
    other.begin_again()
    qtbot.waitUntil(lambda: other._read > 0, timeout=LONG)
    session.records.score()
    assert session.records.is_scoring
    qtbot.waitUntil(lambda: not session.records.is_scoring, timeout=LONG)
    session.sampling.set_max_tokens(3)
    session.writing.continue_writing()
    assert not session.writing.is_idle
    until_idle(other, qtbot)
    qtbot.waitUntil(lambda: session.writing.is_idle, timeout=LONG)
    assert other.fit.whole.tokens == tokens


def test_stopped_it_ends(session: Session, qtbot: QtBot) -> None:
    other = other_of(session)
    other.begin("The Sea", TEXT * 20)
    qtbot.waitUntil(lambda: other._read > 0, timeout=LONG)
    other.stop()
    assert not other.is_busy
    assert other.message
    qtbot.waitUntil(lambda: not session.client.is_owing, timeout=LONG)
    assert other.fit is None


def test_a_file_is_read_whatever_it_is(session: Session, qtbot: QtBot, tmp_path: Path) -> None:
    story = tmp_path / "A <b>story.txt"
    story.write_text(TEXT, encoding="utf-8")
    other = other_of(session)
    other.begin_file(story)
    assert other.is_busy
    until_idle(other, qtbot)
    assert other.fit is not None
    assert other.name == story.name

    missing = tmp_path / "nowhere.docx"
    other.begin_file(missing)
    until_idle(other, qtbot)
    assert other.fit is None
    assert "nowhere.docx" in other.message

    blank = tmp_path / "blank.txt"
    blank.write_text(" \n", encoding="utf-8")
    other.begin_file(blank)
    until_idle(other, qtbot)
    assert "no text" in other.message
