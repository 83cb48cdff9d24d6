"""What the model sees, at the real window with the real model."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from studio.app.writing.prompt_tokens import PromptPart, PromptToken, PromptTokens
from studio.engine.messages import LoadOptions
from studio.presets import built_in_presets
from studio.ui.main_window import MainWindow
from studio.ui.model.prompt_window import PromptWindow
from tests.ui.conftest import LONG

pytestmark = pytest.mark.usefixtures("kept_window")

OPENING = "The old fisherman looked out over the sea.\n\nHe"


def opened(window: MainWindow) -> PromptWindow:
    window.actions_.prompt.trigger()
    view = window.findChild(PromptWindow)
    assert isinstance(view, PromptWindow)
    return view


def tokens_of(window: MainWindow, qtbot: QtBot) -> tuple[PromptTokens, list[PromptToken]]:
    session = window.session
    prompt = PromptTokens(
        session.lookup, session.model, session.next_token_preview, session.next_token
    )
    qtbot.waitUntil(lambda: all(token.text for token in prompt.tokens(10_000)), timeout=LONG)
    return prompt, prompt.tokens(10_000)


def test_every_token_of_the_text_is_shown(window: MainWindow, qtbot: QtBot) -> None:
    view = opened(window)
    QTest.keyClicks(window.editor, OPENING.replace("\n", "\r"))
    qtbot.waitUntil(lambda: window.session.next_token_preview.is_settled, timeout=LONG)
    qtbot.waitUntil(lambda: view.text.toPlainText() == OPENING.replace("\n", "↵\n"), timeout=LONG)
    _, tokens = tokens_of(window, qtbot)
    assert "".join(token.text for token in tokens) == OPENING
    assert {token.part for token in tokens} == {PromptPart.TEXT}
    words = view.findChildren(type(view._summary))[0].text()
    assert f"{len(tokens)} tokens of its" in words
    assert "0 of the brief" in words


def test_brief_and_format_are_distinguished_from_the_text(window: MainWindow, qtbot: QtBot) -> None:
    session = window.session
    chat = next(one for one in built_in_presets() if one.prompt_format == "chat")
    session.presets.use(chat)
    session.draft.set_brief("Short sentences.")
    QTest.keyClicks(window.editor, "He rowed")
    view = opened(window)
    qtbot.waitUntil(lambda: window.session.next_token_preview.is_settled, timeout=LONG)
    qtbot.waitUntil(lambda: "⟨im_start⟩" in view.text.toPlainText(), timeout=LONG)
    _, tokens = tokens_of(window, qtbot)
    head = [token for token in tokens if token.part is PromptPart.HEAD]
    assert head == tokens[: len(head)]
    assert "Short sentences." in "".join(token.text for token in head)
    assert any(token.is_control for token in head)
    assert "".join(token.text for token in tokens[len(head) :]) == "He rowed"


def test_what_does_not_fit_is_struck_out(
    window: MainWindow, qtbot: QtBot, starter_model: Path
) -> None:
    session = window.session
    session.model.open(str(starter_model), LoadOptions(threads=1, context_size=256))
    qtbot.waitUntil(lambda: session.model.is_ready, timeout=LONG)
    session.draft.manuscript.edit(0, 0, "The sea was calm. " * 100)
    window.editor.move_caret(len(session.draft.manuscript))
    qtbot.waitUntil(lambda: window.session.next_token_preview.is_settled, timeout=LONG)
    prompt, tokens = tokens_of(window, qtbot)
    unseen = [token for token in tokens if token.part is PromptPart.UNSEEN]
    assert unseen == tokens[: len(unseen)]
    assert 0 < len(tokens) - len(unseen) <= 256
    assert session.context.unseen_characters == len("".join(token.text for token in unseen))
    assert "do not fit and are not seen" in prompt.summary(len(tokens))
    assert "Shown are the last 5." in prompt.summary(5)
    assert prompt.tokens(5) == tokens[-5:]


def test_without_a_model_it_says_so(open_window: Callable[[], MainWindow], qtbot: QtBot) -> None:
    bare = open_window()
    view = opened(bare)
    assert view.text.toPlainText() == ""
    assert "Open a model" in tokens_of(bare, qtbot)[0].summary(0)
