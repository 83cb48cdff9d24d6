"""Another word chosen or typed: the text goes on from it, or it alone is another."""

import pytest
from pytestqt.qtbot import QtBot

from studio.app.word.replacement import GROWING, NO_MODEL, WordReplacement
from studio.app.word.state import WordState
from studio.app.writing.word_choice import NO_TEXT
from studio.engine.messages import Generate, Score, Scored, ScoringEnded, Superseded
from studio.manuscript import Origin, TakeSet, TokenSpan
from studio.token_record import TokenRecord, undrawn
from tests.helpers.fake_engine import Desk, evaluated, finished, sketch, token
from tests.helpers.recorded import written_all

pytestmark = pytest.mark.usefixtures("qapp", "short_rests")

TEXTS = ["The", " old", " sea", " was", " calm"]
TEXT = "".join(TEXTS)


class Place:
    """A desk with a model, whose text was scored or written, and the word panel's state."""

    def __init__(self, *, is_written: bool = False, opens: bool = True) -> None:
        self.desk = Desk()
        if opens or is_written:
            self.desk.load()
        self.manuscript = self.desk.draft.manuscript
        self.records = self.desk.records
        self.state = WordState(self.desk.sampling, self.records, self.desk.next_token)
        self.replacement = WordReplacement(
            self.manuscript, self.records, self.desk.writing, self.state
        )
        self.refused: list[str] = []
        self.replacement.refused.connect(self.refused.append)
        self.know_words()
        if is_written:
            self.write(*TEXTS)
        else:
            self.manuscript.load(TEXT)
            self.records.spans.fill(0, written_all(TEXTS))

    def know_words(self) -> None:
        """All tokens of the desk's distributions are words of their own."""
        self.desk.next_token.add_pieces({number: b" w%d" % number for number in range(400)})

    def write(self, *texts: str) -> None:
        """The generation under way, or one at the caret, writes these, and ends."""
        if self.desk.writing.is_idle:
            self.desk.writing.continue_writing()
        request = self.desk.client.last(Generate).request
        self.desk.client.answer(evaluated(request, 1, 2))
        for index, text in enumerate(texts):
            self.desk.client.answer(token(request, index, text.encode(), token_id=index))
        self.desk.client.answer(*finished(request, len(texts)))

    def look(self, word: str) -> TokenSpan:
        span = self.records.spans.at(self.manuscript.text.index(word))
        assert span is not None
        assert self.state.look_at(span)
        return span

    def alternative(self) -> int:
        return next(row.token for row in self.state.next_token.rows(8) if not row.chosen)

    def takes(self) -> TakeSet:
        takes = self.manuscript.take_sets[-1]
        assert takes.current is not None
        return takes

    def shown(self) -> list[tuple[str, TokenRecord]]:
        text = self.manuscript.text
        return [(text[span.start : span.end], span.record) for span in self.records.spans.all]


def test_the_text_goes_on_from_a_token_and_what_followed_is_its_sibling() -> None:
    place = Place(is_written=True)
    place.desk.sampling.change(seed=11, temperature=0.7)
    before = place.shown()
    place.look(" sea")
    other = place.alternative()
    led: list[int] = []
    place.replacement.leading_on.connect(led.append)
    place.replacement.lead_on(other)
    assert led == [len("The old")]
    asked = place.desk.client.last(Generate)
    assert asked.prompt.manuscript == f"The old w{other}"
    assert asked.sequences[0].params.seed == 11
    assert place.manuscript.text == f"The old w{other}"
    assert place.state.span is None, "it is no longer there"
    place.write(" rose", " high")
    assert place.manuscript.text == f"The old w{other} rose high"
    takes = place.takes()
    assert [take.text for take in takes.takes] == [" sea was calm", f" w{other} rose high"]
    assert takes.current is not None
    assert (takes.current.seed, takes.current.temperatures) == (11, [0.7])
    assert [text for text, _ in place.shown()] == ["The", " old", f" w{other}", " rose", " high"]
    assert place.shown()[2][1].is_chosen
    assert place.shown()[2][1].id == other
    place.manuscript.step_take(takes, -1)
    assert place.manuscript.text == TEXT
    assert place.shown() == before, "with all that is known of it"
    place.manuscript.undo()
    place.manuscript.undo()
    assert place.manuscript.text == TEXT
    assert place.shown() == before
    place.manuscript.redo()
    assert place.manuscript.text == f"The old w{other} rose high"


def test_scored_and_typed_text_goes_on_too_from_a_text_that_was_typed() -> None:
    place = Place()
    place.look(" sea")
    place.replacement.lead_on("hill and its")
    assert place.desk.client.last(Generate).prompt.manuscript == "The old hill and its"
    place.write(" top")
    text = "The old hill and its top"
    assert place.manuscript.text == text
    typed = [Origin.TYPED] * len("The old hill and its")
    assert place.manuscript.origins() == bytes([*typed, *[Origin.GENERATED] * 4])
    assert [shown for shown, _ in place.shown()] == ["The", " old", " top"]
    place.manuscript.undo()
    assert (place.manuscript.text, len(place.shown())) == (TEXT, 5)


def test_from_the_word_that_stands_there_the_text_goes_on_behind_it() -> None:
    place = Place(is_written=True)
    span = place.look(" sea")
    place.replacement.lead_on(span.record.id)
    assert place.desk.client.last(Generate).prompt.manuscript == "The old sea"
    place.write(" sleeps")
    assert place.manuscript.text == "The old sea sleeps"
    assert [take.text for take in place.takes().takes] == [" was calm", " sleeps"]
    assert place.shown()[2][1] is span.record


def test_a_road_on_which_the_model_writes_nothing_has_its_word() -> None:
    place = Place(is_written=True)
    place.look(" sea")
    other = place.alternative()
    place.replacement.lead_on(other)
    place.desk.client.die()
    assert place.manuscript.text == f"The old w{other}"
    place.manuscript.undo()
    assert place.manuscript.text == TEXT


@pytest.mark.parametrize(
    ("word", "typed", "text"),
    [
        (" sea", "hill", " hill"),
        (" sea", " hill", " hill"),
        (" sea", ",", ","),
        (" sea", "\\n", "\n"),
        (" sea", "\ud800", "\ufffd"),
        ("The", "A", "A"),
    ],
)
def test_a_typed_text_stands_as_it_is_meant(word: str, typed: str, text: str) -> None:
    place = Place()
    place.look(word)
    other = place.replacement.other(typed)
    assert other is not None
    assert (other.text, other.origin, other.record) == (text, Origin.TYPED, None)


def test_what_cannot_be_is_said_and_changes_nothing() -> None:
    place = Place(opens=False)
    place.look(" sea")
    other = place.alternative()
    place.replacement.lead_on(other)
    place.desk.load()
    place.know_words()
    place.look(" sea")
    place.desk.writing.hold("Lanes are written.")
    place.replacement.lead_on(other)
    place.desk.writing.hold(None)
    place.desk.draft.set_caret(len(TEXT))
    place.desk.writing.continue_writing()
    place.replacement.lead_on("hill")
    place.desk.client.die()
    place.desk.load()
    place.look(" sea")
    place.desk.next_token.add_pieces({other: b"<|end|>"}, {other: True})
    place.replacement.lead_on(other)
    place.replacement.replace(other)
    place.replacement.lead_on("")
    place.replacement.replace("")
    assert place.refused == [NO_MODEL, "Lanes are written.", GROWING, NO_TEXT, NO_TEXT]
    assert place.manuscript.text == TEXT
    assert place.state.span is not None


# What follows a word that alone was replaced is read again


def asked_again(place: Place, qtbot: QtBot, count: int = 1) -> Score:
    qtbot.waitUntil(lambda: len(place.desk.client.all_sent(Score)) == count)
    return place.desk.client.last(Score)


def answer(place: Place, asked: Score, *texts: bytes) -> None:
    read = tuple(undrawn(number, text, sketch(number)) for number, text in enumerate(texts))
    characters = len(b"".join(texts).decode())
    place.desk.client.answer(
        Scored(request=asked.request, start=asked.first, first=3, tokens=read, pieces={}),
        ScoringEnded(
            request=asked.request,
            tokens=len(read),
            reached=asked.first + characters,
            unseen_characters=0,
            unpredicted_characters=0,
        ),
    )


def test_what_follows_a_replaced_word_is_read_again_and_keeps_its_records_until_then(
    qtbot: QtBot,
) -> None:
    place = Place()
    place.manuscript.edit(len(TEXT), 0, " Typed on.")
    before = place.shown()
    place.look(" sea")
    reported: list[str] = []
    place.records.reported.connect(reported.append)
    place.replacement.replace("hill")
    assert [text for text, _ in place.shown()] == ["The", " old", " was", " calm"]
    assert [record for _, record in place.shown()[2:]] == [record for _, record in before[3:]]
    asked = asked_again(place, qtbot)
    assert place.records.is_scoring
    text = asked.prompt.manuscript
    assert text[asked.first : asked.last] == " was calm", "and what has no record is not asked for"
    answer(place, asked, b" was", b" ca", b"lm")
    assert not place.records.is_scoring
    assert [text for text, _ in place.shown()] == ["The", " old", " was", " ca", "lm"]
    now = [record for _, record in place.shown()]
    assert now[:2] == [record for _, record in before[:2]]
    assert not {id(record) for record in now[2:]} & {id(record) for _, record in before}
    assert reported == [], "nobody asked for it"
    place.manuscript.undo()
    assert place.shown() == before, "undo brings back what was known"
    place.manuscript.redo()
    assert [record for _, record in place.shown()] == now


def test_several_words_are_read_on_from_the_first_of_them(qtbot: QtBot) -> None:
    place = Place()
    place.look(" was")
    place.replacement.replace("lay")
    place.look(" old")
    place.replacement.replace("new")
    asked = asked_again(place, qtbot)
    text = asked.prompt.manuscript
    assert text == "The new sea lay calm"
    assert text[asked.first : asked.last] == " sea lay calm"


def test_it_waits_for_what_is_written_and_goes_on_after_what_came_between(qtbot: QtBot) -> None:
    place = Place()
    place.desk.draft.set_caret(0)
    place.desk.writing.continue_writing()
    place.look(" sea")
    place.replacement.replace("hill")
    qtbot.waitUntil(lambda: not place.records._soon.isActive())
    assert not place.desk.client.all_sent(Score)
    request = place.desk.client.last(Generate).request
    place.desk.client.answer(*finished(request, 0))
    asked = asked_again(place, qtbot)
    place.desk.client.answer(Superseded(request=asked.request))
    again = asked_again(place, qtbot, 2)
    text = again.prompt.manuscript
    assert text[again.first : again.last] == " was calm"
    place.records.cancel()
    answer(place, again)
    assert not place.records.is_scoring


@pytest.mark.parametrize("path", ["model.gguf", "other.gguf"])
def test_what_was_replaced_without_an_engine_is_read_when_its_model_is_back(
    qtbot: QtBot, path: str
) -> None:
    place = Place()
    place.desk.client.die()
    place.look(" sea")
    place.replacement.replace("hill")
    qtbot.waitUntil(lambda: not place.records._soon.isActive())
    assert not place.desk.client.all_sent(Score)
    place.desk.load(path)
    if path == "other.gguf":
        qtbot.waitUntil(lambda: not place.records._soon.isActive())
        assert not place.desk.client.all_sent(Score), "these tokens are another model's"
        return
    asked = asked_again(place, qtbot)
    text = asked.prompt.manuscript
    assert text[asked.first : asked.last] == " was calm"


def test_without_a_model_or_records_behind_nothing_is_read(qtbot: QtBot) -> None:
    place = Place(opens=False)
    place.look(" sea")
    place.replacement.replace("hill")
    assert not place.records._soon.isActive()
    place = Place()
    place.look(" calm")
    place.replacement.replace("wild")
    assert not place.records._soon.isActive()
    place.look(" sea")
    place.replacement.replace("hill")
    place.desk.draft.new()
    qtbot.waitUntil(lambda: not place.records._soon.isActive())
    assert not place.desk.client.all_sent(Score)
