"""The fit of the text in front: a real session with the real engine and model."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from studio.app.session import Session
from studio.app.tuning.fit_scope import NOTHING, FitScope
from studio.app.tuning.own_text_fit import OwnTextFit
from studio.engine.messages import LoadOptions
from studio.manuscript import Origin
from studio.sampling import LogitSketch
from studio.sampling.analysis.fitted_temperature import TemperatureLikelihood
from tests.helpers.fake_engine import Desk
from tests.helpers.waiting import LONG

pytestmark = pytest.mark.process

FIRST = (
    "# The Sea\n\nThe old fisherman looked out over the sea and thought about Anna. He had gone "
    "out each morning before the light, and come home each evening with what there was. Nobody "
    "had asked him whether he liked it. The boat was his father's, and the nets were his own.\n\n"
)
SECOND = (
    "# The Land\n\nIn town they said that Peter Doyle owed money. He owed none. He had paid Mrs. "
    "Lund in March, in coins, and she had counted them twice by the window.\n"
)
TEXT = FIRST + SECOND


@pytest.fixture
def session(qtbot: QtBot, own_settings: Path, starter_model: Path) -> Iterator[Session]:
    session = Session("Code")
    session.model.open(str(starter_model), LoadOptions(threads=1, context_size=1024))
    qtbot.waitUntil(lambda: session.model.is_ready)
    yield session
    session.close()


def fit_of(session: Session) -> OwnTextFit:
    return OwnTextFit(session.draft, session.model, session.records, session.next_token, session)


def fitted(fit: OwnTextFit, qtbot: QtBot, scope: FitScope = FitScope.WHOLE) -> OwnTextFit:
    fit.begin(scope)
    assert fit.is_busy
    assert fit.progress
    qtbot.waitUntil(lambda: not fit.is_busy, timeout=LONG)
    return fit


def test_it_reads_what_has_no_record_and_fits_the_whole_and_its_parts(
    session: Session, qtbot: QtBot
) -> None:
    session.draft.manuscript.edit(0, 0, TEXT)
    fit = fitted(fit_of(session), qtbot)
    assert fit.message == ""
    assert fit.fit is not None
    spans = session.records.spans
    assert len(spans) > 100
    likelihood = TemperatureLikelihood()
    for record in spans.records:
        likelihood.append(LogitSketch.from_bytes(record.sketch), record.id)
    assert fit.fit.whole == likelihood.fit()
    assert sum(it.tokens for it in fit.fit.places) == len(spans)
    chapters = fit.fit.chapters
    assert [it.title for it in chapters] == ["The Sea", "The Land"]
    firsts = int(spans.starts.searchsorted(len(FIRST)))
    assert [it.tokens for it in chapters] == [firsts, len(spans) - firsts]
    assert chapters[0].fit == likelihood.fit(range(firsts))

    asked: list[object] = []
    session.records.scoring_changed.connect(lambda: asked.append(0))
    former = fit.fit
    assert fitted(fit, qtbot).fit is not former
    assert fit.fit.whole == former.whole
    assert asked == [], "nothing is read twice"

    session.draft.manuscript.edit(len(TEXT), 0, "He rowed.")
    assert fit.is_stale
    assert fit.fit is not None, "the former one stands until it is made anew"
    assert not fitted(fit, qtbot).is_stale
    assert fit.fit.whole.tokens == len(spans) > former.whole.tokens

    session.draft.new()
    assert fit.fit is None
    assert "Another text" in fit.message
    session.draft.manuscript.load(SECOND)
    assert fitted(fit, qtbot).fit is not None, (
        "another text is read, whatever was of the one before"
    )


def test_parts_of_the_text_count_alone(session: Session, qtbot: QtBot) -> None:
    draft = session.draft
    draft.manuscript.edit(0, 0, FIRST, Origin.PASTED)
    draft.manuscript.edit(len(FIRST), 0, SECOND)
    draft.set_caret(len(FIRST) + 5)
    fit = fitted(fit_of(session), qtbot, FitScope.CHAPTER)
    assert fit.fit is not None
    spans = session.records.spans
    assert spans.starts[0] >= len(FIRST), "what does not count is not read"
    assert fit.fit.whole.tokens == len(spans)
    of_chapter = fit.fit.whole
    assert fit.fit.chapters == ()

    fitted(fit, qtbot, FitScope.YOURS)
    assert fit.fit.whole == of_chapter

    draft.set_caret(0)
    assert fitted(fit, qtbot, FitScope.SELECTION).fit is None
    assert fit.message == NOTHING[FitScope.SELECTION]
    start, end = FIRST.index("He had gone"), FIRST.index("Nobody")
    draft.set_caret(end, end - start)
    fitted(fit, qtbot, FitScope.SELECTION)
    assert fit.fit is not None
    selected = spans.between(start, end)
    assert 15 < fit.fit.whole.tokens <= len(selected)


def test_stopped_it_reads_no_further_and_begun_again_it_does(
    session: Session, qtbot: QtBot
) -> None:
    session.draft.manuscript.edit(0, 0, TEXT * 2)
    fit = fit_of(session)
    fit.begin(FitScope.WHOLE)
    qtbot.waitUntil(lambda: session.records.is_scoring)
    fit.stop()
    assert not fit.is_busy
    assert fit.fit is None
    qtbot.waitUntil(lambda: not session.records.is_scoring)
    fitted(fit, qtbot)
    assert fit.fit is not None
    assert fit.message == ""
    assert fit.fit.whole.tokens == len(session.records.spans)


def test_where_the_model_writes_instead_what_was_read_counts(
    session: Session, qtbot: QtBot
) -> None:
    session.draft.manuscript.edit(0, 0, TEXT * 2)
    session.draft.set_caret(len(TEXT))
    session.sampling.set_max_tokens(4)
    fit = fit_of(session)
    fit.begin(FitScope.WHOLE)
    qtbot.waitUntil(lambda: len(session.records.spans) > 0)
    session.writing.continue_writing()
    qtbot.waitUntil(lambda: session.writing.is_idle and not fit.is_busy, timeout=LONG)
    assert fit.fit is not None
    fitted(fit, qtbot)
    assert fit.message == ""
    assert fit.fit.whole.tokens == len(session.records.spans)


def test_without_a_model_or_a_text_it_says_so(qtbot: QtBot) -> None:
    desk = Desk()
    fit = OwnTextFit(desk.draft, desk.model, desk.records, desk.next_token)
    assert fitted(fit, qtbot).message == NOTHING[FitScope.WHOLE]
    desk.type("The sea")
    assert "Open a model first" in fitted(fit, qtbot).message
    assert fit.fit is None
