"""A take is turned by hand: the real window, the real child, the real model."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QTextEdit
from pytestqt.qtbot import QtBot

from studio.app.writing.take_draws import TakeDraws
from studio.manuscript import Take, TakeSet
from studio.sampling import SamplingParams
from studio.ui.main_window import MainWindow
from studio.ui.temperature.track import x_of
from studio.ui.widgets import file_dialog
from tests.ui.conftest import LONG, NEVER_ENDS, load_starter, save_as, until_read

pytestmark = pytest.mark.usefixtures("kept_window")

OPENING = "The old fisherman looked out over the sea and thought about"
CONTROL = Qt.KeyboardModifier.ControlModifier
ALT = Qt.KeyboardModifier.AltModifier
LEFT = Qt.MouseButton.LeftButton
TOKENS = 16


def begin(window: MainWindow, qtbot: QtBot, params: SamplingParams, opening: str = OPENING) -> Take:
    """Type an opening, and have it continued with Scrub on."""
    session = window.session
    session.sampling.set_params(params)
    session.sampling.set_max_tokens(TOKENS)
    window.editor.setFocus()
    QTest.keyClicks(window.editor, opening)
    QTest.keyClick(window.editor, Qt.Key.Key_T, ALT)
    assert session.scrub.is_on
    return go_on(window, qtbot)


def go_on(window: MainWindow, qtbot: QtBot) -> Take:
    """Continue, wait until it has ended and until the bars have followed."""
    QTest.keyClick(window.editor, Qt.Key.Key_Return, CONTROL)
    return ended(window, qtbot)


def ended(window: MainWindow, qtbot: QtBot) -> Take:
    session = window.session
    qtbot.waitUntil(lambda: session.writing.is_idle and session.scrub.is_settled, timeout=LONG)
    qtbot.waitUntil(lambda: session.next_token_preview.is_settled, timeout=LONG)
    return current(window)


def takes_of(window: MainWindow) -> TakeSet:
    takes = window.session.writing.take_set()
    assert takes is not None
    return takes


def current(window: MainWindow) -> Take:
    take = takes_of(window).current
    assert take is not None
    return take


def ids(take: Take) -> list[int]:
    return [record.id for record in take.records]


def text_of(window: MainWindow) -> str:
    return window.session.draft.manuscript.text


def grey(window: MainWindow) -> list[tuple[int, int]]:
    selections: list[QTextEdit.ExtraSelection] = window.editor.extraSelections()
    return [(one.cursor.selectionStart(), one.cursor.selectionEnd()) for one in selections]


def first_difference(one: list[int], other: list[int]) -> int | None:
    if one == other:
        return None
    pairs = enumerate(zip(one, other, strict=False))
    shorter = min(len(one), len(other))
    return next((index for index, (mine, yours) in pairs if mine != yours), shorter)


def near(window: MainWindow, take: Take) -> set[int]:
    """Where arithmetic may decide which token is drawn, under the parameters in force."""
    vocabulary, params = window.session.next_token, window.session.sampling.params
    return set(TakeDraws(take, take.text, vocabulary.sketches).redraw(vocabulary).near(params))


def assert_written_alike(window: MainWindow, one: Take, other: Take) -> int:
    """Token by token the same; or they part at a near-tie that is known. How many are the same."""
    differs = first_difference(ids(one), ids(other))
    if differs is None:
        assert one.text == other.text
        return len(one.records)
    known = near(window, one) | near(window, other)
    assert differs in known
    return differs


TURNS: tuple[tuple[dict[str, object], dict[str, object]], ...] = (
    ({"temperature": 0.8}, {"temperature": 1.2}),
    ({"temperature": 1.1}, {"temperature": 0.0}),
    ({"temperature": 0.7, "min_p": 0.05}, {"temperature": 1.0}),
    ({"temperature": 1.0, "top_p": 0.95}, {"top_p": 0.5}),
    ({"temperature": 0.9}, {"repeat_penalty": 1.4}),
    ({"mirostat": 2, "mirostat_tau": 3.0}, {"mirostat_tau": 4.0}),
    ({"temperature": 1.0}, {"xtc_probability": 0.5, "xtc_threshold": 0.1}),
)


@pytest.mark.parametrize(("former", "turned"), TURNS)
def test_it_is_what_its_seed_would_have_written_and_turned_back_it_is_the_old_text(
    window: MainWindow, qtbot: QtBot, former: dict[str, object], turned: dict[str, object]
) -> None:
    session = window.session
    params = SamplingParams(seed=11, logit_bias=NEVER_ENDS, **former)  # type: ignore[arg-type]  # fields vary
    first = begin(window, qtbot, params)
    text = text_of(window)
    assert len(first.records) == TOKENS
    session.sampling.change(**turned)
    new = ended(window, qtbot)
    assert new is not first, "with these draws something falls otherwise"
    # A whole generation with the same seed, from the start.
    QTest.keyClick(window.editor, Qt.Key.Key_Return, CONTROL | Qt.KeyboardModifier.ShiftModifier)
    anew = ended(window, qtbot)
    assert anew is not new
    assert_written_alike(window, new, anew)
    count = len(takes_of(window).takes)
    session.sampling.set_params(params)
    assert ended(window, qtbot) is first
    assert text_of(window) == text
    assert len(takes_of(window).takes) == count
    # And once more: what was written then is there.
    session.sampling.change(**turned)
    again = ended(window, qtbot)
    assert ids(again) in (ids(new), ids(anew))
    assert len(takes_of(window).takes) == count


def is_certain(window: MainWindow) -> bool:
    shown = window.session.scrub.shown
    return shown is not None and shown.divergence is not None and shown.divergence.is_certain


REPEATED = "The sea was calm. The sea was calm. The sea was calm. The sea"


@pytest.mark.parametrize(
    ("former", "turned"),
    [
        ({"repeat_penalty": 1.3}, {"repeat_penalty": 1.0}),
        ({"temperature": 0.9, "presence_penalty": 1.5}, {"frequency_penalty": 1.0}),
        ({"dry_multiplier": 4.0, "dry_allowed_length": 1}, {"dry_multiplier": 0.0}),
        ({"temperature": 0.6}, {"dry_multiplier": 4.0, "dry_allowed_length": 1}),
        ({"repeat_penalty": 1.2, "repeat_last_n": -1}, {"temperature": 0.2}),
    ],
)
def test_a_take_of_a_document_that_was_opened_is_turned_as_when_it_was_written(
    window: MainWindow,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    former: dict[str, object],
    turned: dict[str, object],
) -> None:
    """What penalties and DRY look at, the tokens before each, comes back with it."""
    session, path = window.session, tmp_path / "The Sea.kelvin"
    monkeypatch.setattr(file_dialog, "ask_save", lambda *_: (str(path), ""))
    params = SamplingParams(seed=11, logit_bias=NEVER_ENDS, **former)  # type: ignore[arg-type]  # fields vary
    written = begin(window, qtbot, params, REPEATED)
    text, drawn = text_of(window), ids(written)
    save_as(window)
    assert not window.isWindowModified()
    window.actions_.close.trigger()
    session.sampling.set_params(SamplingParams())
    window.open_path(path)
    first = current(window)
    assert first is not written
    assert ids(first) == drawn
    assert session.sampling.params == params, "the settings come with the document"
    qtbot.waitUntil(lambda: session.next_token_preview.is_settled, timeout=LONG)
    session.scrub.hold()
    session.sampling.change(**turned)
    assert session.scrub.is_turning, session.scrub.why_not
    # Nothing that it needs is missing, once the engine has said how sequence breakers are spelled.
    qtbot.waitUntil(lambda: is_certain(window), timeout=LONG)
    session.scrub.let_go()
    new = ended(window, qtbot)
    assert ids(new) != drawn
    QTest.keyClick(window.editor, Qt.Key.Key_Return, CONTROL | Qt.KeyboardModifier.ShiftModifier)
    assert_written_alike(window, new, ended(window, qtbot))
    session.sampling.set_params(params)
    assert ended(window, qtbot) is first
    assert text_of(window) == text


def test_a_documents_settings_turn_no_take_of_it(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, path = window.session, tmp_path / "The Sea.kelvin"
    monkeypatch.setattr(file_dialog, "ask_save", lambda *_: (str(path), ""))
    cool = SamplingParams(seed=11, temperature=0.5, logit_bias=NEVER_ENDS)
    begin(window, qtbot, cool)
    text = text_of(window)
    session.sampling.change(temperature=30.0)
    ended(window, qtbot)
    assert text_of(window) != text
    QTest.keyClick(window.editor, Qt.Key.Key_Z, CONTROL)
    assert text_of(window) == text
    assert session.sampling.params.temperature == 30.0
    save_as(window)
    window.actions_.close.trigger()
    session.sampling.set_params(cool)

    window.open_path(path)
    until_read(window)
    assert session.scrub.is_on
    assert session.sampling.params.temperature == 30.0, "it comes with the document"
    assert not session.scrub.is_turning
    ended(window, qtbot)
    assert text_of(window) == text
    session.presets.put_back()
    assert session.sampling.params == cool
    ended(window, qtbot)
    assert text_of(window) == text
    # By a turn it is the other take.
    session.sampling.change(temperature=30.0)
    ended(window, qtbot)
    assert text_of(window) != text


def test_in_a_window_that_has_not_written_it_tokens_have_their_words(
    window: MainWindow,
    open_window: Callable[[], MainWindow],
    qtbot: QtBot,
    starter_model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "The Sea.kelvin"
    monkeypatch.setattr(file_dialog, "ask_save", lambda *_: (str(path), ""))
    take = begin(window, qtbot, SamplingParams(seed=11, temperature=1.0, logit_bias=NEVER_ENDS))
    save_as(window)
    window.actions_.close.trigger()

    other = open_window()
    other.open_path(path)
    until_read(other)
    session = other.session
    spans, count = session.records.spans, len(take.records)
    load_starter(other, qtbot, starter_model)  # whose tokens are those
    qtbot.waitUntil(lambda: len(spans) >= count, timeout=LONG)
    first = spans.all[-count]
    assert first.record.id == take.records[0].id
    assert session.word.look_at(first)

    def shown() -> list[str]:
        return [row.text.text for row in session.word.next_token.rows(12)]

    assert "⟨token " in " ".join(shown()), "nothing has said how, until it is asked"
    qtbot.waitUntil(lambda: not [word for word in shown() if "⟨" in word], timeout=LONG)

    # Very hot, another would fall: it is named.
    other.editor.move_caret(len(session.draft.manuscript))
    qtbot.waitUntil(lambda: session.next_token_preview.is_settled, timeout=LONG)
    session.scrub.set_on(True)
    session.scrub.hold()
    session.sampling.change(temperature=30.0)
    qtbot.waitUntil(lambda: "would fall instead of" in said(other), timeout=LONG)
    qtbot.waitUntil(lambda: "⟨token" not in said(other), timeout=LONG)
    session.scrub.give_up()
    session.scrub.let_go()


def said(window: MainWindow) -> str:
    return window.writing_bar.place.text()


def test_by_hand_it_greys_while_the_dial_is_held_and_goes_on_when_let_go(
    window: MainWindow, qtbot: QtBot
) -> None:
    session, slider = window.session, window.temperature.slider
    first = begin(window, qtbot, SamplingParams(temperature=0.8, seed=11, logit_bias=NEVER_ENDS))
    text = text_of(window)
    height = slider.height() // 3
    at = [QPoint(round(x_of(t, slider.width())), height) for t in (0.8, 0.85, 1.0, 1.3)]
    QTest.mousePress(slider, LEFT, pos=at[0])
    stays = []
    for point in at[1:]:
        QTest.mouseMove(slider, point)
        qtbot.waitUntil(lambda: session.scrub.is_known, timeout=LONG)
        assert session.scrub.shown is not None
        stays.append(session.scrub.shown.stays)
    # The hotter, the sooner it parts; and the text stands as long as the dial is held.
    assert stays == sorted(stays, reverse=True)
    assert stays[-1] < TOKENS
    assert text_of(window) == text
    shown = session.scrub.shown
    assert shown is not None
    assert shown.divergence is not None
    assert grey(window) == [(shown.parts, shown.end)]
    assert window.scrub.line.isValid()
    words = window.writing_bar.place.text()
    assert words.startswith(f"{shown.stays} of {TOKENS} tokens stay; ")
    assert not window.writing_bar.stop.isVisible()
    QTest.mouseRelease(slider, LEFT, pos=at[-1])
    new = ended(window, qtbot)
    assert new is not first
    assert ids(new)[: shown.stays] == ids(first)[: shown.stays]
    fallen = ids(new)[shown.stays]
    assert fallen == shown.divergence.token or shown.stays in near(window, new)
    assert grey(window) == []
    # Undo is one step, and redo.
    QTest.keyClick(window.editor, Qt.Key.Key_Z, CONTROL)
    assert text_of(window) == text
    assert current(window) is first


def test_by_keys_it_goes_on_at_rest_and_esc_takes_the_turn_back(
    window: MainWindow, qtbot: QtBot
) -> None:
    session, slider = window.session, window.temperature.slider
    first = begin(window, qtbot, SamplingParams(temperature=0.8, seed=11, logit_bias=NEVER_ENDS))
    text = text_of(window)
    slider.setFocus()
    for _ in range(8):
        QTest.keyClick(slider, Qt.Key.Key_Right)
    turned = session.sampling.params.temperature
    assert turned > 1.1
    assert session.scrub.is_turning
    QTest.keyClick(slider, Qt.Key.Key_Escape)
    assert session.sampling.params.temperature == 0.8
    assert grey(window) == []
    assert (text_of(window), current(window)) == (text, first)
    for _ in range(8):
        QTest.keyClick(slider, Qt.Key.Key_Right)
    new = ended(window, qtbot)
    assert new is not first
    assert session.sampling.params.temperature == turned
    assert not window.actions_.stop.isEnabled()


def test_turned_on_while_it_is_written_only_the_last_stays(
    window: MainWindow, qtbot: QtBot
) -> None:
    session = window.session
    params = SamplingParams(temperature=0.8, seed=11, logit_bias=NEVER_ENDS)
    first = begin(window, qtbot, params)
    session.sampling.set_max_tokens(200)
    session.sampling.change(temperature=1.3)
    session.scrub.settle()
    qtbot.waitUntil(
        lambda: len(current(window).records) > 12 and current(window) is not first, timeout=LONG
    )
    session.sampling.change(temperature=1.1)
    qtbot.waitUntil(lambda: session.writing.is_idle, timeout=LONG)
    assert takes_of(window).takes == [first]
    assert current(window) is first
    session.sampling.set_max_tokens(TOKENS)
    new = ended(window, qtbot)
    assert takes_of(window).takes == [first, new]
    QTest.keyClick(window.editor, Qt.Key.Key_Return, CONTROL | Qt.KeyboardModifier.ShiftModifier)
    assert_written_alike(window, new, ended(window, qtbot))


def test_it_is_remembered_and_off_at_first(window: MainWindow, qtbot: QtBot) -> None:
    action = window.actions_.scrub
    assert not action.isChecked()
    first = begin(window, qtbot, SamplingParams(temperature=0.8, seed=11))
    QTest.keyClick(window.editor, Qt.Key.Key_T, ALT)
    assert not window.session.scrub.is_on
    window.session.sampling.change(temperature=1.5)
    assert not window.session.scrub.is_turning
    assert current(window) is first


def test_a_preset_that_is_chosen_turns_nothing(window: MainWindow, qtbot: QtBot) -> None:
    session = window.session
    first = begin(window, qtbot, SamplingParams(temperature=0.8, seed=11))
    preset = session.preset_choice.named("Data augmentation")
    assert preset is not None
    session.preset_choice.choose(preset)
    assert session.sampling.params.temperature != 0.8
    assert not session.scrub.is_turning
    assert ended(window, qtbot) is first
