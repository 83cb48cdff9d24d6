"""Stop strings: found across tokens, never shown, nothing before them lost."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.engine.control import Control
from studio.engine.engine import Engine
from studio.engine.generation.stop_strings import SequenceStops, StopStrings
from studio.engine.interrupt import Interrupt
from studio.engine.messages import (
    AnyEvent,
    Finished,
    Generate,
    Load,
    LoadOptions,
    Prompt,
    RunFinished,
    SequenceStart,
    Token,
)
from studio.sampling import SamplingParams
from studio.token_record import TokenRecord


def token(index: int, text: bytes) -> Token:
    record = TokenRecord(id=index, text=text, u=0.0, probability=1.0, rank=0, entropy=0.0)
    return Token(request=1, index=index, record=record)


def run(pieces: list[bytes], stops: list[str], bundle: int) -> tuple[bytes, bool, int]:
    """What is shown of these tokens taken in bundles; whether a stop ended them; how many."""
    watch = StopStrings(stops)
    shown: list[Token] = []
    waiting: list[Token] = []
    found = False
    for index, piece in enumerate(pieces):
        found = watch.sees(piece)
        waiting.append(token(index, piece))
        if found or len(waiting) == bundle:
            shown += [free for held in waiting for free in watch.feed(held)]
            waiting.clear()
        if found:
            break
    shown += [free for held in waiting for free in watch.feed(held)]
    free, cut = watch.settle()
    shown += free
    assert (cut is not None) == found
    if cut and cut.record.text:
        shown.append(cut)
    assert [each.index for each in shown] == list(range(len(shown)))
    return b"".join(each.record.text for each in shown), found, len(shown)


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
    watch = StopStrings(["\n\nQ:"])
    for index, (piece, count) in enumerate([(b"a", 1), (b"\n", 0), (b"\n", 0), (b"b", 3)]):
        assert not watch.sees(piece)
        assert len(watch.feed(token(index, piece))) == count
    watch.sees(b"\n")
    last = token(4, b"\n")
    assert watch.feed(last) == []
    assert watch.settle() == ([last], None)


def test_the_token_in_which_a_stop_begins_spells_what_is_never_shown() -> None:
    watch = StopStrings(["STOP"])
    spelled = [(b"a", {1: b"a"}), (b"ST", {2: b"ST", 7: b"x"}), (b"OP", {3: b"OP"})]
    shown: list[Token] = []
    for index, (text, pieces) in enumerate(spelled):
        watch.sees(text)
        shown += watch.feed(msgspec.structs.replace(token(index, text), pieces=pieces))
    free, cut = watch.settle()
    assert [each.record.text for each in [*shown, *free]] == [b"a"]
    assert cut is not None
    assert (cut.index, cut.record.text, set(cut.pieces)) == (1, b"", {2, 3, 7})


def test_a_sequence_without_stop_strings_is_not_held_up_by_anothers() -> None:
    given: list[AnyEvent] = []
    stops = SequenceStops(lambda *events: given.extend(events))
    stops.watch(1, ("ab",))
    tokens = [msgspec.structs.replace(token(0, b"a"), sequence=number) for number in (0, 1, 2)]
    assert not any(stops.sees(each.sequence, each.record.text) for each in tokens)
    stops(*tokens)
    assert given == [tokens[0], tokens[2]]
    assert stops.settle(1) is None
    assert given == [tokens[0], tokens[2], tokens[1]]


def test_an_empty_stop_is_refused() -> None:
    with pytest.raises(ValueError, match="stop: found an empty text"):
        Generate(
            request=1,
            prompt=Prompt(manuscript=""),
            sequences=(SequenceStart(params=SamplingParams(), stop=("",)),),
            max_tokens=1,
        )


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
            request=1,
            prompt=Prompt(manuscript="The capital of France is"),
            sequences=(SequenceStart(params=params, stop=stop),),
            max_tokens=24,
        )
        engine.run(command, Control(interrupt))
        end, run = events[-2:]
        assert isinstance(end, Finished)
        assert isinstance(run, RunFinished)
        tokens = [event for event in events if isinstance(event, Token)]
        assert end.tokens == run.tokens == len(tokens)
        texts = [each.record.text for each in (*tokens, end.beginning) if each]
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
