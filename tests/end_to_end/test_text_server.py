"""A model at a server that draws by itself, in the real window: texts, and a word for the rest."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from studio.app.heat.measure import HeatMeasure
from studio.sampling import SamplingParams
from studio.ui.main_window import MainWindow
from studio.ui.model.server_facts import ServerFactsDialog
from studio.ui.widgets.labels import PlainLabel
from tests.helpers.faulty_server import Cut, FaultyServer, Slow
from tests.helpers.openai_server import ByteLevel, Pretend
from tests.ui.conftest import LONG

TEXT = "The old fisherman "
KEY = "sk-in-no-file-and-no-list"


def test_it_is_written_with_and_what_it_does_not_say_is_said(
    open_window: Callable[[], MainWindow],
    qtbot: QtBot,
    empty_home: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    window = open_window()
    session = window.session
    manuscript = session.draft.manuscript
    with FaultyServer(Pretend("ollama", key=KEY)) as server:
        session.model.open(server.url, key=KEY)
        qtbot.waitUntil(lambda: session.model.is_ready, timeout=LONG)
        assert "tiny at " in window.model_picker.text()
        session.sampling.set_params(SamplingParams(seed=3, temperature=0.7))
        session.sampling.set_max_tokens(12)
        manuscript.edit(0, 0, TEXT)
        window.editor.setFocus()
        window.editor.move_caret(len(TEXT))
        # In the place of the bars.
        qtbot.waitUntil(
            lambda: "Ollama writes by itself" in (session.next_token.reason or ""), timeout=LONG
        )

        def write() -> str:
            before = manuscript.text
            window.actions_.continue_.trigger()
            qtbot.waitUntil(lambda: manuscript.text != before, timeout=LONG)
            qtbot.waitUntil(lambda: session.writing.is_idle, timeout=LONG)
            assert manuscript.text.startswith(before)
            return manuscript.text[len(before) :]

        assert len(write()) == 12
        server.fail(Cut(700), times=1, at='"stream"')
        assert 0 < len(write()) < 12
        qtbot.waitUntil(lambda: "ended within an answer" in window.notice.standing, timeout=LONG)
        assert len(write()) == 12
        assert session.model.report is not None
        dialog = ServerFactsDialog(session.model.report)
        qtbot.addWidget(dialog)
        words = " ".join(label.text() for label in dialog.findChildren(PlainLabel))
        assert "tokens come by their texts alone" in words or "they did not come" in words
        assert "in chat alone" in words
    # The key stands in no file of the home's, no log, no list of processes and no variable of
    # theirs.

    def files() -> list[Path]:
        return [path for path in empty_home.rglob("*") if path.is_file()]

    # Its address is remembered.
    qtbot.waitUntil(lambda: any(b"127.0.0.1" in readable(it) for it in files()), timeout=LONG)
    assert "Generate: failed (server)" in caplog.text
    assert KEY not in caplog.text
    seen = [*files(), *Path("/proc").glob("[0-9]*/cmdline"), *Path("/proc").glob("[0-9]*/environ")]
    assert not any(KEY.encode() in readable(path) for path in seen)


def readable(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # another's, or gone
        return b""


@pytest.mark.parametrize(
    ("most", "far"), [(-1, False), (20, False), (20, True)], ids=["all", "20", "far"]
)
def test_at_vllm_words_have_what_else_could_stand_there(
    open_window: Callable[[], MainWindow],
    qtbot: QtBot,
    most: int,
    far: bool,
) -> None:
    window = open_window()
    session = window.session
    manuscript = session.draft.manuscript
    with FaultyServer(Pretend(tokens=ByteLevel(), most_logprobs=most)) as server:
        server.fault = Slow(0.05) if far else None
        session.model.open(server.url)
        qtbot.waitUntil(lambda: session.model.is_ready, timeout=LONG)
        server.fault = None
        session.sampling.set_params(SamplingParams(seed=3, top_k=12))
        session.sampling.set_max_tokens(8)
        manuscript.edit(0, 0, "The sea.")
        window.editor.setFocus()
        window.editor.move_caret(len(manuscript.text))
        if far:
            reason = "too far away"
            qtbot.waitUntil(lambda: reason in (session.next_token.reason or ""), timeout=LONG)
        else:
            qtbot.waitUntil(lambda: bool(session.next_token.rows(5)), timeout=LONG)
            assert session.next_token.sketch is not None
            assert session.next_token.sketch.is_truncated == (most == 20)
        window.actions_.continue_.trigger()
        qtbot.waitUntil(lambda: len(manuscript.text) > 8, timeout=LONG)
        qtbot.waitUntil(lambda: session.writing.is_idle, timeout=LONG)
        spans = session.records.spans.all
        assert len(spans) >= 7
        assert {span.record.u is None for span in spans} == {far}
        assert session.word.look_at(spans[3])
        rows = session.word.next_token.rows(8)
        assert [row.token for row in rows if row.chosen] in ([spans[3].record.id], [])
        assert all("⟨token" not in row.text.text for row in rows)
        session.heat.set_measure(HeatMeasure.SURPRISE)
        tints = session.heat.tints([span.record for span in spans])
        assert -1 not in tints.tolist()
        assert session.model.report is not None
        dialog = ServerFactsDialog(session.model.report)
        qtbot.addWidget(dialog)
        words = " ".join(label.text() for label in dialog.findChildren(PlainLabel))
        assert ("names its 20 likeliest tokens" in words) == (most == 20 and not far)
        assert ("heat show that" in words) == far
