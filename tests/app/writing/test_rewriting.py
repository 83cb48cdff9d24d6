"""Versions of a selection, on an engine that the test plays."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from studio.app.frame_clock import FrameClock
from studio.app.writing import rewriting as module
from studio.app.writing.rewrite_request import RewriteKind
from studio.app.writing.rewrite_words import facts, state, title
from studio.app.writing.rewriting import Rewriting
from studio.app.writing.scrub import ANOTHER_PROMPT, Scrub
from studio.engine.messages import (
    Failed,
    Finished,
    FinishReason,
    Generate,
    Load,
    Loaded,
    PreviewNextToken,
    RunFinished,
    Stop,
)
from studio.manuscript import Origin, Take
from studio.sampling import SamplingParams
from tests.helpers.fake_engine import Desk, distribution, evaluated, model_report, token

TEXT = "He rowed out. The fog came early. He lost the shore."
PART = "The fog came early."
START = TEXT.index(PART)
PROMPT = (1, 2, 3)


class RewriteDesk(Desk):
    """A desk with a text, of which one sentence is selected."""

    def __init__(self) -> None:
        super().__init__(SamplingParams(temperature=0.8, seed=7))
        self.rewriting = Rewriting(
            self.client, self.model, self.draft, self.sampling, self.writing, self.next_token
        )
        self.refused: list[str] = []
        self.used: list[int] = []
        self.rewriting.refused.connect(self.refused.append)
        self.rewriting.used.connect(self.used.append)
        self.load()
        self.draft.manuscript.load(TEXT)
        self.select()

    def select(self, part: str = PART) -> None:
        self.draft.set_caret(self.text.index(part) + len(part), len(part))

    @property
    def text(self) -> str:
        return self.draft.manuscript.text

    @property
    def request(self) -> int:
        return self.client.last(Generate).request

    def write(self, number: int, *words: bytes, first: int = 0, token_id: int = 10) -> None:
        """Have a version grow."""
        self.client.answer(
            *(
                token(self.request, index, word, token_id=token_id + index, sequence=number)
                for index, word in enumerate(words, first)
            )
        )

    def end(self, number: int, reason: FinishReason = "end_of_text") -> None:
        self.client.answer(
            Finished(
                request=self.request,
                sequence=number,
                reason=reason,
                tokens=1,
                seed=7 + number,
                params=self.rewriting.versions[number].sampling.params,
            )
        )

    def finish(self) -> None:
        self.client.answer(
            RunFinished(
                request=self.request,
                tokens=8,
                reasons=("end_of_text",) * 4,
                evaluated=4,
                prompt_tokens=3,
                seconds_prompt=0.1,
                seconds_generation=1.0,
            )
        )

    def rewrite(self, *texts: tuple[bytes, ...], kind: RewriteKind = RewriteKind.AGAIN) -> None:
        """Have versions written to their end."""
        self.rewriting.begin(kind)
        self.client.answer(evaluated(self.request, *PROMPT))
        for number, words in enumerate(texts):
            self.write(number, *words)
        for number in range(len(self.rewriting.versions)):
            self.end(number)
        self.finish()

    def takes(self) -> list[Take]:
        return self.draft.manuscript.take_sets[-1].takes


@pytest.fixture
def desk(qtbot: QtBot) -> RewriteDesk:
    return RewriteDesk()


def replaced(words: str) -> str:
    return TEXT.replace(PART, words)


def test_versions_grow_beside_the_text_each_with_its_own_draws_and_t(desk: RewriteDesk) -> None:
    rewriting = desk.rewriting
    rewriting.begin(RewriteKind.AGAIN)
    command = desk.client.last(Generate)
    assert command.prompt.manuscript == TEXT[:START]
    assert command.when_full == "end"
    assert not command.share_u
    assert [start.params.seed for start in command.sequences] == [7, 8, 9, 10]
    assert [facts(one) for one in rewriting.versions] == ["T 0.56", "T 0.80", "T 1.04", "T 1.28"]
    assert state(rewriting) == "4 versions are being written"
    desk.client.answer(evaluated(desk.request, *PROMPT))
    desk.write(1, b" Fog", b" came")
    clock = next(one for one in rewriting.findChildren(FrameClock) if one.parent() is not rewriting)
    clock.flush()
    assert [one.shown for one in rewriting.versions] == ["", "Fog came", "", ""]
    assert desk.text == TEXT
    assert not desk.draft.manuscript.can_undo
    assert not desk.writing.can_start
    assert desk.writing.held == module.RUNS


def test_the_one_that_is_used_stands_there_the_others_and_the_old_words_are_takes(
    desk: RewriteDesk,
) -> None:
    desk.rewrite(
        (b"Fog", b" came", b"."),
        (b"Mist", b"."),
        (b"It", b" was", b" late", b"."),
        (b" Mist", b"."),
    )
    assert desk.writing.can_start
    assert desk.rewriting.is_open
    desk.rewriting.choose(2)
    desk.rewriting.use()
    assert desk.text == replaced("It was late.")
    assert desk.used == [START + len("It was late.")]
    assert not desk.rewriting.is_open
    takes = desk.takes()
    assert [take.text for take in takes] == [PART, "It was late.", "Fog came.", "Mist."], (
        "each once"
    )
    used = takes[1]
    assert used.seed == 9
    assert used.temperatures == [1.04]
    assert [(first, params.temperature) for first, params in used.turns] == [(0, 1.04)]
    assert used.ending == "end_of_text"
    assert used.preset == "Plain"
    assert used.written_from == desk.writing.mark_of(desk.draft.prompt(START))
    end = START + len(used.text)
    assert set(desk.draft.manuscript.origins(START, end)) == {Origin.GENERATED}
    spans = desk.records.spans.all
    assert [desk.text[span.start : span.end] for span in spans] == ["It", " was", " late", "."]
    first = spans[0].record.sequence
    assert first is not None
    assert first.ids is not None
    assert first.ids[:3] == list(PROMPT)
    assert first.seed == 9
    desk.draft.manuscript.undo()
    assert desk.text == TEXT
    assert not desk.draft.manuscript.can_undo


def test_left_all_is_as_it_was(desk: RewriteDesk) -> None:
    desk.rewriting.begin(RewriteKind.SHORTER)
    desk.client.answer(evaluated(desk.request, *PROMPT))
    desk.write(0, b"Fog", b".")
    desk.rewriting.close()
    assert desk.client.last(Stop).request == desk.request
    assert desk.writing.held == module.RUNS, "until the engine is free"
    for number in range(4):
        desk.client.answer(
            Finished(
                request=desk.request,
                sequence=number,
                reason="stopped",
                tokens=0,
                seed=7,
                params=SamplingParams(),
            )
        )
    desk.finish()
    assert desk.writing.can_start
    assert desk.text == TEXT
    assert desk.draft.manuscript.take_sets == ()
    assert not desk.draft.manuscript.can_undo


def test_one_that_is_still_written_is_ended_and_used_as_it_is(desk: RewriteDesk) -> None:
    desk.rewriting.begin(RewriteKind.AGAIN)
    desk.client.answer(evaluated(desk.request, *PROMPT))
    desk.write(0, b"Fog", b" came")
    desk.rewriting.use()
    assert desk.text == TEXT
    assert desk.client.last(Stop).request == desk.request
    for number in range(4):
        desk.end(number, "stopped")
    desk.finish()
    assert desk.text == replaced("Fog came")


def test_white_space_at_its_beginning_is_not_doubled(desk: RewriteDesk) -> None:
    desk.rewrite((b"\n", b" Fog", b" came", b".", b"\n"), kind=RewriteKind.PLAINER)
    assert desk.rewriting.versions[0].shown == "Fog came."
    desk.rewriting.use()
    assert desk.text == replaced("Fog came.")
    texts = [desk.text[span.start : span.end] for span in desk.records.spans.all]
    assert [text for text in texts if text] == ["Fog", " came", "."]


@pytest.mark.parametrize(
    ("part", "words", "reason", "expected"),
    [
        (PART, (b"Fog", b" came", b".", b" Then", b" he"), "max_tokens", "Fog came."),
        (PART, (b"Fog", b" came", b".\xe2\x80\x9d", b" Then"), "max_tokens", "Fog came.”"),
        (PART, (b"Fog", b" came", b".", b" Then", b" he"), "end_of_text", "Fog came. Then he"),
        (PART, (b"Fog", b" of", b" 3", b".", b"5", b" miles"), "max_tokens", "Fog of 3.5 miles"),
        ("fog came", (b"mist", b".", b" It", b" rose"), "max_tokens", "mist. It rose"),
    ],
)
def test_a_sentence_that_its_length_has_cut_is_left_out(
    desk: RewriteDesk, part: str, words: tuple[bytes, ...], reason: FinishReason, expected: str
) -> None:
    desk.select(part)
    desk.rewriting.begin(RewriteKind.AGAIN)
    desk.client.answer(evaluated(desk.request, *PROMPT))
    desk.write(0, *words)
    for number in range(4):
        desk.end(number, reason)
    desk.finish()
    assert desk.rewriting.versions[0].shown == expected
    desk.rewriting.use()
    assert desk.text == TEXT.replace(part, expected)


def test_what_the_writer_asks_for_is_said_first(desk: RewriteDesk) -> None:
    desk.rewriting.begin(RewriteKind.OWN)
    assert desk.rewriting.is_open
    assert title(desk.rewriting) == "As you wish"
    assert desk.client.all_sent(Generate) == []
    desk.rewriting.ask("  ")
    assert desk.client.all_sent(Generate) == []
    desk.rewriting.ask(" in the past tense ")
    command = desk.client.last(Generate)
    assert command.prompt.format == "chat"
    assert "in the past tense\n" in command.prompt.brief
    assert PART in command.prompt.brief


def test_others_are_written_with_other_draws(desk: RewriteDesk) -> None:
    desk.rewrite((b"Fog", b"."))
    desk.rewriting.write()
    command = desk.client.last(Generate)
    assert [start.params.seed for start in command.sequences] == [11, 12, 13, 14]
    assert [one.shown for one in desk.rewriting.versions] == [""] * 4


def test_the_part_is_followed_and_gone_with_its_words(desk: RewriteDesk) -> None:
    desk.rewrite((b"Fog", b"."))
    desk.draft.manuscript.edit(0, 0, "Then ")
    desk.draft.manuscript.edit(len(desk.text), 0, " Alas.")
    assert desk.rewriting.is_open
    desk.rewriting.use()
    assert desk.text == f"Then {replaced('Fog.')} Alas."
    desk.select("Fog.")
    desk.rewrite((b"Mist", b"."))
    desk.draft.manuscript.edit(desk.text.index("og."), 1, "ro")
    assert not desk.rewriting.is_open
    desk.rewriting.use()
    assert desk.text == f"Then {replaced('Frog.')} Alas."


def test_an_engine_that_dies_leaves_the_text_and_what_it_wrote(desk: RewriteDesk) -> None:
    desk.rewriting.begin(RewriteKind.AGAIN)
    desk.client.answer(evaluated(desk.request, *PROMPT))
    desk.write(1, b"Mist", b".")
    desk.client.die()
    assert desk.text == TEXT
    assert desk.rewriting.message == module.GONE
    assert not desk.writing.held
    desk.rewriting.choose(1)
    desk.rewriting.use()
    assert desk.text == replaced("Mist.")
    assert desk.takes()[1].ending == "gone"


def test_an_engine_that_cannot_says_why_and_the_text_stays(desk: RewriteDesk) -> None:
    desk.rewriting.begin(RewriteKind.LONGER)
    desk.client.answer(
        Failed(request=desk.request, kind="chat_template", message="It has none.", has_model=True)
    )
    assert desk.rewriting.message == "It has none."
    assert desk.rewriting.is_open
    assert not desk.rewriting.can_use
    desk.rewriting.use()
    assert desk.text == TEXT
    desk.rewriting.close()
    assert desk.draft.manuscript.take_sets == ()


def test_where_nothing_came_it_is_said(desk: RewriteDesk) -> None:
    desk.rewrite((), (), (), ())
    assert desk.rewriting.message == module.NOTHING_CAME
    desk.rewriting.use()
    assert desk.text == TEXT


def test_what_cannot_be_done_is_said_before(desk: RewriteDesk) -> None:
    rewriting = desk.rewriting
    assert {kind: rewriting.why_not(kind) for kind in RewriteKind} == dict.fromkeys(RewriteKind, "")
    desk.draft.set_caret(3, 0)
    rewriting.begin(RewriteKind.AGAIN)
    assert desk.refused == [module.NOTHING_SELECTED]
    desk.select()
    desk.model.open("base.gguf")
    rewriting.begin(RewriteKind.AGAIN)
    assert desk.refused[-1] == module.NO_MODEL
    report = model_report("base.gguf", has_chat_template=False)
    desk.client.answer(Loaded(request=desk.client.last(Load).request, report=report))
    assert rewriting.why_not(RewriteKind.AGAIN) == ""
    for kind in RewriteKind:
        if kind.needs_template:
            assert rewriting.why_not(kind) == module.NO_TEMPLATE
    rewriting.begin(RewriteKind.SHORTER)
    assert desk.refused[-1] == module.NO_TEMPLATE
    desk.writing.hold("Lanes are written.", "lanes")
    rewriting.begin(RewriteKind.AGAIN)
    assert desk.refused[-1] == "Lanes are written."
    desk.writing.hold(None, "lanes")
    desk.writing.continue_writing()
    rewriting.begin(RewriteKind.AGAIN)
    assert desk.refused[-1] == module.WRITING
    assert not rewriting.is_open


def test_what_is_too_long_is_refused_before_anything_is_asked(desk: RewriteDesk) -> None:
    desk.draft.manuscript.load("The fog came early. " * 500)
    desk.draft.set_caret(10_000, 10_000)
    desk.rewriting.begin(RewriteKind.AGAIN)
    assert "context of 2,048 tokens" in desk.refused[-1]
    assert not desk.rewriting.is_open
    assert desk.client.all_sent(Generate) == []


def test_another_document_closes_it(desk: RewriteDesk) -> None:
    desk.rewrite((b"Fog", b"."))
    desk.draft.new()
    assert not desk.rewriting.is_open


def test_two_that_hold_do_not_let_go_for_one_another(desk: RewriteDesk) -> None:
    desk.writing.hold("One.", "one")
    desk.writing.hold("Two.", "two")
    desk.writing.hold(None, "one")
    assert desk.writing.held == "Two."
    desk.writing.hold(None)
    assert desk.writing.held == "Two."
    desk.writing.hold(None, "two")
    assert desk.writing.held is None


def test_the_text_at_the_caret_is_read_again_when_all_is_over(
    desk: RewriteDesk, qtbot: QtBot
) -> None:
    desk.rewriting.ended.connect(desk.next_token_preview.look_again)
    here = desk.draft.prompt()
    qtbot.waitUntil(lambda: desk.client.last(PreviewNextToken).prompt == here)
    preview = desk.client.last(PreviewNextToken)
    count = len(desk.client.all_sent(PreviewNextToken))
    desk.client.answer(distribution(preview.request, 5))
    assert desk.next_token_preview.is_settled
    desk.rewrite((b"Fog", b"."), kind=RewriteKind.SHORTER)
    assert desk.next_token_preview.is_settled, "while versions are looked at"
    desk.rewriting.close()
    qtbot.waitUntil(lambda: len(desk.client.all_sent(PreviewNextToken)) > count)
    assert desk.client.last(PreviewNextToken).prompt == preview.prompt


def test_what_does_not_fit_after_all_is_too_long(desk: RewriteDesk) -> None:
    desk.rewriting.begin(RewriteKind.SHORTER)
    desk.client.answer(
        Failed(request=desk.request, kind="context_size", message="4 lanes.", has_model=True)
    )
    assert "too long to be rewritten" in desk.rewriting.message


def test_scrub_turns_one_that_was_written_again_and_says_why_it_does_not_the_others(
    desk: RewriteDesk,
) -> None:
    scrub = Scrub(desk.draft, desk.sampling, desk.writing, desk.next_token)
    scrub.set_on(True)
    desk.rewrite((b"Fog", b"."))
    desk.rewriting.use()
    desk.draft.set_caret(START + 4)
    desk.sampling.change(temperature=0.9)
    assert scrub.why_not == ""
    assert scrub.is_turning
    scrub.give_up()
    desk.draft.manuscript.undo()
    desk.select()
    desk.rewrite((b"Mist", b"."), kind=RewriteKind.SHORTER)
    desk.rewriting.use()
    desk.draft.set_caret(START + 4)
    desk.sampling.change(temperature=0.7)
    assert scrub.why_not == ANOTHER_PROMPT
    assert not scrub.is_turning
