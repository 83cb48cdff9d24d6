"""Where a lane's text ends of itself: at stop strings and end tokens, and how it goes on there."""

import msgspec
import numpy as np
import pytest

from studio.engine.generation.context_policy import fit_sequences
from studio.engine.messages import (
    ContinueSequence,
    Evaluated,
    Finished,
    RerunSequence,
    SequenceStart,
    Token,
    id_bytes,
)
from studio.engine.writing.prompt import TokenizedPrompt
from studio.engine.writing.token_piece_cache import TokenPieceCache
from studio.sampling import LogitSketch, SamplingParams
from tests.engine.generation.test_sequences import (
    PROMPT,
    Run,
    Studio,
    assert_same_text,
    at,
    in_turn,
    tiny,
)

__all__ = ["in_turn", "tiny"]

_BYTES = 3
"""The tiny model's token of a byte is the byte and this."""
_THE = 260
_SIZE = 261


def of(*allowed: int, temperature: float = 1.0, **values: float) -> SamplingParams:
    """Parameters that allow these tokens alone."""
    banned = tuple((token, -np.inf) for token in range(_SIZE) if token not in allowed)
    return at(temperature, logit_bias=banned, **values)  # type: ignore[arg-type]  # checked


LETTERS = of(*(_BYTES + byte for byte in b"abcd"))


def text(reported: Run, lane: int) -> str:
    return b"".join(token.text for token in reported.tokens(lane)).decode()


@pytest.fixture(params=["tiny", "in_turn"])
def studio(request: pytest.FixtureRequest) -> Studio:
    """Lanes in one batch, and one after another."""
    found: Studio = request.getfixturevalue(request.param)
    return found


@pytest.mark.parametrize("frame_seconds", [0.0, 3600.0])
def test_a_stop_ends_its_lane_alone_and_is_not_reported(
    studio: Studio, frame_seconds: float
) -> None:
    plain = studio.compare(PROMPT, (SequenceStart(params=LETTERS),) * 2, 30)
    whole = text(plain, 0)
    stop = whole[9:12]
    place = whole.index(stop)
    studio.frame_seconds = frame_seconds
    reported = studio.compare(
        PROMPT,
        (SequenceStart(params=LETTERS, stop=(stop, "no")), SequenceStart(params=LETTERS)),
        30,
    )
    assert text(reported, 0) == whole[:place]
    assert reported.ids(1) == plain.ids(1)
    assert reported.reasons() == {0: "stop_string", 1: "max_tokens"}
    ended = reported.ends()[0]
    assert ended.tokens == place
    # The draw that ended it, with all that is known of a token.
    assert ended.end is not None
    drawn = plain.tokens(0)[place]
    assert (ended.end.index, ended.end.record.id, ended.end.record.u) == (place, drawn.id, drawn.u)
    assert (ended.end.record.text, ended.end.record.sketch) == (b"", drawn.sketch)
    assert reported.ends()[1].end is None

    # With the same stop it ends there again; without it, it writes what it would have written.
    again = studio.go_on(
        ContinueSequence(request=3, sequence=0, params=LETTERS, max_tokens=5, stop=(stop,))
    )
    assert (again.ids(0), again.reasons()) == ([], {0: "stop_string"})
    rest = studio.go_on(
        ContinueSequence(request=3, sequence=0, params=LETTERS, max_tokens=30 - place)
    )
    assert_same_text(rest.tokens(0), plain.tokens(0)[place:])
    assert rest.indices(0) == list(range(place, 30))


def test_of_the_token_that_a_stop_cuts_the_beginning_is_kept(tiny: Studio) -> None:
    the = of(_THE, _BYTES + ord("a"), temperature=0.0)
    reported = tiny.compare(PROMPT, (SequenceStart(params=the, stop=("he",)),), 30)
    ended = reported.ends()[0]
    assert ended.reason == "stop_string"
    assert ended.end is not None
    assert (ended.end.record.id, ended.end.record.text) == (_THE, b"t")
    assert ended.end.index == ended.tokens == len(reported.ids(0))
    assert set(reported.ids(0)) <= {_BYTES + ord("a")}


def test_what_might_have_become_a_stop_is_reported_when_the_lane_ends(tiny: Studio) -> None:
    only_a = of(_BYTES + ord("a"))
    stop = ("a" * 40,)
    reported = tiny.compare(PROMPT, (SequenceStart(params=only_a, stop=stop),), 6)
    assert (text(reported, 0), reported.reasons()) == ("aaaaaa", {0: "max_tokens"})
    rest = tiny.go_on(
        RerunSequence(request=3, sequence=0, params=only_a, max_tokens=4, stop=("aaa",))
    )
    assert (text(rest, 0), rest.reasons()) == ("", {0: "stop_string"})


def test_the_draw_that_ends_a_text_is_reported_too(tiny: Studio) -> None:
    end_only = at(1.0, logit_bias=((2, 1000.0),))  # type: ignore[arg-type]  # checked
    reported = tiny.compare(PROMPT, (SequenceStart(params=end_only),), 20, ignore_eos=False)
    ended = reported.ends()[0]
    assert (ended.reason, ended.tokens) == ("end_of_text", 0)
    assert ended.end is not None
    assert (ended.end.record.id, ended.end.index, ended.end.record.text) == (2, 0, b"")
    assert LogitSketch.from_bytes(ended.end.record.sketch).vocabulary_size == _SIZE


def test_every_token_is_spelled_though_a_stop_keeps_it_back(tiny: Studio) -> None:
    tiny.pieces = TokenPieceCache(tiny.model.vocabulary)
    plain = text(tiny.compare(PROMPT, (SequenceStart(params=LETTERS),), 30), 0)
    tiny.pieces = TokenPieceCache(tiny.model.vocabulary)
    reported = tiny.compare(PROMPT, (SequenceStart(params=LETTERS, stop=(plain[3:9],)),), 30)
    spelled: set[int] = set()
    for event in reported.events:
        if isinstance(event, Token):
            spelled |= event.pieces.keys()
        elif isinstance(event, Finished) and event.end:
            spelled |= event.end.pieces.keys()
        elif isinstance(event, Evaluated):
            spelled |= event.pieces.keys()
    unknown = tiny.pieces.new_bytes(np.arange(_SIZE, dtype=np.int32)).keys()
    assert spelled | unknown == set(range(_SIZE))


@pytest.mark.parametrize("mirostat", [1, 2])
def test_mirostat_goes_on_where_it_stood(tiny: Studio, mirostat: int) -> None:
    params = msgspec.structs.replace(LETTERS, mirostat=mirostat, mirostat_tau=1.0)
    plain = tiny.compare(PROMPT, (SequenceStart(params=params),), 30)
    whole = text(plain, 0)
    stop = whole[11:15]
    place = whole.index(stop)
    first = tiny.compare(PROMPT, (SequenceStart(params=params, stop=(stop,)),), 30)
    mu = first.ends()[0].mu
    assert mu is not None
    # In an engine that has lost it, with where it stood and without.
    written = id_bytes(first.ids(0))
    rest = tiny.compare(PROMPT, (SequenceStart(params=params, written=written, mu=mu),), 30 - place)
    assert_same_text(rest.tokens(0), plain.tokens(0)[place:])
    lost = tiny.compare(PROMPT, (SequenceStart(params=params, written=written),), 30 - place)
    assert [token.entropy for token in lost.tokens(0)] != pytest.approx(
        [token.entropy for token in rest.tokens(0)]
    )
    # In the engine that has kept it.
    tiny.compare(PROMPT, (SequenceStart(params=params, stop=(stop,)),), 30)
    kept = tiny.go_on(ContinueSequence(request=3, sequence=0, params=params, max_tokens=30 - place))
    assert_same_text(kept.tokens(0), plain.tokens(0)[place:])


def test_lanes_of_a_cut_prompt_go_on_with_the_same_cut() -> None:
    prompt = TokenizedPrompt(list(range(1000)), 10)
    begun = fit_sequences(prompt, 512, [20] * 4, at_once=True, is_certain=False)
    longer = fit_sequences(prompt, 512, [60] * 4, at_once=True, is_certain=False)
    assert longer.unseen > begun.unseen > 0
    again = fit_sequences(
        prompt, 512, [60] * 4, at_once=True, is_certain=False, unseen=begun.unseen
    )
    assert again == begun
    whole = fit_sequences(TokenizedPrompt(list(range(450)), 10), 512, [40] * 4, at_once=True,
                      is_certain=False, unseen=0)  # fmt: skip
    assert whole.unseen == 0
    # In a context that is smaller now, or with lanes that are longer, it cannot be.
    full = fit_sequences(
        prompt, 512, [60] * 4, at_once=True, is_certain=False, unseen=begun.unseen, written=300
    )
    assert full.unseen > begun.unseen
    small = fit_sequences(
        prompt, 256, [60] * 4, at_once=True, is_certain=False, unseen=begun.unseen
    )
    assert small.unseen > begun.unseen


def test_an_empty_stop_is_refused() -> None:
    for make in (
        lambda: SequenceStart(params=LETTERS, stop=("a", "")),
        lambda: ContinueSequence(request=1, sequence=0, params=LETTERS, max_tokens=1, stop=("",)),
        lambda: RerunSequence(request=1, sequence=0, params=LETTERS, max_tokens=1, stop=("",)),
    ):
        with pytest.raises(ValueError, match="stop: found an empty text"):
            make()
