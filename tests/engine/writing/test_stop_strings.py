"""Stop strings: found across tokens, never shown, nothing before them lost."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.engine.engine import Engine
from studio.engine.llama.interrupt import Interrupt
from studio.engine.messages import (
    AnyEvent,
    Evaluating,
    Finished,
    Generate,
    Load,
    LoadOptions,
    Prompt,
    Token,
)
from studio.engine.writing.control import Control
from studio.engine.writing.stop_strings import StopStrings
from studio.sampling import SamplingParams
from studio.token_record import TokenRecord


def token(index: int, text: bytes) -> Token:
    record = TokenRecord(id=index, text=text, u=0.0, probability=1.0, rank=0, entropy=0.0)
    return Token(request=1, index=index, record=record)


def run(pieces: list[bytes], stops: list[str], bundle: int) -> tuple[bytes, bool, int]:
    """What is shown of these tokens told in bundles; whether a stop ended them; how many."""
    given: list[AnyEvent] = []
    watch = StopStrings(stops, lambda *events: given.extend(events))
    waiting: list[Token] = []
    found = False
    for index, piece in enumerate(pieces):
        found = watch.sees(piece)
        waiting.append(token(index, piece))
        if len(waiting) == bundle:
            watch(*waiting)
            waiting.clear()
        if found:
            break
    watch(*waiting)
    watch.finish()
    tokens = [event for event in given if isinstance(event, Token)]
    assert [event.index for event in tokens] == list(range(len(tokens)))
    assert watch.tokens == len(tokens)
    return b"".join(event.record.text for event in tokens), found, len(tokens)


@given(
    st.lists(st.text("ab\né", max_size=4).map(str.encode), max_size=12),
    st.lists(st.text("ab\né", min_size=1, max_size=4), min_size=1, max_size=3),
    st.integers(1, 5),
)
def test_what_stands_before_the_first_complete_stop_is_shown(
    pieces: list[bytes], stops: list[str], bundle: int
) -> None:
    shown, found, _ = run(pieces, stops, bundle)
    # The plain way: look at the whole text after each token.
    text = b""
    expected = None
    for piece in pieces:
        text += piece
        places = [place for stop in stops if (place := text.find(stop.encode())) >= 0]
        if places:
            expected = text[: min(places)]
            break
    assert found == (expected is not None)
    assert shown == (text if expected is None else expected)


def test_characters_in_halves() -> None:
    assert run([b"caf\xc3", b"\xa9 ", b"o"], ["é"], 1) == (b"caf", True, 1)
    assert run([b"caf\xc3", b"\xa8 ", b"o"], ["é"], 1) == ("cafè o".encode(), False, 3)


def test_what_can_be_no_stop_is_given_at_once() -> None:
    given: list[AnyEvent] = []
    watch = StopStrings(["\n\nQ:"], lambda *events: given.extend(events))
    for index, (piece, count) in enumerate([(b"a", 1), (b"\n", 1), (b"\n", 1), (b"b", 4)]):
        assert not watch.sees(piece)
        watch(token(index, piece))
        assert len(given) == count
    watch.sees(b"\n")
    watch(token(4, b"\n"), Evaluating(request=1, done=1, total=2))
    assert len(given) == 4  # in the order in which they happened
    watch.finish()
    assert isinstance(given[-1], Evaluating)


def test_what_is_never_shown_leaves_its_spellings_to_be_told_again() -> None:
    given: list[AnyEvent] = []
    watch = StopStrings(["STOP"], lambda *events: given.extend(events))
    spelled = [(b"a", {1: b"a"}), (b"ST", {2: b"ST", 7: b"x"}), (b"OP", {3: b"OP"})]
    for index, (text, pieces) in enumerate(spelled):
        watch.sees(text)
        watch(msgspec.structs.replace(token(index, text), pieces=pieces))
    assert set(watch.finish()) == {2, 3, 7}
    assert [event.record.text for event in given if isinstance(event, Token)] == [b"a"]


def test_an_empty_stop_is_refused() -> None:
    with pytest.raises(ValueError, match="stop: found an empty text"):
        Generate(
            request=1, prompt=Prompt(manuscript=""), params=SamplingParams(), max_tokens=1,
            stop=("",),
        )  # fmt: skip


@pytest.fixture(scope="module")
def write(starter_model: Path):  # type: ignore[no-untyped-def]  # a function of the next lines
    events: list[AnyEvent] = []
    interrupt = Interrupt()
    engine = Engine(lambda *given: events.extend(given), interrupt, 1 / 30)
    options = LoadOptions(threads=1, context_size=512)
    engine.run(Load(request=0, path=str(starter_model), options=options), Control(interrupt))

    def write(*stop: str) -> tuple[str, Finished]:
        events.clear()
        params = SamplingParams(temperature=0)
        command = Generate(
            request=1, prompt=Prompt(manuscript="The capital of France is"), params=params,
            max_tokens=24, stop=stop,
        )  # fmt: skip
        engine.run(command, Control(interrupt, params))
        end = events[-1]
        assert isinstance(end, Finished)
        texts = [event.record.text for event in events if isinstance(event, Token)]
        assert end.tokens == len(texts)
        return b"".join(texts).decode(), end

    yield write
    engine.close()


def test_the_real_engine_ends_where_a_stop_is_complete(write) -> None:  # type: ignore[no-untyped-def]  # the fixture's
    whole, end = write()
    assert end.reason == "max_tokens"
    # Over the border between two tokens, beginning within one.
    place = len(whole) // 2
    stop = whole[place : place + 5]
    shown, end = write("never said", stop)
    assert end.reason == "stop_string"
    assert shown == whole[: whole.index(stop)]
    assert write("never said")[0] == whole
