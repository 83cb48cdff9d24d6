from pytestqt.qtbot import QtBot

from studio.ui.compare.bar import PromptWords


def test_in_a_narrow_window_its_parts_are_whole_or_not_there(qtbot: QtBot) -> None:
    words = PromptWords()
    qtbot.addWidget(words)
    words.show_words("", "The sea", "64 tokens · same random draws")
    seen = []
    for width in range(words.fontMetrics().horizontalAdvance(words.text()), 70, -1):
        words.resize(width, 20)
        without_prompt = words.shown.rpartition("” · ")[2]
        if without_prompt not in seen:
            seen.append(without_prompt)
    assert seen == ["64 tokens · same random draws", "64 tokens"]
