"""Words with biases in lanes: each lane has its own, and its bars say what it draws from."""

import math
import re
from pathlib import Path

from pytestqt.qtbot import QtBot

from studio.engine.messages import LoadOptions
from studio.sampling import CASINGS, SamplingParams, WordBias
from studio.ui.compare.distances import LaneDistances
from studio.ui.main_window import MainWindow
from tests.helpers.tiny_model import write_byte_level_model
from tests.ui.conftest import LONG
from tests.ui.parameter_helpers import SENTENCE

PLAIN = SamplingParams(temperature=0.0)
BANNED = SamplingParams(
    temperature=0.0,
    word_biases=tuple(WordBias(word, -math.inf, CASINGS) for word in ("sea", "water", "the")),
)


def compared(window: MainWindow, qtbot: QtBot) -> None:
    """The page of Compare, at a sentence, with two lanes."""
    session = window.session
    session.draft.manuscript.load(SENTENCE)
    window.editor.move_caret(len(SENTENCE))
    qtbot.waitUntil(lambda: session.next_token_preview.is_settled, timeout=LONG)
    window.compare.compare_page.trigger()
    state = session.compare
    qtbot.waitUntil(lambda: state.prompt_sketch is not None, timeout=LONG)
    while len(state.lanes) > 2:
        state.remove(state.lanes[-1])


def test_a_lane_has_bans_of_its_own(window: MainWindow, qtbot: QtBot) -> None:
    compared(window, qtbot)
    state = window.session.compare
    plain, banned = state.lanes
    plain.sampling.set_params(PLAIN)
    banned.sampling.set_params(BANNED)
    qtbot.waitUntil(lambda: not state.vocabulary.unknown_words(BANNED), timeout=LONG)
    distances = window.findChild(LaneDistances)
    assert distances is not None
    ((_, _, distance),) = distances.distances()
    assert distance == 1.0, "they begin with different words"
    state.set_max_tokens(24)
    state.run()
    qtbot.waitUntil(lambda: not state.is_running and bool(banned.tokens), timeout=LONG)
    assert re.search(r"\b(sea|water|the)\b", plain.text, re.IGNORECASE)
    assert not re.search(r"\b(sea|water|the)\b", banned.text, re.IGNORECASE)
    # Its bars stand at its last token, which is the best of what its bans have left.
    assert banned.next_token.reason is None
    assert banned.next_token.top_probability == 1.0
    assert not [note for note in banned.next_token.notes if not note.is_exact]


def test_numbers_in_lanes_do_not_act_in_another_model(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    compared(window, qtbot)
    session = window.session
    by_number, by_word = session.compare.lanes
    by_number.sampling.set_params(SamplingParams(logit_bias=((101, -math.inf),)))
    by_word.sampling.set_params(BANNED)
    path = write_byte_level_model(tmp_path / "bytes.gguf")
    session.model.open(str(path), LoadOptions(threads=1))
    qtbot.waitUntil(lambda: session.model.is_ready, timeout=LONG)
    assert by_number.sampling.params.logit_bias_vocabulary != ""
    assert "for another model, “" in session.compare.biases.why_not(by_number)
    assert session.compare.biases.why_not(by_word) == ""
    session.compare.biases.drop([by_number])
    assert by_number.sampling.params == SamplingParams()
    assert by_word.sampling.params == BANNED
